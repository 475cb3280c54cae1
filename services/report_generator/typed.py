"""The typed service ``energy.ReportGenerator``, on the port of the stage."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from energykit._proto import energy_pb2_grpc
from energykit._proto.energy_pb2 import ReportRequest, ReportResponse

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

    def GenerateReport(
        self,
        request: ReportRequest,
        context: grpc.ServicerContext,
    ) -> ReportResponse:
        """Write the page; the same analysis gives the same file."""
        from energykit.artifacts import replace_file
        from energykit.artifacts.messages import message_frame
        from services.report_generator.page import report_page

        analysis = message_frame(request.report.processed)
        page = report_page(analysis, skipped_rows=request.report.skipped_rows).encode()
        path = f"/data/reports/report-{hashlib.sha256(page).hexdigest()[:12]}.html"
        with replace_file(self._root.resolve_output(path)) as file:
            file.write(page)
        return ReportResponse(html_path=path)


def register(server: grpc.Server, root: DataRoot) -> None:
    """Serve it on a server."""
    energy_pb2_grpc.add_ReportGeneratorServicer_to_server(  # type: ignore[no-untyped-call]  # generated
        ReportGenerator(root), server
    )
