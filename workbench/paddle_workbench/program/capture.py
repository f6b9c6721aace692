"""`capture`: a network or function from its source to the optimised program."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..errors import ProgramError
from .coach.explanations import explain_breaks, explain_error, explain_loops, explain_sources
from .cost import costs_of
from .formats.assembly import Numbering
from .formats.saved import read
from .memory import memory_plan
from .model.capture import SCHEMA_VERSION, Capture, Explanation, Stage
from .passes.pipeline import OUTPUTS, Pipeline, save_for_stages, stages_of
from .tracing.bytecode import Simulation, simulate
from .tracing.sources import source_texts, transformed_texts
from .tracing.trace import TracingFailed, eager, input_spec_of, name_of, plain_functions, trace

__all__ = ["capture", "capture_saved"]


def capture(
    target: Any,
    *,
    input_spec: Sequence[Any] | None = None,
    pipeline: Pipeline | Sequence[str] | None = "inference",
    training: bool = False,
    check_with: Sequence[Any] | None = None,
    sot: bool = False,
) -> Capture:
    """Capture the dynamic-to-static workflow of a network or function.

    Parameters
    ----------
    target : paddle.nn.Layer, method or function
        It is not changed. `to_static` may have been applied to it.
    input_spec : sequence of InputSpec, tensors or arrays, optional
        One entry per argument. An array stands for its shape and dtype. If left out, the
        `input_spec` of `to_static` is used.
    pipeline : "inference", "onednn", list of passes, or None
        The passes that make the stages: those that the Predictor runs on this machine's CPU,
        without or with oneDNN; the listed ones; or none. They run in a child process.
    training : bool
        Trace the network in training mode instead of evaluation mode.
    check_with : sequence of arrays or tensors, optional
        Run the last stage on them: `Capture.difference` compares it with the eager result, and
        the costs of the last stage include measured times. Only for the two named pipelines.
    sot : bool
        Also run the target once under SOT, on `check_with` or on arrays of ones, to fill
        `subgraphs`, `breaks` and `guards`.

    Returns
    -------
    Capture
        If Paddle cannot trace the target, `program` is None and `explanations` says why.

    Raises
    ------
    CaptureError
        If the target is neither a network nor a function, or a pass cannot run.
    """
    numbering = Numbering()
    functions = plain_functions(target)
    simulation = _simulation(target, input_spec, check_with, training=training) if sot else None
    draft = Capture(
        schema_version=SCHEMA_VERSION,
        name=name_of(target),
        subgraphs=tuple(simulation.subgraphs) if simulation else (),
        breaks=tuple(simulation.breaks) if simulation else (),
        guards=tuple(simulation.guards) if simulation else (),
        explanations=explain_breaks(simulation) if simulation else (),
    )
    endless_loops = [
        explanation
        for explanation in explain_sources(functions)
        if explanation.kind == "yield-in-loop"
    ]
    if endless_loops:  # tracing them would never end
        return _refused(draft, functions, tuple(endless_loops))
    try:
        traced = trace(target, input_spec, training=training, numbering=numbering)
    except TracingFailed as failure:
        cause = failure.__cause__ or failure
        return _refused(draft, failure.functions, explain_error(cause, failure.functions))
    stages: tuple[Stage, ...] = ()
    difference = None
    expected = _eager_results(target, check_with, training=training) if check_with else []
    if pipeline is not None:
        with tempfile.TemporaryDirectory(prefix="paddle-workbench-") as name:
            folder = Path(name)
            prefix = save_for_stages(traced.static, folder)
            inputs_path = _write_inputs(folder, check_with) if check_with else None
            stages = stages_of(traced.program, prefix, pipeline, numbering, inputs=inputs_path)
            if inputs_path is not None:
                difference = _difference(expected, folder / OUTPUTS)
    return replace(
        draft,
        explanations=(
            *draft.explanations,
            *explain_sources(traced.functions),
            *explain_loops(traced.risky_loops),
        ),
        sources=source_texts(traced.functions),
        transformed=transformed_texts(traced.functions),
        program=traced.program,
        stages=stages,
        difference=difference,
        costs=costs_of(traced.program),
        memory=memory_plan(traced.program),
        parameters=traced.program.parameters,
    )


def capture_saved(
    path: str | Path,
    *,
    pipeline: Pipeline | Sequence[str] | None = "inference",
    inputs: Sequence[Any] | None = None,
) -> Capture:
    """Capture what the passes make of a program that `paddle.jit.save` wrote.

    The file contains neither source nor layers. Stages, lineage, cost and memory are as in
    `capture`.

    Parameters
    ----------
    path : str or Path
        The `.json` file of PIR, with its `.pdiparams` next to it.
    pipeline : "inference", "onednn", list of passes, or None
        As in `capture`.
    inputs : sequence of arrays, optional
        Run the last stage on them to time its ops. Only for the two named pipelines.

    Raises
    ------
    ProgramError
        If the file is missing, is not a PIR program, or has no weights.
    CaptureError
        If a pass cannot run.
    """
    numbering = Numbering()
    saved = read(path, numbering=numbering)
    if saved.format != "pir":
        raise ProgramError(
            f"{path} has the format {saved.format}; Paddle 3 runs its passes only on PIR's .json.",
            "Save the network again with paddle.jit.save.",
        )
    stages: tuple[Stage, ...] = ()
    if pipeline is not None:
        if not saved.path.with_suffix(".pdiparams").is_file():
            raise ProgramError(
                f"{path} has no weights: there is no {saved.path.with_suffix('.pdiparams').name}.",
                "Put both files that paddle.jit.save writes into the same folder.",
            )
        with tempfile.TemporaryDirectory(prefix="paddle-workbench-") as name:
            inputs_path = _write_inputs(Path(name), inputs) if inputs else None
            prefix = saved.path.resolve().with_suffix("")
            stages = stages_of(saved.program, prefix, pipeline, numbering, inputs=inputs_path)
    return Capture(
        schema_version=SCHEMA_VERSION,
        name=saved.path.name,
        program=saved.program,
        stages=stages,
        costs=costs_of(saved.program),
        memory=memory_plan(saved.program),
        parameters=saved.program.parameters,
    )


def _refused(
    draft: Capture, functions: list[Callable[..., Any]], explanations: tuple[Explanation, ...]
) -> Capture:
    return replace(
        draft,
        sources=source_texts(functions),
        explanations=(*draft.explanations, *explanations),
    )


def _simulation(
    target: Any,
    input_spec: Sequence[Any] | None,
    check_with: Sequence[Any] | None,
    *,
    training: bool,
) -> Simulation:
    import numpy as np
    import paddle

    arrays = check_with if check_with is not None else [_ones(item) for item in input_spec or ()]
    tensors = [paddle.to_tensor(np.asarray(item)) for item in arrays]
    with eager(target, training=training) as function:
        return simulate(function, tensors)


def _ones(item: Any) -> Any:
    """Return ones for an argument; unknown sizes become 2, since 1 would be special."""
    import numpy as np

    spec = input_spec_of(item)
    shape = [2 if size is None or size < 0 else size for size in spec.shape]
    return np.ones(shape, str(spec.dtype).rpartition(".")[2])


def _write_inputs(folder: Path, arrays: Sequence[Any]) -> Path:
    import numpy as np

    path = folder / "inputs.npz"
    np.savez(path, **{str(index): np.asarray(array) for index, array in enumerate(arrays)})
    return path


def _eager_results(target: Any, arrays: Sequence[Any], *, training: bool) -> list[Any]:
    import numpy as np
    import paddle
    from paddle.utils.layers_utils import flatten

    tensors = [paddle.to_tensor(np.asarray(array)) for array in arrays]
    with paddle.no_grad(), eager(target, training=training) as function:
        return [np.asarray(value) for value in flatten(function(*tensors))]


def _difference(expected: Sequence[Any], outputs: Path) -> float:
    """Return the largest difference from the eager results, relative to their largest value."""
    import numpy as np

    largest = 0.0
    with np.load(outputs) as results:
        for index, array in enumerate(expected):
            scale = float(np.abs(array).max(initial=0.0)) or 1.0
            gap = float(np.abs(results[str(index)] - array).max(initial=0.0))
            largest = max(largest, gap / scale)
    return largest
