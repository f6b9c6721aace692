"""Progress bars of `workbench run`, on stderr."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NoReturn

from ..terminal_text import one_line

if TYPE_CHECKING:
    from tqdm import tqdm

    from ..contract import RunEvent, RunRecord

__all__ = ["RunProgress", "SweepProgress"]


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


class SweepProgress:
    """A bar that counts the runs of a sweep, with the cell of the run that has advanced last.

    Parameters
    ----------
    count : int
        The number of runs.
    """

    def __init__(self, count: int) -> None:
        from tqdm import tqdm

        self._bar: tqdm[NoReturn] = tqdm(total=count, unit="run", file=sys.stderr)

    def __call__(self, record: RunRecord) -> None:
        """Show a run that has begun, advanced or ended."""
        if record.state == "running":
            axes = record.group.axes if record.group is not None else []
            values = [f"{name}={record.parameters[name]}" for name in axes]
            values.append(f"cell {record.cells_done}/{record.cells_total}")
            self._bar.set_description(one_line(" ".join(values)))
        elif not record.is_active and (
            record.state in ("succeeded", "cancelled") or record.attempt > record.retries
        ):
            self._bar.update()

    def close(self) -> None:
        """End the bar."""
        self._bar.close()
