"""Runs, sweeps and comparisons from a notebook: queued, waited for, and returned as tables."""

from __future__ import annotations

import itertools
import math
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..contract import Parameter, RunAgreement, RunRecord
from ..course.catalog import find_notebook
from ..errors import ParameterError, RunNotFoundError
from ..notebooks import read_notebook
from ..settings import settings
from .cancellation import cancel_runs
from .parameters.declarations import read_parameters
from .parameters.given import rejection, require_parameter
from .parameters.secrets import split_secrets
from .parameters.sweeps import LIMIT, require_no_secret
from .parameters.values import typed_value
from .plans import sweep_plans
from .queue import queue_runs, wait_for
from .results.agreement import agreement_of
from .results.comparison import compare_runs
from .running.runner import Plan, plan_rerun
from .store.folders import find_run
from .store.records import read_record
from .sweep_progress import SweepProgress
from .sweep_results import Sweep

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["compare", "rerun", "run", "sweep"]


def sweep(
    notebook: str | Path,
    axes: Mapping[str, Sequence[Any]],
    *,
    parameters: Mapping[str, Any] | None = None,
    parent: str | Path | None = None,
    retries: int = 0,
    timeout_s: float | None = None,
) -> Sweep:
    """Run a notebook with every combination of values, and wait until all runs have ended.

    The runs are queued, at most half as many at once as the machine has cores, and a bar counts
    them. They go on if this process ends; an interrupt cancels them. A run that fails does not end
    the sweep: its record says why.

    Parameters
    ----------
    notebook : str or Path
        A path, or the name of a lesson.
    axes : mapping
        The values of each parameter that is swept.
    parameters : mapping, optional
        Values for other parameters; the rest keep their defaults.
    parent : str or Path, optional
        Where the run folders are created; by default in the home.
    retries : int
        The maximum number of further attempts at a run that fails, times out or is lost.
    timeout_s : float, optional
        The time limit of a run, in seconds.

    Returns
    -------
    Sweep

    Raises
    ------
    NotebookError
        If there is no such notebook, or its kernel is not installed.
    ParameterError
        If the notebook has no such parameter, a value is not allowed, a secret is swept, or there
        are no values or more than 10,000 combinations.
    StorageError
        If a folder cannot be written.
    KeyboardInterrupt
        If it is interrupted, after the runs are cancelled.

    Examples
    --------
    >>> result = sweep("experiment.ipynb", {"lr": [0.1, 0.01], "seed": range(4)})
    >>> result.summary(by="lr")
    """
    plan, declared = _plan(notebook, parameters or {}, parent)
    plan = Plan(
        plan.notebook,
        plan.parameters,
        plan.parent,
        timeout_s=timeout_s,
        retries=retries,
        secrets=plan.secrets,
    )
    values = {name: _axis(declared, name, each) for name, each in axes.items()}
    if not values:
        raise ParameterError(
            "There is nothing to sweep.", 'Give values: {"lr": [0.1, 0.01]}. `run` runs it once.'
        )
    for name in values:
        if name in (parameters or {}):
            raise ParameterError(f"{name} is given and swept.", "Give it once.")
    size = math.prod(len(each) for each in values.values())
    if size > LIMIT:
        raise ParameterError(
            f"The sweep has {size:,} combinations; {LIMIT:,} is the limit.", "Use fewer values."
        )
    grid = [dict(zip(values, each, strict=True)) for each in itertools.product(*values.values())]
    plans = sweep_plans(plan, list(values), grid)
    return Sweep(_run_queued(plans), plan.parent)


def run(
    notebook: str | Path, /, *, parent: str | Path | None = None, **parameters: Any
) -> RunRecord:
    """Run a notebook once, wait until it has ended, and return its record.

    Parameters
    ----------
    notebook : str or Path
        A path, or the name of a lesson.
    parent : str or Path, optional
        Where the run folder is created; by default in the home.
    **parameters
        Values for its parameters; the others keep their defaults.

    Returns
    -------
    RunRecord
        `state` says whether it succeeded, and `error` why it did not.

    Raises
    ------
    NotebookError, ParameterError, StorageError, KeyboardInterrupt
        As for `sweep`.
    """
    plan, _declared = _plan(notebook, parameters, parent)
    return _run_queued([plan])[0]


def rerun(
    name: str | Path,
    *,
    parent: str | Path | None = None,
    anyway: bool = False,
    tolerance: float = 1e-6,
) -> RunAgreement:
    """Repeat a run with the same notebook and parameters, and say which metrics agree.

    Parameters
    ----------
    name : str or Path
        Its id, the beginning of its id, or the path of its folder.
    parent : str or Path, optional
        The folder of the run folders; by default that in the home.
    anyway : bool
        Whether it is repeated though the notebook has changed since.
    tolerance : float
        The relative difference up to which metrics agree.

    Raises
    ------
    RunNotFoundError
        If there is no such run.
    NotebookError
        If the notebook has changed since.
    ParameterError
        If the run had secrets, which are not recorded.
    """
    runs = _parent(parent)
    folder = find_run(str(name), runs)
    (record,) = _run_queued([plan_rerun(folder, parent=runs, anyway=anyway)])
    return agreement_of(record, read_record(folder), tolerance=tolerance)


def compare(ids: Sequence[str | Path], *, parent: str | Path | None = None) -> pd.DataFrame:
    """Return what differs between runs, a column for each run.

    Parameters
    ----------
    ids : sequence of str or Path
        Two or more: ids, beginnings of ids, or paths of run folders.
    parent : str or Path, optional
        The folder of the run folders; by default that in the home.

    Returns
    -------
    DataFrame
        Its rows are states, parameters, metrics, facts of provenance, and cells with other outputs,
        named by `kind` and `name`.

    Raises
    ------
    ParameterError
        If there are fewer than two ids.
    RunNotFoundError
        If there is no such run.
    """
    import pandas as pd

    if isinstance(ids, str | Path) or len(ids) < 2:
        raise ParameterError("Two or more runs are needed to compare them.", "Give a list of ids.")
    runs = _parent(parent)
    comparison = compare_runs([find_run(str(each), runs) for each in ids])
    columns = [record.id for record in comparison.runs]
    rows: dict[tuple[str, str], dict[str, Any]] = {
        (each.kind, each.name): dict(zip(columns, each.values, strict=True))
        for each in comparison.differences
    }
    for output in comparison.outputs:
        row = rows.setdefault(("output", output.cell), {columns[0]: output.before})
        row[output.run] = output.after
    index = pd.MultiIndex.from_tuples(list(rows), names=["kind", "name"]) if rows else None
    return pd.DataFrame(list(rows.values()), index=index, columns=columns)


def _plan(
    notebook: str | Path, parameters: Mapping[str, Any], parent: str | Path | None
) -> tuple[Plan, list[Parameter]]:
    path = find_notebook(str(notebook))
    declared = read_parameters(read_notebook(path))
    values = {name: _value(declared, name, value) for name, value in parameters.items()}
    common, secrets = split_secrets(values, [each.name for each in declared if each.secret])
    return Plan(path, common, _parent(parent), secrets=secrets), declared


def _parent(parent: str | Path | None) -> Path:
    return Path(parent).absolute() if parent is not None else settings().runs


def _axis(declared: Sequence[Parameter], name: str, values: Sequence[Any]) -> list[Any]:
    hint = "Give it in parameters."
    require_no_secret(declared, name, [], hint)
    try:
        listed = None if isinstance(values, str | bytes) else list(values)
    except TypeError:
        listed = None
    if not listed:
        raise ParameterError(
            f"The values of {name} are {values!r:.80}, not a list with values.",
            f'Give a list: {{"{name}": [1, 2]}}.',
        )
    typed = [_value(declared, name, value) for value in listed]
    require_no_secret(declared, name, typed, hint)
    return typed


def _value(declared: Sequence[Parameter], name: str, value: Any) -> Any:
    """Return a value as the parameter's type has it; numbers of numpy are those of Python."""
    if getattr(value, "ndim", None) == 0 and hasattr(value, "item"):
        value = value.item()
    parameter = require_parameter(declared, name)
    if parameter is None:
        return value
    try:
        return typed_value(parameter, value)
    except (ValueError, TypeError, RecursionError):
        raise rejection(declared, name, str(value)) from None


def _run_queued(plans: Sequence[Plan]) -> list[RunRecord]:
    """Queue runs and wait for them; an interrupt cancels them."""
    runs = plans[0].parent
    queued: list[RunRecord] = []
    progress = SweepProgress(len(plans), sys.stdout)
    try:
        queued = queue_runs(plans)
        ended = wait_for(runs, [record.id for record in queued], progress)
    except KeyboardInterrupt:
        cancel_runs(runs, queued)
        raise
    finally:
        progress.close()
    if len(ended) < len(plans):
        raise RunNotFoundError(
            f"{len(plans) - len(ended)} of {len(plans)} runs were deleted while they ran."
        )
    return ended
