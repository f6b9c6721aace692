"""The steps of a pipeline, from what the child process printed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...child_process import Message, Outcome
from ...errors import CaptureError
from ..formats.pir_text import PrintedRegion, read_program
from .worker import MARK

__all__ = ["LOWERED", "RUNNING", "SAVED", "Step", "pass_steps", "predictor_steps"]

SAVED = "jit.save"
LOWERED = "pd_op_to_kernel_pass"

RUNNING = re.compile(r"--- Running PIR pass \[(\w+)\]")
_DETECTED = re.compile(r"--- detected \[(\d+)")
_PRINTED = re.compile(
    r"^\s*IRPrinting on (?P<scope>\S+) (?P<when>before|after) (?P<name>\w+) pass\s*$"
)


@dataclass(frozen=True, slots=True)
class Step:
    """One run of one pass."""

    name: str
    scope: str
    program: PrintedRegion | None
    """None if nothing changed."""
    duration_ms: float | None
    matches: int | None
    ids: tuple[int, ...] = ()


def predictor_steps(outcome: Outcome) -> Iterator[Step]:
    printed = list(_printed_programs(outcome.stdout.decode("utf-8", "replace")))
    if not printed:
        if outcome.answer is None:
            return  # it failed before the first pass
        raise CaptureError(
            "The Predictor printed no program.",
            "Report the version of Paddle: the format of its dump has changed.",
        )
    timings = _timings(outcome.messages)
    first = printed[0].text
    yield Step(SAVED, "builtin.module", read_program(first), None, None)
    text = first
    index = -1
    for item in printed:
        if item.when == "before":
            if item.text != text:
                # Not a pass of the pipeline: here the Predictor chooses a kernel for every op.
                yield Step(LOWERED, item.scope, read_program(item.text), None, None)
                text = item.text
            continue
        index += 1
        # Both runs print the same passes in the same order; a pass that does not fit has no time.
        timing = timings[index] if index < len(timings) and timings[index][0] == item.name else None
        yield Step(
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
        if index == len(lines):
            return  # the process ended while it printed
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
            if inside:  # again, if the first run of it did not end
                timings.clear()
            continue
        if not inside:
            continue
        running = RUNNING.search(message.text)
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


def pass_steps(answer: Mapping[str, Any], outcome: Outcome) -> Iterator[Step]:
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
    yield Step(
        SAVED, "builtin.module", read_program(first["text"]), None, None, tuple(first["ids"])
    )
    text = first["text"]
    for step, (name, count) in zip(rest, matches, strict=True):
        yield Step(
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
