"""One sample through every step, from the raw input to the result, on both sides."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ...contract import BundleRecord
from ...errors import BundleError
from ...program.model.capture import SCHEMA_VERSION, Capture
from ...program.passes.comparison import Array, compare
from ...program.passes.pipeline import PIPELINES
from ..bundle_files import named_path
from ..exportable import Exportable
from ..legacy_program import legacy_problem
from ..misfits import check_arrays
from ..opening import opened
from ..processing import preprocess as preprocess_batch
from ..samples import EagerSample
from ..targets import lite, mnn
from ..targets.onnx_file import MODEL
from ..targets.registry import target_named
from ..targets.target import LEGACY_PROGRAM, PROGRAM, PROGRAM_FOLDER, Target
from .difference import Difference, Step, proven_first
from .network import network_step
from .paddle_step import deployed_program_step
from .postprocessing import Deployed as DeployedPostprocessing
from .postprocessing import postprocessing_step
from .preprocessing import Deployed as DeployedPreprocessing
from .preprocessing import preprocessing_step
from .programs import RunProgram, run_program
from .target_step import target_step
from .value_step import known_failures

__all__ = ["trace_difference"]

_NEEDED = {
    "browser": (MODEL,),
    "inference": (f"{PROGRAM}.json",),
    "legacy": (LEGACY_PROGRAM,),
    "lite": (lite.MODEL,),
    "mnn": (mnn.MODEL, mnn.SIGNATURE),
    "onednn": (f"{PROGRAM}.json",),
    "onnx": (MODEL,),
}
"""The files without which a target cannot be opened."""
_FORMATS = {"browser": "onnx", "mnn": "mnn", "onnx": "onnx"}
"""The targets that are one file, which may have another name."""


def trace_difference(
    bundle: Exportable | str | Path,
    sample: Any,
    target: str = "onnx",
    *,
    network: Any = None,
    preprocess: DeployedPreprocessing | None = None,
    postprocess: DeployedPostprocessing | None = None,
    labels: Sequence[str] | None = None,
    files: str | Path | None = None,
) -> Difference:
    """Find the first step at which a deployed pipeline gives something else than a bundle.

    One sample goes through preprocessing, the network in Python, its program, the target with its
    passes or nodes, and postprocessing. Each step is run on what the step before should return, and
    compared with the bundle. Where a step differs, the op, its line and the likely causes are
    looked for: a cause is undone, and the step is run again. Nothing is changed.

    Parameters
    ----------
    bundle : Bundle, or str or Path
    sample
        One raw input, as `bundle.predict` takes it; for a bundle without preprocessing a list with
        one array for each input of the program, or the name of a recorded sample.
    target : str
        Such as `onnx`; see `TARGETS`. If the bundle was not exported to it, it is written to a
        temporary folder.
    network : paddle.nn.Layer, optional
        The network as it predicts, with its weights and in its mode. Without it the recorded eager
        outputs are compared with the program.
    preprocess : callable or sequence of Preprocessing, optional
        What the deployed pipeline does to the sample: a function from the sample to an array, with
        or without the batch, or to one for each input. By default that of the bundle.
    postprocess : callable or sequence of Postprocessing, optional
        A function from the list of output arrays, with a batch of one, to a label, a label with its
        probability, a `Prediction`, or arrays. By default that of the bundle.
    labels : sequence of str, optional
        Those of the deployed pipeline.
    files : str or Path, optional
        The deployed files of the target, if they are not those of the bundle: a folder, or the
        `.onnx` or `.mnn` file itself.

    Returns
    -------
    Difference

    Raises
    ------
    BundleError
        If it is not a bundle, there is no such target or file, the machine or the bundle lacks what
        the target needs, the input is not what the bundle takes, or its program cannot be run on
        it.
    """
    chosen = target_named(target)
    bundle = opened(bundle)
    record = bundle.record
    _check(chosen, record, files)
    inputs = _inputs(bundle, sample)
    recorded = next((each for each in bundle.samples if not each.is_edge_case), None)
    source = bundle.folder / PROGRAM_FOLDER
    run = run_program(
        source,
        record,
        bundle.program,
        inputs,
        recorded=recorded.inputs if recorded is not None and network is None else (),
    )
    exported = record.targets.get(target)
    steps = [preprocessing_step(sample, inputs, record, bundle.folder, preprocess)]
    if network is not None:
        steps.append(network_step(network, inputs, record, bundle.program, run))
    elif recorded is not None and recorded.outputs is not None:
        steps.append(_program_step(recorded, record, run))
    target_files = _deployed_files(bundle, chosen.name, files)
    start = run
    if chosen.name in PIPELINES and target_files is not None and files is not None:
        source = target_files
        step, start = deployed_program_step(source, record, bundle.program, run, inputs)
        steps.append(step)
    elif chosen.name == "legacy" and target_files is not None:
        source = target_files
    steps.append(
        target_step(
            source,
            record,
            bundle.program,
            start,
            inputs,
            chosen,
            target_files,
            without=exported.without_passes if exported is not None else (),
            weights=exported.weights if exported is not None and files is None else "fp32",
            is_own=files is None or source == target_files,
        )
    )
    steps.append(postprocessing_step(run.outputs, record, postprocess, labels))
    capture = Capture(SCHEMA_VERSION, record.name, program=bundle.program)
    return Difference(record.name, target, tuple(map(proven_first, steps)), capture)


def _check(target: Target, record: BundleRecord, files: str | Path | None) -> None:
    """Raise BundleError if the machine or the bundle lacks what the target needs."""
    if target.check is not None:
        target.check()
    if target.needs_legacy_program and files is None:
        problem = legacy_problem(record)
        if problem is not None:
            raise BundleError(problem.message, problem.hint, code=problem.code)


def _inputs(bundle: Exportable, sample: Any) -> tuple[Array, ...]:
    record = bundle.record
    if record.preprocessing:
        arrays = preprocess_batch([sample], record.preprocessing, bundle.folder)
        batch = record.inputs[0].shape[0] if record.inputs[0].shape else None
        if batch not in (None, 1):
            raise BundleError(
                f"{record.name} takes exactly {batch} inputs at once, and a sample is one.",
                "Make the bundle again with None as the first size in input_spec.",
                code="PW-T101",
            )
        check_arrays(arrays, record)
        return arrays
    if isinstance(sample, str):
        for each in bundle.samples:
            if each.name == sample:
                return each.inputs
        names = ", ".join(repr(each.name) for each in bundle.samples)
        raise BundleError(
            f"{record.name} has no recorded sample {sample!r}.",
            f"Use one of these: {names}; or pass one array for each input.",
            code="PW-T101",
        )
    arrays = preprocess_batch(sample, (), bundle.folder)
    if len(arrays) != len(record.inputs):
        raise BundleError(
            f"{record.name} takes {len(record.inputs)} arrays, got {len(arrays)}.",
            f"Pass a list of arrays for {', '.join(each.name for each in record.inputs)}.",
            code="PW-T101",
        )
    check_arrays(arrays, record)
    return arrays


def _program_step(recorded: EagerSample, record: BundleRecord, run: RunProgram) -> Step:
    """Compare the program with the outputs of the network that the bundle recorded."""
    comparison = compare(
        run.recorded, recorded.outputs or (), [each.dtype for each in record.outputs]
    )
    if isinstance(comparison, str):
        reason = comparison.replace("the Predictor", "the program")
        return Step("program", float("inf"), is_equal=False, problem=f"{reason.capitalize()}.")
    if comparison.is_equal:
        return Step("program", comparison.difference)
    causes = tuple(known_failures(run.program, "inference"))
    return Step("program", comparison.difference, is_equal=False, causes=causes)


def _deployed_files(bundle: Exportable, target: str, files: str | Path | None) -> Path | None:
    """Return the folder with the files of a target; None if it has to be written."""
    if files is None:
        exported = bundle.record.targets.get(target)
        return None if exported is None else bundle.folder / exported.folder
    path = named_path(files, code="PW-T102")
    if path.is_file() and target in _FORMATS:
        return path
    if not path.is_dir():
        problem = "is not a folder" if path.exists() else "does not exist"
        raise BundleError(
            f"{path} {problem}.", "Pass the folder with the deployed files.", code="PW-T102"
        )
    missing = next((name for name in _NEEDED[target] if not (path / name).is_file()), None)
    if missing is not None:
        hint = (
            f"Pass the path of the .{_FORMATS[target]} file."
            if target in _FORMATS
            else "Pass another folder."
        )
        raise BundleError(f"{path} contains no {missing}.", hint, code="PW-T102")
    return path
