"""The typed service ``energy.ReportGenerator``, on the port of the stage."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import polars as pl

from energykit._proto import energy_pb2_grpc
from energykit._proto.energy_pb2 import ReportRequest, ReportResponse
from energykit.artifacts import replace_file
from services.report_generator.page import report_page

if TYPE_CHECKING:
    import grpc

    from energykit.serving import DataRoot

__all__ = ["ReportGenerator", "register"]


class ReportGenerator(energy_pb2_grpc.ReportGeneratorServicer):
    """Writes an analysis as a page of HTML inside the data root.

    Parameters
    ----------
    root
        The data root.
    """

    def __init__(self, root: DataRoot) -> None:
        self._root = root

    def GenerateReport(  # noqa: N802 - the contract's name
        self,
        request: ReportRequest,
        context: grpc.ServicerContext,  # noqa: ARG002 - gRPC's signature
    ) -> ReportResponse:
        """Write the page; the same analysis gives the same file."""
        rows = request.report.processed
        columns = {
            "timestamp": [row.timestamp for row in rows],
            "household_id": [row.household_id for row in rows],
            "power": [row.power for row in rows],
            "efficiency": [row.efficiency for row in rows],
            "anomaly_detected": [row.anomaly_detected for row in rows],
            "reasons": [";".join(row.reasons) for row in rows],
        }
        page = report_page(pl.DataFrame(columns, schema=_SCHEMA), skipped_rows=request.report.skipped_rows).encode()
        path = f"/data/reports/report-{hashlib.sha256(page).hexdigest()[:12]}.html"
        with replace_file(self._root.resolve_output(path)) as file:
            file.write(page)
        return ReportResponse(html_path=path)


_SCHEMA = {
    "timestamp": pl.String,
    "household_id": pl.String,
    "power": pl.Float64,
    "efficiency": pl.Float64,
    "anomaly_detected": pl.Boolean,
    "reasons": pl.String,
}


def register(server: grpc.Server, root: DataRoot) -> None:
    """Serve it on a server."""
    energy_pb2_grpc.add_ReportGeneratorServicer_to_server(  # type: ignore[no-untyped-call]  # generated
        ReportGenerator(root), server
    )
