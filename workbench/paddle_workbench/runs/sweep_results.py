"""The runs of a sweep as tables, for notebooks."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..contract import RunRecord
from ..errors import ParameterError
from .reports.sweep_report import sweep_command, write_sweep_report
from .results.groups import summary
from .store.provenance import is_seed

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Sweep"]


@dataclass(frozen=True, slots=True)
class Sweep:
    """The runs of a sweep that has ended.

    Parameters
    ----------
    records : list of RunRecord
        One for each combination, the last attempt at it, in the order of the combinations.
    parent : Path
        The folder of the run folders.
    """

    records: list[RunRecord]
    parent: Path

    @property
    def axes(self) -> list[str]:
        """The parameters that are swept."""
        group = self.records[0].group if self.records else None
        return list(group.axes) if group is not None else []

    @property
    def command(self) -> str:
        """The shell command that repeats the sweep.

        Raises
        ------
        RunNotFoundError
            If there are no runs.
        """
        return sweep_command(self.records)

    @property
    def report(self) -> Path:
        """The path of the sweep's report, one HTML file, which is written when it is asked for.

        It has the means over seeds with their intervals, a picture, every run with a link to its
        own report, where they ran, and the command that repeats the sweep.

        Raises
        ------
        RunNotFoundError
            If there are no runs.
        StorageError
            If it cannot be written.
        """
        return write_sweep_report(self.records, self.parent)

    def table(self) -> pd.DataFrame:
        """Return a row for each run: the parameters that are swept, its state, and its metrics.

        Returns
        -------
        DataFrame
            Its index has the ids of the runs. A metric that a run did not record is NaN.
        """
        import pandas as pd

        rows = [
            {name: record.parameters[name] for name in self.axes}
            | {"state": record.state}
            | record.metrics
            for record in self.records
        ]
        return pd.DataFrame(rows, index=pd.Index([each.id for each in self.records], name="run"))

    def summary(self, by: str | Sequence[str] | None = None) -> pd.DataFrame:
        """Return mean, deviation, count and 95 % interval of each metric, over runs that succeeded.

        Parameters
        ----------
        by : str or sequence of str, optional
            The parameters whose values have a row each; by default those that are swept, without
            seeds.

        Returns
        -------
        DataFrame
            For each metric the columns `mean`, `deviation` (of the sample), `n`, `low` and `high`,
            the ends of the interval of Student's t. With one run they are NaN. Of a row in which
            no run succeeded `n` is 0.

        Raises
        ------
        ParameterError
            If a parameter is unknown.
        """
        import pandas as pd

        names = [by] if isinstance(by, str) else by
        names = [each for each in self.axes if not is_seed(each)] if names is None else list(names)
        for name in names:
            if not self.records or name not in self.records[0].parameters:
                raise ParameterError(
                    f"The runs have no parameter {name!r}.", f"Swept are: {', '.join(self.axes)}."
                )
        groups: dict[str, list[RunRecord]] = {}
        for record in self.records:
            key = json.dumps([record.parameters[name] for name in names])
            groups.setdefault(key, []).append(record)
        metrics = dict.fromkeys(
            name for record in self.records for name, value in record.metrics.items()
            if _is_number(value)
        )  # fmt: skip
        rows = {
            key: {
                (metric, column): value
                for metric in metrics
                for column, value in _summary_row(records, metric).items()
            }
            for key, records in groups.items()
        }
        keys = [tuple(json.dumps(each) if isinstance(each, list | dict) else each
                      for each in json.loads(key)) for key in rows]  # fmt: skip
        index = pd.MultiIndex.from_tuples(keys, names=names) if len(names) > 1 else None
        if index is None:
            only = [key[0] if key else "all" for key in keys]
            index = pd.Index(only, name=names[0] if names else None)
        table = pd.DataFrame(list(rows.values()), index=index)
        if metrics:
            table.columns = pd.MultiIndex.from_tuples(list(table.columns))
        return table.sort_index()

    def folder(self, record: RunRecord) -> Path:
        """Return the folder of one of the runs."""
        return self.parent / record.id

    def _repr_html_(self) -> str:
        html: str = self.table().to_html(notebook=True)
        return html


def _is_number(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return math.isfinite(value)


def _summary_row(records: Sequence[RunRecord], metric: str) -> dict[str, Any]:
    values = [
        float(record.metrics[metric])
        for record in records
        if record.state == "succeeded" and _is_number(record.metrics.get(metric))
    ]
    columns = ("mean", "deviation", "n", "low", "high")
    if not values:
        return dict.fromkeys(columns, math.nan) | {"n": 0}
    result = summary(values)
    return {
        name: math.nan if getattr(result, name) is None else getattr(result, name)
        for name in columns
    }
