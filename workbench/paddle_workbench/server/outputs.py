"""`/paddle-workbench/outputs`: what pages have missed of the cells that they ran."""

from __future__ import annotations

from tornado.web import HTTPError, authenticated

from ..contract import MissedCell, MissedOutputs, ReceivedOutputs
from .base import WorkbenchHandler

__all__ = ["OutputsHandler"]

NOTHING = MissedOutputs(cells=[], version=0, is_running=False, is_waiting=False)


class OutputsHandler(WorkbenchHandler):
    """The outputs that closed pages have missed."""

    @authenticated
    def get(self) -> None:
        """Answer with what changed `after` a version, for a `page` that shows a `kernel`."""
        text = self.get_query_argument("after", "0")
        if not (text.isascii() and text.isdigit() and len(text) < 20):
            raise HTTPError(400, f"after: a version is a number (got {text!r:.80})")
        outputs = self.services.outputs and self.services.outputs.find(
            self.get_query_argument("kernel")
        )
        page = self.get_query_argument("page")
        if not outputs:
            self.answer(NOTHING)
            return
        missed = outputs.missed(page, int(text))
        cells = [
            MissedCell(
                run=run.id,
                cell=run.cell,
                source=run.source,
                state=run.state,
                execution_count=run.execution_count,
                outputs=run.outputs(),
                is_own=run.page == page,
            )
            for run in missed.runs
        ]
        self.answer(
            MissedOutputs(
                cells=cells,
                version=missed.version,
                is_running=missed.is_running,
                is_waiting=missed.is_waiting,
            )
        )

    @authenticated
    def post(self) -> None:
        """Forget outputs that a page has saved."""
        received = self.parse(ReceivedOutputs)
        outputs = self.services.outputs and self.services.outputs.find(received.kernel)
        if outputs:
            outputs.saved(received.page, received.runs)
        self.answer(NOTHING)
