"""`capture`: a network or function from its source to the optimised program."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..errors import CaptureError, ProgramError
from ..scratch import ScratchFolder
from .coach.explanations import explain_breaks, explain_error, explain_loops, explain_sources
from .coach.results import (
    explain_difference,
    explain_missing_results,
    explain_missing_stages,
    explain_randomness,
    explain_saving,
    explain_unregistered,
    explain_unsaved,
)
from .cost import costs_of
from .eager_results import EagerResults, eager_error, example_arguments, input_arrays, run_eagerly
from .formats.assembly import Numbering
from .formats.saved import read
from .memory import memory_plan
from .model.capture import SCHEMA_VERSION, Capture, Explanation, Stage
from .model.structure import Program
from .passes.comparison import compare
from .passes.culprit import find_culprit
from .passes.pipeline import Optimised, Pipeline, optimise
from .passes.saving import outputs_saved_as_inputs, save_program, unused_inputs
from .progress import ProgressBar
from .tracing.bytecode import Simulation, simulate
from .tracing.library_code import is_library
from .tracing.sources import source_texts, transformed_texts
from .tracing.targets import eager, layer_of, name_of
from .tracing.trace import Trace, TracingFailed, plain_functions, trace
from .tracing.turns import turn

__all__ = ["capture", "capture_saved"]

_TRACES_SHARE = 0.3
"""Of the time of a capture, for the progress bar."""


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
    check_with : sequence of arrays, tensors, or lists and dictionaries of them, optional
        Run the last stage on them: `Capture.difference` compares it with the eager result, and
        the costs of the last stage include measured times. Only for the two named pipelines.
    sot : bool
        Also run the target once under SOT, on `check_with` or on arrays of ones, to fill
        `subgraphs`, `breaks` and `guards`.

    Returns
    -------
    Capture
        If Paddle cannot trace the target, `program` is None and `explanations` says why; likewise
        if stages are missing or results were not compared.

    Raises
    ------
    CaptureError
        If the target is neither a network nor a function, a listed pass cannot run, or the target
        cannot run on `check_with`.
    """
    with turn, ProgressBar(name_of(target)) as bar:
        return _captured(
            target, input_spec, pipeline, check_with, bar.advance, training=training, sot=sot
        )


def _captured(
    target: Any,
    input_spec: Sequence[Any] | None,
    pipeline: Pipeline | Sequence[str] | None,
    check_with: Sequence[Any] | None,
    report: Callable[[float], None],
    *,
    training: bool,
    sot: bool,
) -> Capture:
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
        traced = trace(
            target,
            input_spec,
            training=training,
            numbering=numbering,
            report=lambda share: report(_TRACES_SHARE * share),
        )
    except TracingFailed as failure:
        arguments = check_with or example_arguments(target, input_spec)
        explanations = explain_error(
            failure.__cause__ or failure,
            failure.functions,
            run_eagerly=lambda: eager_error(target, arguments, training=training),
        )
        return _refused(draft, failure.functions, explanations)
    layer = layer_of(target)
    optimisation = _Optimisation()
    if pipeline is not None:
        eager_results = (
            run_eagerly(target, check_with, traced.program, training=training)
            if check_with
            else None
        )
        optimisation = _optimisation(
            traced,
            pipeline,
            numbering,
            eager_results,
            lambda share: report(_TRACES_SHARE + (1 - _TRACES_SHARE) * share),
            training=training,
        )
    return replace(
        draft,
        explanations=(
            *draft.explanations,
            *explain_sources(
                (
                    function
                    for function in traced.functions
                    if not is_library(function.__code__.co_filename)
                ),
                is_traced=True,
            ),
            *explain_loops(traced.risky_loops),
            *(explain_unregistered(traced.program, layer) if layer is not None or pipeline else ()),
            *optimisation.explanations,
        ),
        sources=(
            *((traced.structure.source,) if traced.structure is not None else ()),
            *source_texts(traced.functions),
        ),
        transformed=transformed_texts(traced.functions),
        program=traced.program,
        stages=optimisation.stages,
        difference=optimisation.difference,
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
        The `.json` file of PIR, with its `.pdiparams` next to it. With `pipeline=None` no weights
        are needed, and a `.pdmodel` or `.onnx` file is captured as well.
    pipeline : "inference", "onednn", list of passes, or None
        As in `capture`.
    inputs : sequence of arrays, optional
        Run the last stage on them to time its ops. Only for the two named pipelines.

    Raises
    ------
    ProgramError
        If the file is missing or not a program; with passes, also if it is not a PIR program or
        has no weights.
    CaptureError
        If a pass cannot run.
    """
    numbering = Numbering()
    saved = read(path, numbering=numbering)
    if saved.capture is not None:
        raise ProgramError(
            f"{path} is a capture already.",
            f"Load it: from paddle_workbench.program import load; load({str(path)!r})",
        )
    if pipeline is not None and saved.format != "pir":
        raise ProgramError(
            f"{path} has the format {saved.format}; Paddle 3 runs its passes only on PIR's .json.",
            "Save the network again with paddle.jit.save, or capture it without passes: "
            "pipeline=None.",
        )
    optimised = Optimised(())
    if pipeline is not None:
        if not saved.path.with_suffix(".pdiparams").is_file():
            raise ProgramError(
                f"{path} has no weights: there is no {saved.path.with_suffix('.pdiparams').name}.",
                "Put both files that paddle.jit.save writes into the same folder.",
            )
        arrays = input_arrays(inputs, saved.program) if inputs else None
        prefix = saved.path.resolve().with_suffix("")
        with ProgressBar(saved.path.name) as bar:
            optimised = optimise(
                saved.program, prefix, pipeline, numbering, inputs=arrays, report=bar.advance
            )
        if not optimised.stages:
            raise CaptureError(
                f"{path} cannot be optimised: {optimised.problem}.",
                "Check that both files come from the same paddle.jit.save.",
            )
    return Capture(
        schema_version=SCHEMA_VERSION,
        name=saved.path.name,
        program=saved.program,
        stages=optimised.stages,
        explanations=_explain_problem(optimised),
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

    arrays = check_with if check_with is not None else example_arguments(target, input_spec)
    tensors = [paddle.to_tensor(np.asarray(item)) for item in arrays]
    with eager(target, training=training) as function:
        return simulate(function, tensors)


@dataclass(frozen=True, slots=True)
class _Optimisation:
    """What the passes made of a traced program, and how its result compares."""

    stages: tuple[Stage, ...] = ()
    difference: float | None = None
    explanations: tuple[Explanation, ...] = ()


def _optimisation(
    traced: Trace,
    pipeline: Pipeline | Sequence[str],
    numbering: Numbering,
    eager_results: EagerResults | None,
    report: Callable[[float], None],
    *,
    training: bool,
) -> _Optimisation:
    program = traced.program
    explanations = explain_saving(program, unused_inputs(program), outputs_saved_as_inputs(program))
    inputs = eager_results.inputs if eager_results is not None else None
    with ScratchFolder("capture") as folder:
        try:
            prefix = save_program(traced.static, program, folder, training=training)
        except Exception as error:
            return _Optimisation(explanations=(*explanations, explain_unsaved(error)))
        optimised = optimise(program, prefix, pipeline, numbering, inputs=inputs, report=report)
        if eager_results is None or optimised.results is None:
            explanations = (*explanations, *_explain_problem(optimised))
            return _Optimisation(optimised.stages, explanations=explanations)
        difference, verdict = _verdict(
            optimised, eager_results, program, prefix, onednn=pipeline == "onednn"
        )
    return _Optimisation(optimised.stages, difference, (*verdict, *explanations))


def _verdict(
    optimised: Optimised,
    eager_results: EagerResults,
    program: Program,
    prefix: Path,
    *,
    onednn: bool,
) -> tuple[float | None, tuple[Explanation, ...]]:
    """Return the difference from the eager results, and what there is to explain about it."""
    expected, dtypes = eager_results.expected, eager_results.dtypes
    if expected is None:
        problem = "the network returns other tensors than the traced program"
        return None, (explain_missing_results(problem),)
    comparison = compare(optimised.results or [], expected, dtypes)
    if isinstance(comparison, str):
        return None, (explain_missing_results(comparison),)
    if comparison.is_equal:
        return comparison.difference, ()
    explanation = explain_randomness(program)
    if explanation is None:
        culprit = find_culprit(
            program, prefix, optimised.stages, eager_results.inputs, expected, dtypes, onednn=onednn
        )
        explanation = explain_difference(comparison, culprit, onednn=onednn)
    return comparison.difference, (explanation,)


def _explain_problem(optimised: Optimised) -> tuple[Explanation, ...]:
    if not optimised.problem:
        return ()
    if optimised.is_complete:
        return (explain_missing_results(optimised.problem),)
    return (explain_missing_stages(optimised.problem),)
