"""The child process of one runtime, which stays: loads a program, runs it, times it on request.

`python -m paddle_workbench.export.session` loads targets of bundles; a function of the learner is
served by the same `Session` in a fork.
"""

from __future__ import annotations

import builtins
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from ..child_process import Reply, answer_requests
from ..contract import Sample
from .samples import EagerSample, read_samples, reason_of, write_samples
from .targets.registry import target_named
from .targets.target import PROGRAM, Array, Run

__all__ = ["MODULE", "REFERENCE", "STATIC", "Session", "load_target"]

MODULE = "paddle_workbench.export.session"

STATIC = "static"
"""The program as Paddle's executor runs it, without the passes of Paddle Inference."""
REFERENCE = ""
"""A fixed computation, whose spread is the noise of the machine."""

IDLE_S = 3600.0
MOST_CALLS = 500
_SETTLE_S = 1.0
_STEP_S = 0.01

Values = dict[str, Any]


class Session:
    """Answers the requests for one runtime.

    Parameters
    ----------
    load : callable
        Takes the request to load; returns a function from input to output arrays.
    """

    def __init__(self, load: Callable[[Values], Run]) -> None:
        self._load = load
        self._run: Run | None = None
        self._batches: dict[int, list[EagerSample]] = {}
        self._next = 0
        self._answers: dict[str, Callable[[Values], Values]] = {
            "load": self._loaded,
            "run": self._results,
            "warm up": self._warmed_up,
            "time": self._timed,
        }

    def answer(self, request: Values) -> Reply:
        """Return the answer to a request; an exception of the variant is an answer, too."""
        try:
            return Reply(self._answers[request["do"]](request))
        except Exception as error:
            return Reply({"error": reason_of(error)})

    def _loaded(self, request: Values) -> Values:
        with _timed_imports() as imports:
            start = time.perf_counter()
            self._run = self._load(request)
            seconds = time.perf_counter() - start
        imported = sum(imports)
        return {"load_ms": 1000 * (seconds - imported), "import_ms": 1000 * imported}

    def _results(self, request: Values) -> Values:
        """Run samples from one file, and write the outputs to another; failures are results."""
        results = [
            self._result(sample) for sample in _samples(request["inputs"], request["records"])
        ]
        write_samples(results, Path(request["outputs"]))
        return {"records": [result.record().model_dump() for result in results]}

    def _result(self, sample: EagerSample) -> EagerSample:
        try:
            outputs = tuple(self._call(sample.inputs))
        except Exception as error:
            return EagerSample(sample.name, (), error=reason_of(error))
        return EagerSample(sample.name, (), outputs)

    def _warmed_up(self, request: Values) -> Values:
        """Read the inputs of a batch, call the variant for a while, and plan the calls of a block.

        They are whole passes through the inputs, so that each block has the same ones.
        """
        inputs = _samples(request["inputs"], request["records"])
        self._batches[request["batch"]] = inputs
        _reset_peak()
        start = time.perf_counter()
        passes = 0
        while passes == 0 or time.perf_counter() - start < request["warm_up_s"]:
            first = time.perf_counter()
            for sample in inputs:
                self._call(sample.inputs)
            seconds = time.perf_counter() - first
            passes += 1
        wanted = max(1, round(request["block_s"] / max(seconds, 1e-6)))
        _settle()
        return {"passes": min(wanted, max(1, MOST_CALLS // len(inputs)))}

    def _timed(self, request: Values) -> Values:
        calls = []
        inputs = self._batches[request["batch"]] * request["passes"]
        for sample in inputs:
            start = time.perf_counter_ns()
            self._call(sample.inputs)
            calls.append((time.perf_counter_ns() - start) / 1e6)
        peak = _peak_bytes()
        _settle()
        return {"calls_ms": calls, "peak_bytes": peak}

    def _call(self, inputs: Sequence[Array]) -> Sequence[Array]:
        assert self._run is not None  # noqa: S101 - the parent loads first
        return self._run(inputs)


def load_target(request: Values) -> Run:
    """Return a function from the arrays of a bundle's inputs to the outputs of a target."""
    target, folder, threads = request["target"], Path(request["folder"]), request["threads"]
    if target == REFERENCE:
        return _reference()
    if target == STATIC:
        return _static(folder)
    runner = target_named(target).load(folder, threads)
    order = [request["names"].index(name) for name in runner.inputs]
    return lambda arrays: runner.run([arrays[place] for place in order])


def _static(folder: Path) -> Run:
    import paddle

    program = paddle.jit.load(str(folder / PROGRAM))
    program.eval()

    def run(arrays: Sequence[Array]) -> list[Array]:
        from paddle.utils.layers_utils import flatten

        with paddle.no_grad():
            outputs = program(*[paddle.to_tensor(array) for array in arrays])
        return [output.numpy() for output in flatten(outputs)]

    return run


def _reference() -> Run:
    import numpy as np

    matrix = np.random.default_rng(0).random((192, 192), dtype=np.float32)

    def run(_arrays: Sequence[Array]) -> list[Array]:
        product = matrix
        for _ in range(16):
            product = matrix @ product / np.float32(96)
        return [product]

    return run


def _samples(path: str, records: list[Values]) -> list[EagerSample]:
    return read_samples(Path(path), [Sample.model_validate(record) for record in records])


@contextmanager
def _timed_imports() -> Iterator[list[float]]:
    """Yield a list that receives the seconds of each outermost import statement."""
    seconds: list[float] = []
    original = builtins.__import__
    depth = 0

    def timed(*arguments: Any, **options: Any) -> Any:
        nonlocal depth
        depth += 1
        start = time.perf_counter()
        try:
            return original(*arguments, **options)
        finally:
            depth -= 1
            if depth == 0:
                seconds.append(time.perf_counter() - start)

    builtins.__import__ = timed
    try:
        yield seconds
    finally:
        builtins.__import__ = original


def _settle() -> None:
    """Wait until the threads of this process sleep: OpenMP's wait actively after they worked."""
    deadline = time.monotonic() + _SETTLE_S
    while time.monotonic() < deadline:
        before = time.process_time()
        time.sleep(_STEP_S)
        if time.process_time() - before < _STEP_S / 5:
            return


def _reset_peak() -> None:
    """Forget the peak so far: loading may take more memory than running."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def _peak_bytes() -> int:
    """Return the peak of this process and of the children that it has at the moment."""
    import psutil

    family = [os.getpid(), *(each.pid for each in psutil.Process().children(recursive=True))]
    return sum(_peak_of(number) for number in family)


def _peak_of(number: int) -> int:
    try:
        lines = Path(f"/proc/{number}/status").read_text(encoding="ascii", errors="replace")
    except OSError:  # not Linux, or it has just ended
        return _largest_resident() if number == os.getpid() else 0
    line = next((each for each in lines.splitlines() if each.startswith("VmHWM")), "VmHWM: 0 kB")
    return int(line.split()[1]) * 1024


def _largest_resident() -> int:
    import resource

    size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return size if sys.platform == "darwin" else size * 1024


if __name__ == "__main__":
    answer_requests(Session(load_target).answer, idle_s=IDLE_S)
