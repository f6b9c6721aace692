"""How long a run will take: as long as an earlier run of the same notebook."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ...contract import RunRecord
from .progress import Progress

__all__ = ["ExpectedTimes"]


@dataclass(frozen=True, slots=True)
class ExpectedTimes:
    """How long an earlier run took.

    Parameters
    ----------
    run_s : float, optional
        The whole run, in seconds.
    cells_s : dict
        Each of its cells, by id.
    """

    run_s: float | None
    cells_s: dict[str, float]

    @classmethod
    def of(cls, record: RunRecord, folder: Path) -> ExpectedTimes:
        """Return the times of a run that has succeeded."""
        seconds = record.duration_s
        if seconds is None and record.started_at is not None and record.finished_at is not None:
            seconds = max(0.0, (record.finished_at - record.started_at).total_seconds())
        progress = Progress(folder)
        progress.read_on()
        return cls(seconds, progress.durations_s)

    def remaining_s(self, progress: Progress) -> float | None:
        """Return how long the cells took that a run has not finished.

        None if the run has finished cells, and none of them was in the earlier run.
        """
        done = progress.durations_s.keys()
        if done and not done & self.cells_s.keys():
            return None
        return sum(seconds for cell, seconds in self.cells_s.items() if cell not in done)
