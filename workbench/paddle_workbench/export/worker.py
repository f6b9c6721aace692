"""The child process of an export: writes a target, and runs it on samples.

It reads its request from the working folder, and writes its answer there. Converters and runtimes
abort on some programs, which is then a finding.
"""

from __future__ import annotations

import json
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..child_process import write_answer
from ..contract import Sample
from .examples import read_examples
from .raw_examples import example_runner
from .samples import EagerSample, read_samples, reason_of, write_samples
from .targets.registry import target_named
from .targets.target import Runner

__all__ = ["INPUTS", "OUTPUTS", "REQUEST", "RUN_LIMIT_S", "main"]

REQUEST = "request.json"
INPUTS = "inputs.npz"
OUTPUTS = "outputs.npz"

RUN_LIMIT_S = 60.0
"""For one sample: for some programs the Predictor never returns."""


def main() -> None:
    """Write a target, load it, and run its samples; the answer names the step that was begun."""
    request = json.loads(Path(REQUEST).read_text("utf-8"))
    target = target_named(request["target"])
    folder = Path(request["folder"])
    # The folder of the attempt, which is removed with what a converter leaves if it is killed.
    tempfile.tempdir = str(Path.cwd())
    write_answer({"step": "write"})
    write = target.writer(request["weights"])
    if write is not None:
        write(Path(request["source"]), folder)
    write_answer({"step": "load"})
    runner = target.open(folder, request["threads"], without=request["without"])
    order = [request["inputs"].index(name) for name in runner.inputs]
    records = [Sample.model_validate(record) for record in request["samples"]]
    samples = read_samples(Path(INPUTS), records)
    results: list[EagerSample] = []
    examples: list[dict[str, Any]] = []
    if runner.predict is not None:
        bundle = Path(request["source"]).parent
        run_example = example_runner(bundle, runner.predict, request["threads"])
        for number, example in enumerate(read_examples(bundle), 1):
            write_answer({"step": "run", "sample": f"raw example {number}"})
            with _time_limit():
                examples.append(run_example(example))
    for sample in samples:
        answer = {
            "step": "run",
            "sample": sample.name,
            "results": _records(results),
            "examples": examples,
        }
        if sample.is_edge_case:
            # The process may end on it; what is known by now is kept.
            write_samples(results, Path(OUTPUTS))
        write_answer(answer)
        results.append(_run(runner, sample, order))
    write_samples(results, Path(OUTPUTS))
    write_answer({"step": "end", "results": _records(results), "examples": examples})
    # Paddle's threads may delay the end of the interpreter; all output is written by now.
    sys.stdout.flush()
    sys.stderr.flush()


def _run(runner: Runner, sample: EagerSample, order: list[int]) -> EagerSample:
    try:
        with _time_limit():
            outputs = tuple(runner.run([sample.inputs[place] for place in order]))
    except Exception as error:
        return replace(sample, inputs=(), outputs=None, error=reason_of(error))
    return replace(sample, inputs=(), outputs=outputs)


@contextmanager
def _time_limit() -> Iterator[None]:
    """End this process after `RUN_LIMIT_S`, whatever C code is doing."""
    signal.setitimer(signal.ITIMER_REAL, RUN_LIMIT_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _records(samples: list[EagerSample]) -> list[dict[str, Any]]:
    return [sample.record().model_dump() for sample in samples]


if __name__ == "__main__":
    main()
