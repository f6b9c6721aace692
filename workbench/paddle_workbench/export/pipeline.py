"""A target of a bundle with everything around it: from raw inputs to results."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..contract import BundleRecord
from ..errors import BundleError
from .misfits import array_check
from .processing import placements, postprocess, prepare
from .targets.registry import target_named
from .targets.target import Run, Runner

__all__ = ["Pipeline", "open_pipeline"]

Pipeline = Callable[[Sequence[Any]], list[Any]]


def open_pipeline(record: BundleRecord, folder: Path, target: str, threads: int) -> Pipeline:
    """Open a target of a bundle; return a function from a batch of raw inputs to their results.

    Several threads may call it. Without postprocessing the results are the output arrays.

    Parameters
    ----------
    record : BundleRecord
    folder : Path
        The bundle.
    target : str
        One to which it was exported, or `inference`.
    threads : int

    Raises
    ------
    BundleError
        If the bundle was not exported to the target, the number of threads is not one, or a file
        that a step names is not what it takes.
    """
    steps = prepare(record.preprocessing, folder)
    runner = _open_runner(record, folder, target, threads)
    check = array_check(record, is_any_batch=runner.predict is not None)

    def run(values: Sequence[Any]) -> list[Any]:
        arrays = steps(values)
        check(arrays)
        if runner.predict is not None:
            results: list[Any] = runner.predict(values)
            return results
        places = placements(values, record.preprocessing, record.postprocessing)
        return postprocess(runner.run(arrays), record.postprocessing, record.labels, places)

    return run


def _open_runner(record: BundleRecord, folder: Path, target: str, threads: int) -> Runner:
    """Open a target; its runner takes the arrays in the bundle's order."""
    chosen = target_named(target)
    exported = record.targets.get(target)
    if exported is None and target != "inference":
        raise BundleError(
            f"The bundle {record.name} was not exported to {target!r}.",
            f'Export it: bundle.export("{target}")',
            code="PW-X502",
        )
    files = exported.folder if exported is not None else chosen.folder
    without = exported.without_passes if exported is not None else ()
    runner = chosen.open(folder / files, threads, without=without)
    names = [each.name for each in record.inputs]
    order = [names.index(name) for name in runner.inputs]
    if order != sorted(order):
        runner = replace(runner, run=_reordered(runner.run, order))
    return runner


def _reordered(run: Run, order: Sequence[int]) -> Run:
    return lambda arrays: run([arrays[place] for place in order])
