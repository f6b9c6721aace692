"""The stages of a program: what each pass of a pipeline makes of it."""

from __future__ import annotations

import re
import shutil
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from ...child_process import Message, Outcome
from ...errors import CaptureError
from ..cost import costs_of
from ..formats.assembly import Numbering, assemble
from ..formats.pir_text import PrintedRegion, read_program
from ..memory import memory_plan
from ..model.capture import MemoryPlan, OpCost, Stage
from ..model.structure import Program
from ..tracing.loops import sound_loops
from .lineage import next_stage
from .timing import Run, measured_ms
from .worker import MARK
from .worker_process import run_worker

__all__ = ["OUTPUTS", "PIPELINES", "Pipeline", "save_for_stages", "stages_of"]

Pipeline = Literal["inference", "onednn"]
PIPELINES: tuple[Pipeline, ...] = ("inference", "onednn")
"""The passes that the Predictor runs on this machine's CPU, without and with oneDNN."""

SAVED = "jit.save"
LOWERED = "pd_op_to_kernel_pass"
PREFIX = "saved"
OUTPUTS = "outputs.npz"

_RUNNING = re.compile(r"--- Running PIR pass \[(\w+)\]")
_DETECTED = re.compile(r"--- detected \[(\d+)")
_PRINTED = re.compile(
    r"^\s*IRPrinting on (?P<scope>\S+) (?P<when>before|after) (?P<name>\w+) pass\s*$"
)


@dataclass(frozen=True, slots=True)
class _Step:
    """One run of one pass."""

    name: str
    scope: str
    program: PrintedRegion | None
    """None if nothing changed."""
    duration_ms: float | None
    matches: int | None
    ids: tuple[int, ...] = ()


def save_for_stages(static: Any, folder: Path) -> Path:
    """Save a traced network or function, and return the prefix of the files."""
    import paddle

    prefix = folder / PREFIX
    with warnings.catch_warnings(), sound_loops():  # saving may trace again
        warnings.simplefilter("ignore")
        paddle.jit.save(static, str(prefix))
    return prefix


def stages_of(
    program: Program,
    prefix: Path,
    pipeline: Pipeline | Sequence[str],
    numbering: Numbering,
    *,
    inputs: Path | None = None,
) -> tuple[Stage, ...]:
    """Run a pipeline over a saved program in a child process.

    Parameters
    ----------
    program : Program
        The traced program.
    prefix : Path
        Path of its files, without the suffix.
    pipeline : "inference", "onednn", or names of passes
    numbering : Numbering
    inputs : Path, optional
        An `.npz` file of arrays to run the last stage on, named 0, 1 ...; the results are
        written to `outputs.npz` next to it, and the ops are timed. Only for the two named
        pipelines.

    Raises
    ------
    CaptureError
        If a pipeline or pass is unknown, or a pass cannot be run from Python or crashes.
    """
    runs: Sequence[Run] = ()
    with tempfile.TemporaryDirectory(prefix="paddle-workbench-") as name:
        folder = Path(name)
        if isinstance(pipeline, str):
            if pipeline not in PIPELINES:
                raise CaptureError(
                    f"There is no pipeline {pipeline!r}.",
                    f"Use one of {', '.join(PIPELINES)}, or a list of passes.",
                )
            request = {
                "prefix": str(prefix),
                "onednn": pipeline == "onednn",
                "threads": 1,
                "inputs": str(inputs) if inputs else None,
            }
            answer, outcome = run_worker("predictor", folder, request)
            if inputs is not None:
                shutil.move(folder / OUTPUTS, inputs.with_name(OUTPUTS))
            steps = list(_predictor_steps(outcome))
            runs = answer.get("runs", ())
        else:
            request = {"prefix": str(prefix), "passes": list(pipeline)}
            steps = list(_pass_steps(*run_worker("passes", folder, request)))
    stages = tuple(_stages(program, steps, numbering))
    return (*stages[:-1], _with_times(stages[-1], runs)) if stages and runs else stages


def _with_times(stage: Stage, runs: Sequence[Run]) -> Stage:
    times = measured_ms(stage.program, runs)
    unknown = OpCost(None, None, None)
    costs = {
        op_id: replace(stage.costs.get(op_id, unknown), measured_ms=times[op_id]) for op_id in times
    }
    return replace(stage, costs={**stage.costs, **costs})


def _stages(program: Program, steps: list[_Step], numbering: Numbering) -> Iterator[Stage]:
    before = program
    # From Paddle's ids to the capture's; Paddle's are only comparable within one process.
    capture_ids: dict[int, int] = {}
    estimates: tuple[dict[int, OpCost], MemoryPlan] | None = None
    for step in steps:
        if step.program is None:
            after, known_pairs = before, {op.id: op.id for op in before.walk()}
        else:
            after = assemble(step.program, Numbering())
            known_pairs = {}
            for op, number in zip(after.walk(), step.ids, strict=False):
                if number in capture_ids:
                    known_pairs[op.id] = capture_ids[number]
        stage = next_stage(
            step.name,
            before,
            after,
            numbering,
            known_pairs=known_pairs if step.program is None or capture_ids else None,
            duration_ms=step.duration_ms,
            matches=step.matches,
            scope=step.scope,
        )
        if step.ids:
            capture_ids = dict(zip(step.ids, (op.id for op in stage.program.walk()), strict=True))
        if stage.program is not before or estimates is None:
            estimates = costs_of(stage.program), memory_plan(stage.program)
        stage = replace(stage, costs=estimates[0], memory=estimates[1])
        before = stage.program
        if step.scope == "builtin.module" or step.program is not None:
            yield stage


def _predictor_steps(outcome: Outcome) -> Iterator[_Step]:
    printed = list(_printed_programs(outcome.stdout.decode("utf-8", "replace")))
    if not printed:
        raise CaptureError(
            "The Predictor printed no program.",
            "Report the version of Paddle: the format of its dump has changed.",
        )
    timings = _timings(outcome.messages)
    first = printed[0].text
    yield _Step(SAVED, "builtin.module", read_program(first), None, None)
    text = first
    index = -1
    for item in printed:
        if item.when == "before":
            if item.text != text:
                # Not a pass of the pipeline: here the Predictor chooses a kernel for every op.
                yield _Step(LOWERED, item.scope, read_program(item.text), None, None)
                text = item.text
            continue
        index += 1
        # Both runs print the same passes in the same order; a pass that does not fit has no time.
        timing = timings[index] if index < len(timings) and timings[index][0] == item.name else None
        yield _Step(
            item.name,
            item.scope,
            None if item.text == text else read_program(item.text),
            timing[1] if timing else None,
            timing[2] if timing else None,
        )
        text = item.text


@dataclass(frozen=True, slots=True)
class _Printed:
    name: str
    scope: str
    when: str
    text: str


def _printed_programs(output: str) -> Iterator[_Printed]:
    lines = output.splitlines()
    index = 0
    while index < len(lines):
        head = _PRINTED.match(lines[index])
        index += 1
        if head is None:
            continue
        while index < len(lines) and lines[index] != "{":
            index += 1
        start = index
        while index < len(lines) and lines[index] != "}":
            index += 1
        text = "\n".join(lines[start : index + 1])
        yield _Printed(head["name"], head["scope"], head["when"], text)


def _timings(messages: Sequence[Message]) -> list[tuple[str, float | None, int | None]]:
    """Return name, milliseconds and matches of every pass in the run that prints no programs."""
    timings: list[tuple[str, float | None, int | None]] = []
    inside = False
    started = 0.0
    for message in messages:
        if message.text.startswith(MARK):
            inside = message.text.endswith(" timed")
            continue
        if not inside:
            continue
        running = _RUNNING.search(message.text)
        detected = _DETECTED.search(message.text)
        if timings and (running or detected or "optimization completed" in message.text):
            name, duration_ms, matches = timings[-1]
            if duration_ms is None:
                duration_ms = (message.seconds - started) * 1000
            timings[-1] = name, duration_ms, int(detected[1]) if detected else matches
        if running:
            timings.append((running[1], None, None))
            started = message.seconds
    return timings


def _pass_steps(answer: dict[str, Any], outcome: Outcome) -> Iterator[_Step]:
    if "unknown" in answer:
        raise CaptureError(
            f"Paddle has no pass {answer['unknown']!r}.",
            "Capture with pipeline='inference' or 'onednn': the stages have the names of passes.",
        )
    if "refused" in answer:
        reason = " ".join(answer["reason"])
        raise CaptureError(
            f"{answer['refused']} cannot run on its own: {reason}",
            "Use pipeline='inference' or 'onednn': there the Predictor runs the pass.",
        )
    matches = _matches(outcome.messages)
    first, *rest = answer["steps"]
    yield _Step(
        SAVED, "builtin.module", read_program(first["text"]), None, None, tuple(first["ids"])
    )
    text = first["text"]
    for step, (name, count) in zip(rest, matches, strict=True):
        yield _Step(
            name,
            "builtin.module",
            None if step["text"] == text else read_program(step["text"]),
            step["duration_ms"],
            count,
            tuple(step["ids"]),
        )
        text = step["text"]


def _matches(messages: Sequence[Message]) -> list[tuple[str, int | None]]:
    counts: list[tuple[str, int | None]] = []
    for message in messages:
        if message.text.startswith(MARK):
            counts.append((message.text.removeprefix(MARK).strip(), None))
            continue
        detected = _DETECTED.search(message.text)
        if detected and counts:
            name, count = counts[-1]
            counts[-1] = name, (count or 0) + int(detected[1])
    return [(name, count) for name, count in counts if name != "end"]
