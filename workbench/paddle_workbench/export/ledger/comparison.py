"""Runs of ledgers next to each other: on one machine by time, on several only by ratio."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ...contract import LedgerRun
from ...terminal_text import one_line
from .intervals import Interval
from .machine import machine_differences
from .table import Line, baseline_of, lines_of

__all__ = ["Change", "RunComparison", "compare_runs"]


@dataclass(frozen=True, slots=True)
class Change:
    """A variant with a batch and a number of threads in two runs.

    Parameters
    ----------
    variant : str
    threads, batch : int
    times_ms : tuple of two floats or None
        Medians; None for the runs of different machines.
    ratios : tuple of Interval or None
        To the baseline, in each run.
    """

    variant: str
    threads: int
    batch: int
    times_ms: tuple[float | None, float | None] | None
    ratios: tuple[Interval | None, Interval | None]

    @property
    def is_different(self) -> bool | None:
        """Whether the intervals of the ratios are apart; None if one is missing."""
        first, second = self.ratios
        if first is None or second is None:
            return None
        return first.high < second.low or second.high < first.low


@dataclass(frozen=True, slots=True)
class RunComparison:
    """Two runs and what changed.

    Parameters
    ----------
    runs : tuple of two LedgerRun
    baseline : str
    machines : tuple of str
        How the machines differ; empty for the same machine. Then times are compared, otherwise
        only ratios.
    versions : tuple of str
        Packages whose versions differ.
    changes : tuple of Change
        What both runs measured.
    only_in_one : tuple of str
        What one run lacks.
    """

    runs: tuple[LedgerRun, LedgerRun]
    baseline: str
    machines: tuple[str, ...]
    versions: tuple[str, ...]
    changes: tuple[Change, ...]
    only_in_one: tuple[str, ...]

    @property
    def is_same_machine(self) -> bool:
        return not self.machines

    def __str__(self) -> str:
        return "\n".join(map(one_line, self._lines()))

    __repr__ = __str__

    def _lines(self) -> Iterator[str]:
        first, second = self.runs
        yield (
            f"{first.bundle} {first.version} on {first.created_at:%Y-%m-%d %H:%M} and "
            f"{second.bundle} {second.version} on {second.created_at:%Y-%m-%d %H:%M}"
        )
        if self.machines:
            yield (
                "Different machines, so times are left out; compare the ratios to "
                f"{self.baseline}. {'; '.join(self.machines)}."
            )
        if self.versions:
            yield f"Other versions: {'; '.join(self.versions)}."
        width = max((len(each.variant) for each in self.changes), default=0)
        for each in self.changes:
            times = ""
            if each.times_ms is not None:
                times = "  " + " → ".join(
                    "–" if ms is None else f"{ms:.3g}" for ms in each.times_ms
                )
                times += " ms"
            ratio = " → ".join(map(_shown, each.ratios))
            mark = {True: "changed", False: "the same", None: ""}[each.is_different]
            yield (
                f"{each.variant:{width}}  batch {each.batch}, threads {each.threads}{times}"
                f"  ratio {ratio}  {mark}".rstrip()
            )
        for name in self.only_in_one:
            yield f"Only in one of them: {name}"


def compare_runs(
    first: LedgerRun, second: LedgerRun, *, baseline: str | None = None
) -> RunComparison:
    """Compare two runs.

    Parameters
    ----------
    first, second : LedgerRun
    baseline : str, optional
        A variant that both have; by default the baseline of the first.

    Raises
    ------
    KeyError
        If one of them lacks the baseline.
    """
    chosen = baseline or first.baseline
    one, other = (
        {(each.row.variant, each.row.threads, each.row.batch): each for each in lines_of(run, base)}
        for run, base in (
            (first, baseline_of(first, chosen)),
            (second, baseline_of(second, chosen)),
        )
    )
    machines = tuple(machine_differences([first.machine, second.machine]))
    changes = tuple(
        Change(
            *key,
            None if machines else (one[key].row.p50_ms, other[key].row.p50_ms),
            (one[key].ratio, other[key].ratio),
        )
        for key in one
        if key in other
    )
    lacking = [
        _name(line)
        for lines in (one, other)
        for key, line in lines.items()
        if key not in (other if lines is one else one)
    ]
    packages = dict.fromkeys((*first.machine.packages, *second.machine.packages))
    versions = [
        (name, first.machine.packages.get(name, "–"), second.machine.packages.get(name, "–"))
        for name in packages
    ]
    return RunComparison(
        (first, second),
        chosen,
        machines,
        tuple(f"{name} {old} → {new}" for name, old, new in versions if old != new),
        changes,
        tuple(lacking),
    )


def _name(line: Line) -> str:
    return f"{line.row.variant}, batch {line.row.batch}, threads {line.row.threads}"


def _shown(ratio: Interval | None) -> str:
    return "–" if ratio is None else f"{ratio.middle:.2f} [{ratio.low:.2f}, {ratio.high:.2f}]"
