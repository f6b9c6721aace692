"""A run of a ledger as a table to sort and filter, with a baseline to pin."""

from __future__ import annotations

from typing import Any

import traitlets

from ..errors import WidgetError
from ..export.ledger.ledger import Ledger
from ..export.ledger.table import Line, heading, html_table, lines_of, notes_of
from ..terminal_text import one_line
from .base import WorkbenchWidget

__all__ = ["LedgerView"]


class LedgerView(WorkbenchWidget, front_end="ledger-view"):
    """Shows the variants of a network: accuracy, parity, time, memory and size.

    Rows can be sorted and filtered, any variant can be the baseline of the ratios, and a row opens
    what is known about how it was measured.

    Parameters
    ----------
    ledger : Ledger
        Its last run is shown.

    Raises
    ------
    WidgetError
        If it is not a ledger.
    BundleError
        If nothing was measured, or there is no such baseline.
    """

    title = traitlets.Unicode().tag(sync=True)
    """Bundle, date and machine, without the baseline."""

    rows = traitlets.List(traitlets.Dict()).tag(sync=True)
    """One for each variant, batch and number of threads. values: numbers as of `Ledger.to_frame`;
    cells: the texts of the table by column; ratios: {baseline: [value or null, text]}; title;
    rounds; problems: sentences."""

    notes = traitlets.List(traitlets.Unicode()).tag(sync=True)
    """Noise of the machine, problems, and what limits the results, in English."""

    variants = traitlets.List(traitlets.Unicode()).tag(sync=True)
    """Names in the order of the run."""

    baseline = traitlets.Unicode().tag(sync=True)
    """The variant to which ratios are shown; by default that of the run."""

    sort_by = traitlets.Unicode("").tag(sync=True)
    """A column by which rows are sorted; empty for the order of the run."""

    descending = traitlets.Bool(default_value=False).tag(sync=True)
    """Whether the largest come first."""

    hidden = traitlets.List(traitlets.Unicode()).tag(sync=True)
    """Variants that are not shown."""

    setting = traitlets.Unicode("").tag(sync=True)
    """`threads×batch` of the rows that are shown, such as `1×8`; empty for all."""

    def __init__(self, ledger: Ledger, **traits: Any) -> None:
        if not isinstance(ledger, Ledger):
            raise WidgetError(
                f"LedgerView shows a Ledger, got {type(ledger).__name__}.",
                "LedgerView(Ledger(bundle).measure())",
            )
        self._run = ledger.run
        names = [each.name for each in self._run.variants]
        lines = {name: lines_of(self._run, name) for name in names}
        rows = [
            {
                "values": line.values(),
                "cells": {name: one_line(text) for name, text in line.cells().items()},
                "ratios": {name: _ratio(lines[name][at]) for name in names},
                "title": one_line(line.variant.title),
                "rounds": len(line.row.rounds_ms),
                "problems": [one_line(each) for each in _problems(line) if each],
            }
            for at, line in enumerate(lines_of(self._run))
        ]
        super().__init__(
            **{
                "title": heading(self._run).rpartition(";")[0],
                "rows": rows,
                "notes": [one_line(note) for note in notes_of(self._run)],
                "variants": names,
                "baseline": self._run.baseline,
                **traits,
            }
        )

    @traitlets.validate("baseline")
    def _baseline_exists(self, proposal: dict[str, Any]) -> str:
        name = str(proposal["value"])
        if name not in {each.name for each in self._run.variants}:
            raise traitlets.TraitError(f"the run has no variant {name!r}.")
        return name

    def to_html(self) -> str:
        """Return the table of the run with its notes."""
        return html_table(self._run, baseline=self.baseline, language=self.lang)


def _problems(line: Line) -> tuple[str, str]:
    return line.row.problem, line.variant.parity_problem


def _ratio(line: Line) -> list[float | str | None]:
    value = None if line.ratio is None else line.ratio.middle
    return [value, line.cells()["ratio"]]
