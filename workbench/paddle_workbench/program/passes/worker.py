"""The tasks of the child process: single passes, and the Predictor.

Every task reads its request from the working directory and writes its answer there.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ...child_process import write_answer
from ..predictor import predictor_config
from .arrays import read_arrays, write_arrays
from .comparison import Array, Comparison, array_of, compare
from .forks import check_fork
from .timing import Run, runs_in

__all__ = [
    "CRASH_LOG", "EXPECTED", "INPUTS", "MARK", "OUTPUTS", "REQUEST", "main", "main_in_fork",
]  # fmt: skip

REQUEST = "request.json"
INPUTS = "inputs.npz"
OUTPUTS = "outputs.npz"
EXPECTED = "expected.npz"
TRACE = "trace.json"
CRASH_LOG = "crash.log"
"""The last words of a Predictor that crashed while it printed programs."""

CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
MEASUREMENT_LIMIT_S = 5.0
PROFILED_RUNS = 21
"""The first run is not counted."""

PROFILED_S = 2.0
"""After this time no further run is started."""

_COPIED = frozenset({"bool", "float16", "float32", "float64", "int32", "int64", "int8", "uint8"})
"""Dtypes that the handles of the Predictor copy."""

MARK = "=== paddle-workbench"
"""Start of a line on stderr that reports which step begins."""


def main(task: str) -> None:
    """Run one task."""
    request = json.loads(Path(REQUEST).read_text("utf-8"))
    write_answer(_TASKS[task](request))
    # Paddle's threads may delay the end of the interpreter; all output is written by now.
    sys.stdout.flush()
    sys.stderr.flush()


def main_in_fork(task: str) -> None:
    """Run one task in a fork of a process that may have used Paddle before."""
    import paddle

    paddle.set_flags({"FLAGS_new_executor_serial_run": True})  # see worker_process
    _report_passes()
    check_fork()
    main(task)


def _report_passes() -> None:
    """Have Paddle log its passes to stderr, which `Config.disable_glog_info` ends for a process.

    Raises
    ------
    ValueError
        If this build of Paddle hides the flags of glog.
    """
    from paddle.base import libpaddle

    library = ctypes.CDLL(libpaddle.__file__)
    ctypes.c_int.in_dll(library, "_ZN3fLI17FLAGS_minloglevelE").value = 0
    ctypes.c_bool.in_dll(library, "_ZN3fLB17FLAGS_logtostderrE").value = True


def _predictor(request: dict[str, Any]) -> dict[str, Any]:
    """Have the Predictor optimise a program, once for the dump and once for the times."""
    measurement = _start_measurement(request)
    started = time.monotonic()
    with _stderr_in(Path(CRASH_LOG)):
        predictor = _create(request, debug=True)
        ctypes.CDLL(None).fflush(None)  # the programs, if this process does not get any further
    limit_s = 2 * (time.monotonic() - started) + MEASUREMENT_LIMIT_S
    if measurement is None or not _has_ended(measurement, limit_s):
        _measure(request)
    if not request["run"]:
        return {}
    # If the run crashes or never ends, the parent still has everything up to here.
    write_answer({})
    results = _results(predictor, request)
    write_arrays(Path(OUTPUTS), results)
    write_answer({"runs": []})
    with _run_limit(request):
        return {"runs": _profiled(predictor)}


def _start_measurement(request: dict[str, Any]) -> int | None:
    """Measure in a fork while this process prints; return None if there is no core for it."""
    if CORES < 2:
        return None
    try:
        pid = os.fork()
    except OSError:  # memory is short
        return None
    if pid == 0:
        try:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            _measure(request)
        finally:
            os._exit(0)
    return pid


def _measure(request: dict[str, Any]) -> None:
    """Create a Predictor that reports its passes on stderr and prints no programs."""
    _report("timed")
    _create(request)
    _report("end")


def _has_ended(pid: int, limit_s: float) -> bool:
    """Wait for a fork, kill it at a limit, and return whether it ended before."""
    deadline = time.monotonic() + limit_s
    while os.waitpid(pid, os.WNOHANG) == (0, 0):
        if time.monotonic() > deadline:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            return False
        time.sleep(0.005)
    return True


@contextmanager
def _stderr_in(path: Path) -> Iterator[None]:
    """Send stderr to a file, which is left only if the process crashes."""
    stderr = os.dup(2)
    with path.open("wb") as file:
        os.dup2(file.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)
        path.unlink()


def _create(
    request: dict[str, Any], *, debug: bool = False, optimised: bool = True, without: str = ""
) -> Any:
    """Return a Predictor that prints every program, or does not optimise, or leaves out a pass."""
    import paddle.inference

    config = predictor_config(
        request["prefix"],
        onednn=request["onednn"],
        threads=request["threads"],
        optimised=optimised,
        without=(without,) if without else (),
    )
    config.switch_ir_debug(debug)
    return paddle.inference.create_predictor(config)


def _results(predictor: Any, request: dict[str, Any]) -> list[Array]:
    """Run the Predictor once on the inputs; bfloat16 results are returned as float32."""
    import paddle

    inputs = read_arrays(Path(INPUTS))
    input_dtypes, output_dtypes = request["input_dtypes"], request["output_dtypes"]
    with _run_limit(request):
        if {*input_dtypes, *output_dtypes} <= _COPIED:
            for name, array in zip(predictor.get_input_names(), inputs, strict=True):
                handle = predictor.get_input_handle(name)
                handle.reshape(array.shape)
                handle.copy_from_cpu(array)
            predictor.run()
            handles = map(predictor.get_output_handle, predictor.get_output_names())
            return [handle.copy_to_cpu() for handle in handles]
        # Handles copy other dtypes wrongly, or refuse them.
        tensors = [
            paddle.to_tensor(array, dtype=dtype)
            for array, dtype in zip(inputs, input_dtypes, strict=True)
        ]
        return [array_of(tensor) for tensor in predictor.run(tensors)]


@contextmanager
def _run_limit(request: dict[str, Any]) -> Iterator[None]:
    """Have SIGALRM end this process if the block does not end in time."""
    signal.setitimer(signal.ITIMER_REAL, request["run_limit_s"])
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)


def _profiled(predictor: Any) -> list[Run]:
    """Run the Predictor again under Paddle's profiler; return all runs but the first."""
    from paddle.profiler import Profiler, ProfilerTarget

    def write(profile: Any) -> None:
        profile.export(TRACE, "json")

    profiler = Profiler(targets=[ProfilerTarget.CPU], on_trace_ready=write)
    profiler.start()
    started = time.perf_counter()
    for number in range(PROFILED_RUNS):
        predictor.run()
        profiler.step()
        if number and time.perf_counter() - started > PROFILED_S:
            break
    profiler.stop()
    events = json.loads(Path(TRACE).read_text("utf-8"))["traceEvents"]
    # The profiler opens one more step after the last run.
    return [run for run in runs_in(events)[1:] if run]


def _without(request: dict[str, Any]) -> dict[str, Any]:
    """Leave out passes one at a time until the result is the expected one.

    An empty name stands for all passes: if the result is wrong even then, no pass is to blame.
    """
    expected = read_arrays(Path(EXPECTED))
    for name in request["passes"]:
        write_answer({"trying": name})
        try:
            predictor = _create(request, optimised=name != "", without=name)
            comparison = compare(_results(predictor, request), expected, request["expected_dtypes"])
        except (RuntimeError, ValueError, TypeError):
            continue  # it does not run without this pass
        if isinstance(comparison, Comparison) and comparison.is_equal == (name != ""):
            # JSON has no infinity.
            return {"name": name, "difference": str(comparison.difference)}
    return {}


def _passes(request: dict[str, Any]) -> dict[str, Any]:
    """Run passes one after the other, each on its own."""
    from paddle.base.libpaddle.pir import PassManager

    program = _loaded(request["prefix"])
    steps = [_snapshot(program)]
    for name in request["passes"]:
        manager = PassManager()
        try:
            manager.add_pass(name, {})
        except ValueError:
            return {"unknown": name}
        manager.enable_print_statistics()
        _report(name)
        started = time.perf_counter()
        try:
            manager.run(program)
        except (RuntimeError, ValueError, TypeError) as error:
            return {"refused": name, "reason": str(error).strip().splitlines()[:3]}
        duration_ms = (time.perf_counter() - started) * 1000
        steps.append({**_snapshot(program), "duration_ms": duration_ms})
    _report("end")
    return {"steps": steps}


def _loaded(prefix: str) -> Any:
    import paddle

    paddle.enable_static()
    executor = paddle.static.Executor(paddle.CPUPlace())
    program, *_ = paddle.static.load_inference_model(prefix, executor)
    return program


def _snapshot(program: Any) -> dict[str, Any]:
    return {"text": str(program), "ids": [op.id() for op in _ops(program.global_block())]}


def _ops(block: Any) -> Iterator[Any]:
    for op in block.ops:
        yield op
        for inner in op.blocks():
            yield from _ops(inner)


def _report(word: str) -> None:
    print(f"{MARK} {word}", file=sys.stderr, flush=True)  # noqa: T201 - to the parent


_TASKS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "passes": _passes,
    "predictor": _predictor,
    "without": _without,
}


if __name__ == "__main__":
    main(sys.argv[1])
