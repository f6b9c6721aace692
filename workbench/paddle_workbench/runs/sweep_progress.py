"""A progress bar that counts the runs of a sweep."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn, TextIO

from ..terminal_text import one_line

if TYPE_CHECKING:
    from tqdm import tqdm

    from ..contract import RunRecord

__all__ = ["SweepProgress"]


class SweepProgress:
    """A bar that counts the runs of a sweep, with the cell of the run that has advanced last.

    Parameters
    ----------
    count : int
        The number of runs.
    file : file
        Where the bar is written.
    """

    def __init__(self, count: int, file: TextIO) -> None:
        from tqdm import tqdm

        self._bar: tqdm[NoReturn] = tqdm(total=count, unit="run", file=file)

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
