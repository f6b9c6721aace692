"""Networks through targets, in a child process: each accepted and equal, or refused.

It reads from the working folder which networks to export where, and writes its answer there after
each result, so that a crash or a hang costs only that one.

Preflight is not believed either way. What it accepts is opened again and run on all samples. What
it refuses is written and run once more, in a new process and without the code of preflight.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from paddle_workbench.child_process import Limits, Outcome, run, write_answer
from paddle_workbench.contract import ExportFinding
from paddle_workbench.errors import BundleError, ExportError
from paddle_workbench.export.bundle import Bundle
from paddle_workbench.export.targets.registry import target_named
from paddle_workbench.export.targets.target import PROGRAM_FOLDER

__all__ = ["MODULE", "REQUEST", "Results", "agree", "names_cause", "refusal", "was_killed"]

MODULE = "tests.benchmarks.export_trial"
REQUEST = "request.json"
CAUSES = "PW-X201"
"""Codes from here name a cause; those below say what happened."""
MISSING = "PW-X105"
NO_LEGACY_PROGRAM = "PW-X106"
ENDLESS = "PW-X210"
"""The code of loops that do not end, which a trial that does not end confirms."""
LIMITS = Limits(time_s=300.0)
ENDLESS_LIMITS = Limits(time_s=60.0)
CRASHES = frozenset({"SIGABRT", "SIGBUS", "SIGFPE", "SIGILL", "SIGSEGV", "SIGSYS", "SIGTRAP"})
"""Signals by which a process ends itself."""
TOLERANCES = {"float16": 0.03, "float32": 1e-3, "float64": 1e-3}

Results = dict[str, dict[str, Any]]


def names_cause(code: str) -> bool:
    """Whether a code says why a target refuses a network, and not only that it does."""
    return code >= CAUSES or code == NO_LEGACY_PROGRAM


def main(arguments: Sequence[str]) -> None:
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as folder:
        if arguments:
            problem = try_again(Bundle(arguments[0]), arguments[1], Path(folder))
            write_answer({"problem": problem})
            return
        results: dict[str, Results] = {}
        for name, targets in json.loads(Path(REQUEST).read_text("utf-8")).items():
            results[name] = {}
            for target, result in results_of(name, targets, Path(folder) / "bundle"):
                if result:
                    results[name][target] = result
                write_answer({"name": name, "target": target, "results": results})


def results_of(
    name: str, targets: Sequence[str], folder: Path
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Make a bundle of a network; yield each target, without a result before it is tried."""
    from paddle.static import InputSpec

    from .export_cases import case_named

    yield "", {}
    np.random.seed(0)
    case = case_named(name)
    spec = [InputSpec(shape, dtype, f"x{at}") for at, (shape, dtype) in enumerate(case.spec)]
    try:
        bundle = Bundle.create(folder, case.network, input_spec=spec, examples=case.examples)
    except BundleError as error:
        reason = error.message.splitlines()[0]
        for target in targets:
            yield target, {"verdict": "no bundle", "reason": reason}
        return
    for target in targets:
        yield target, {}
        started = time.perf_counter()
        forecast = [each.code for each in bundle.preflight(target, run=False)]
        result = result_of(bundle, target)
        seconds = round(time.perf_counter() - started, 1)
        yield target, result | {"forecast": forecast, "seconds": seconds}


def result_of(bundle: Bundle, target: str) -> dict[str, Any]:
    """Export to a target, and try the opposite of what preflight says."""
    try:
        preflight = bundle.export(target)
    except ExportError as error:
        findings = [each for each in error.preflight if each.severity == "error"]
        return refusal(findings, bundle, target)
    parity = preflight.parity
    assert parity is not None
    result = {
        "verdict": "equal",
        "difference": parity.largest_difference or 0.0,
        "warnings": [each.message for each in preflight],
    }
    opened = Bundle(bundle.path)
    problem = differences(opened, lambda arrays: opened.predict(list(arrays), target=target))
    return result | ({"verdict": "failed", "reason": problem} if problem else {})


def differences(bundle: Bundle, run: Any) -> str:
    """Return on which sample a function differs from the eager network, or an empty text."""
    for sample in bundle.samples:
        if sample.outputs is None or sample.is_edge_case:
            continue
        dtypes = [each.dtype for each in bundle.record.outputs]
        if not agree(run(sample.inputs), sample.outputs, dtypes):
            return f"it differs from the eager network on the sample “{sample.name}”"
    return ""


def agree(outputs: Sequence[Any], expected: Sequence[Any], dtypes: Sequence[str]) -> bool:
    """Whether outputs have the shapes and the values of the eager ones, up to rounding."""
    if len(outputs) != len(expected):
        return False
    for output, array, dtype in zip(outputs, expected, dtypes, strict=True):
        if output.shape != array.shape:
            return False
        finite = np.abs(array[np.isfinite(array)])
        tolerance = TOLERANCES.get(dtype, 0.0) * float(finite.max(initial=0.0) or 1.0)
        if not np.allclose(output, array, rtol=0.0, atol=tolerance, equal_nan=True):
            return False
    return True


def refusal(findings: list[ExportFinding], bundle: Bundle, target: str) -> dict[str, Any]:
    """Try what preflight refuses once more, and return whether that confirms it."""
    codes = list(dict.fromkeys(each.code for each in findings))
    result = {"codes": codes, "reason": findings[0].message.splitlines()[0]}
    if codes in ([MISSING], [NO_LEGACY_PROGRAM]):
        return result | {"verdict": "missing" if codes == [MISSING] else "refused"}
    with tempfile.TemporaryDirectory() as scratch:
        outcome = run(
            MODULE, str(bundle.path.resolve()), target,
            limits=ENDLESS_LIMITS if ENDLESS in codes else LIMITS,
            folder=Path(scratch), environment=os.environ,
        )  # fmt: skip
    if was_killed(outcome) and not (ENDLESS in codes and outcome.limit == "time"):
        return result | {"verdict": "killed", "reason": f"The second trial {outcome.problem}"}
    if outcome.answer == {"problem": ""}:
        return result | {"verdict": "refused wrongly"}
    return result | {"verdict": "refused" if any(map(names_cause, codes)) else "unexplained"}


def was_killed(outcome: Outcome) -> bool:
    """Whether a trial was ended by something else than what the target does with the network.

    That a runtime aborts is an answer. A limit, a signal from elsewhere or a full disk is none.
    """
    if outcome.answer is not None and outcome.status == 0:
        return False
    by_signal = outcome.signal_name and outcome.signal_name not in CRASHES
    return outcome.limit is not None or bool(by_signal) or outcome.is_disk_full


def try_again(bundle: Bundle, target: str, folder: Path) -> str:
    """Write a target, open it and run it on the samples; return what differs, or an empty text."""
    chosen = target_named(target)
    source = bundle.folder / PROGRAM_FOLDER
    if chosen.write is not None:
        chosen.write(source, folder)
    runner = chosen.open(folder if chosen.write is not None else source, 2)
    names = [each.name for each in bundle.record.inputs]
    order = [names.index(name) for name in runner.inputs]
    return differences(bundle, lambda arrays: runner.run([arrays[place] for place in order]))


if __name__ == "__main__":
    main(sys.argv[1:])
