"""The progress bar of `workbench run`, on stderr."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NoReturn

from ..terminal_text import one_line

if TYPE_CHECKING:
    from tqdm import tqdm

    from ..contract import RunEvent, RunRecord

__all__ = ["RunProgress"]


class RunProgress:
    """A progress bar on stderr, counting cells, with the id of the current cell."""

    def __init__(self) -> None:
        self._bar: tqdm[NoReturn] | None = None

    def __call__(self, event: RunEvent, record: RunRecord) -> None:
        """Show one event."""
        if event.event == "started":
            from tqdm import tqdm

            self._bar = tqdm(total=record.cells_total, unit="cell", file=sys.stderr)
        if self._bar is None:
            return
        if event.event == "cell_started":
            self._bar.set_description(one_line(event.cell or ""))
        elif event.event == "cell_finished":
            self._bar.update()
        elif event.event == "finished":
            self._bar.close()
            self._bar = None
