"""The typed service ``energy.EnergyAnalyzer``, on the port of the stage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from energykit._proto import energy_pb2_grpc
from energykit._proto.energy_pb2 import AnalyzeRequest, AnalyzeResponse, ProcessedDataReport

if TYPE_CHECKING:
    import grpc

    from energykit.serving import DataRoot

__all__ = ["EnergyAnalyzer", "register"]


class EnergyAnalyzer(energy_pb2_grpc.EnergyAnalyzerServicer):
    """Judges readings by the original rule."""

    def AnalyzeData(
        self,
        request: AnalyzeRequest,
        context: grpc.ServicerContext,
    ) -> AnalyzeResponse:
        """Return the analysis; readings that cannot be used are counted in ``skipped_rows``."""
        from energykit.artifacts.columns import READINGS
        from energykit.artifacts.messages import encoder_for, message_frame, said_columns
        from energykit.artifacts.usable import Pass, usable_typed_rows
        from energykit.readings.carried import CARRIED
        from services.energy_analyzer.rule import Undefined, apply_rule

        said = set(said_columns(request.data))
        table = READINGS.among((set(READINGS.schema) - set(CARRIED)) | said)
        rows = message_frame(request.data, table)
        readings = usable_typed_rows(rows, 1, Pass(table))
        undefined = Undefined()
        batches = list(apply_rule(readings.lazy(), undefined))
        encoder = encoder_for(batches[0].columns, where="data")
        report = ProcessedDataReport.FromString(b"".join(encoder.rows(batch) for batch in batches))
        report.skipped_rows = rows.height - readings.height + undefined.rows
        return AnalyzeResponse(report=report)


def register(server: grpc.Server, root: DataRoot) -> None:
    """Serve it on a server."""
    energy_pb2_grpc.add_EnergyAnalyzerServicer_to_server(  # type: ignore[no-untyped-call]  # generated
        EnergyAnalyzer(), server
    )
