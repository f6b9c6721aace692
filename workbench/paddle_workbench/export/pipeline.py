"""A target of a bundle with everything around it: from raw inputs to results."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from ..boxes import Placement
from ..contract import BundleRecord
from ..errors import BundleError
from .misfits import Check, array_check
from .picture_steps import check_pixels, placements_of
from .processing import needs_placements, postprocess, prepare, result_function
from .targets.registry import target_named
from .targets.target import Array, Run, Runner

__all__ = ["Pipeline", "open_pipeline", "open_runner"]

Pipeline = Callable[[Sequence[Any]], list[Any]]
_Prepare = Callable[[Sequence[Any]], tuple[Array, ...]]
_Results = Callable[[Sequence[Array], Sequence[Placement] | None], list[Any]]


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
    # What does not depend on the input happens here, once.
    preprocessing = record.preprocessing
    runner = open_runner(record, folder, target, threads)
    run, predict = runner.run, runner.predict
    arrays_of = _checked(
        prepare(preprocessing, folder), array_check(record, is_any_batch=predict is not None)
    )
    results_of = _prepared_results(record)
    if predict is not None:
        is_detector = record.task == "object-detection"

        def checked_predict(values: Sequence[Any]) -> list[Any]:
            if is_detector:
                check_pixels(values)
            arrays_of(values)
            return list(predict(values))

        return checked_predict
    if needs_placements(preprocessing, record.postprocessing):
        return lambda values: results_of(
            run(arrays_of(values)), placements_of(values, preprocessing)
        )
    return lambda values: results_of(run(arrays_of(values)), None)


def _checked(prepare: _Prepare, check: Check | None) -> _Prepare:
    if check is None:
        return prepare

    def arrays_of(values: Sequence[Any]) -> tuple[Array, ...]:
        arrays = prepare(values)
        check(arrays)
        return arrays

    return arrays_of


def _prepared_results(record: BundleRecord) -> _Results:
    steps, labels = record.postprocessing, record.labels
    if len(steps) == 1:
        return partial(result_function(steps[0]), steps[0], labels)
    return lambda outputs, places: postprocess(outputs, steps, labels, places)


def open_runner(record: BundleRecord, folder: Path, target: str, threads: int) -> Runner:
    """Open a target of a bundle; its runner takes the arrays in the bundle's order.

    Parameters
    ----------
    record : BundleRecord
    folder : Path
        Where the files of the bundle are.
    target : str
        `inference` runs in any case.
    threads : int

    Raises
    ------
    BundleError
        If there is no such target, the bundle was not exported to it, or it does not run here.
    """
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
    # Steps make one array, of numbers in the byte order of this machine.
    are_checked = bool(record.preprocessing) and len(record.inputs) == 1
    runner = chosen.open(folder / files, threads, without=without, are_checked=are_checked)
    names = [each.name for each in record.inputs]
    order = [names.index(name) for name in runner.inputs]
    if order != sorted(order):
        runner = replace(runner, run=_reordered(runner.run, order))
    return runner


def _reordered(run: Run, order: Sequence[int]) -> Run:
    return lambda arrays: run([arrays[place] for place in order])
