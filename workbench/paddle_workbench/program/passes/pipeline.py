"""The stages of a program: what each pass of a pipeline makes of it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from ...errors import CaptureError
from ...scratch import ScratchFolder
from ..cost import costs_of
from ..formats.assembly import Numbering, assemble
from ..memory import memory_plan
from ..model.capture import OpCost, Stage
from ..model.structure import Program
from .arrays import read_arrays
from .comparison import Array
from .lineage import next_stage, unchanged_stage
from .predictor_process import predictor_request, problem_of
from .steps import RUNNING, Step, pass_steps, predictor_steps
from .timing import Run, measured_ms
from .worker import OUTPUTS
from .worker_process import run_task, run_worker

__all__ = ["PIPELINES", "Optimised", "Pipeline", "optimise"]

Pipeline = Literal["inference", "onednn"]
PIPELINES: tuple[Pipeline, ...] = ("inference", "onednn")
"""The passes that the Predictor runs on this machine's CPU, without and with oneDNN."""


# How many passes they have is only needed to show how far they are.
_PASSES: dict[Pipeline, int] = {"inference": 12, "onednn": 45}
_CHILDS_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Optimised:
    """What a pipeline made of a program.

    Parameters
    ----------
    stages : tuple of Stage
        If the Predictor failed, those before the pass that was running.
    results : list of arrays, or None
        What the last stage computed from the inputs.
    problem : str
        Why stages or results are missing: what happened to the Predictor, and its last words.
    is_complete : bool
        Whether all stages are there.
    """

    stages: tuple[Stage, ...]
    results: list[Array] | None = None
    problem: str = ""
    is_complete: bool = True


def optimise(
    program: Program,
    prefix: Path,
    pipeline: Pipeline | Sequence[str],
    numbering: Numbering,
    *,
    inputs: Sequence[Array] | None = None,
    report: Callable[[float], None] = lambda _share: None,
) -> Optimised:
    """Run a pipeline over a saved program in a child process.

    Parameters
    ----------
    program : Program
        The traced program.
    prefix : Path
        Path of its files, without the suffix.
    pipeline : "inference", "onednn", or names of passes
    numbering : Numbering
    inputs : sequence of arrays, optional
        One for each input of the program, bfloat16 as float32. The last stage runs on them, and its
        ops are timed. Only for the two named pipelines.
    report : callable, optional
        Called with the share of the work that is done.

    Raises
    ------
    CaptureError
        If a pipeline or pass is unknown, or a pass cannot be run from Python or crashes. If the
        Predictor crashes or does not return, that is the `problem`.
    """
    with ScratchFolder("passes") as folder:
        if not isinstance(pipeline, str):
            request: dict[str, Any] = {"prefix": str(prefix), "passes": list(pipeline)}
            steps = pass_steps(*run_worker("passes", folder, request))
            return Optimised(tuple(_stages(program, steps, numbering, report)))
        if pipeline not in PIPELINES:
            raise CaptureError(
                f"There is no pipeline {pipeline!r}.",
                f"Use one of {', '.join(PIPELINES)}, or a list of passes.",
            )
        request = predictor_request(program, prefix, folder, inputs, onednn=pipeline == "onednn")
        outcome = run_task("predictor", folder, request, on_line=_listener(pipeline, report))
        stages = tuple(
            _stages(
                program,
                predictor_steps(outcome),
                numbering,
                lambda share: report(_CHILDS_SHARE + (1 - _CHILDS_SHARE) * share),
                count=_PASSES[pipeline],
            )
        )
        answer = outcome.answer
        if answer is None or (inputs is not None and "runs" not in answer):
            complete = answer is not None
            return Optimised(stages, problem=problem_of(outcome), is_complete=complete)
        if inputs is None:
            return Optimised(stages)
        results = read_arrays(folder / OUTPUTS)
    if stages and answer["runs"]:
        stages = (*stages[:-1], _with_times(stages[-1], answer["runs"]))
    return Optimised(stages, results)


def _listener(pipeline: Pipeline, report: Callable[[float], None]) -> Callable[[str], None]:
    """Return what counts the passes that the Predictor says it runs."""
    count = itertools.count(1)

    def note(line: str) -> None:
        if RUNNING.search(line):
            report(_CHILDS_SHARE * min(1.0, next(count) / _PASSES[pipeline]))

    return note


def _with_times(stage: Stage, runs: Sequence[Run]) -> Stage:
    times = measured_ms(stage.program, runs)
    unknown = OpCost(None, None, None)
    costs = {
        op_id: replace(stage.costs.get(op_id, unknown), measured_ms=times[op_id]) for op_id in times
    }
    return replace(stage, costs={**stage.costs, **costs})


def _stages(
    program: Program,
    steps: Iterable[Step],
    numbering: Numbering,
    report: Callable[[float], None],
    *,
    count: int = 1,
) -> Iterator[Stage]:
    before = program
    # From Paddle's ids to the capture's; Paddle's are only comparable within one process.
    capture_ids: dict[int, int] = {}
    costs, memory = costs_of(program), memory_plan(program)
    for number, step in enumerate(steps, 1):
        report(min(1.0, number / count))
        if step.program is None:
            stage = unchanged_stage(
                step.name,
                before,
                duration_ms=step.duration_ms,
                matches=step.matches,
                scope=step.scope,
            )
        else:
            after = assemble(step.program, Numbering())
            known_pairs = {
                op.id: capture_ids[paddle_id]
                for op, paddle_id in zip(after.walk(), step.ids, strict=False)
                if paddle_id in capture_ids
            }
            stage = next_stage(
                step.name,
                before,
                after,
                numbering,
                known_pairs=known_pairs if capture_ids else None,
                duration_ms=step.duration_ms,
                matches=step.matches,
                scope=step.scope,
            )
            if stage.program is not before:
                costs, memory = costs_of(stage.program), memory_plan(stage.program)
        if step.ids:
            capture_ids = dict(zip(step.ids, (op.id for op in stage.program.walk()), strict=True))
        before = stage.program
        if step.scope == "builtin.module" or step.program is not None:
            yield replace(stage, costs=costs, memory=memory)
