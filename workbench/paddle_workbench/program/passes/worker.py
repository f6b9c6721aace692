"""The tasks of the child process: single passes, and the Predictor.

Every task reads its request from the working directory and writes its answer there.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ...child_process import write_answer
from .timing import Run, runs_in

__all__ = ["MARK", "REQUEST", "main"]

REQUEST = "request.json"
TRACE = "trace.json"
PROFILED_RUNS = 21
"""The first run is not counted."""

PROFILED_S = 2.0
"""After this time no further run is started."""

MARK = "=== paddle-workbench"
"""Start of a line on stderr that reports which step begins."""


def main(task: str) -> None:
    """Run one task."""
    request = json.loads(Path(REQUEST).read_text("utf-8"))
    write_answer(_TASKS[task](request))
    # Paddle's threads may delay the end of the interpreter; all output is written by now.
    sys.stdout.flush()
    sys.stderr.flush()


def _predictor(request: dict[str, Any]) -> dict[str, Any]:
    """Have the Predictor optimise a program, once for the times and once for the dump."""
    import paddle.inference

    def create(*, debug: bool) -> Any:
        config = paddle.inference.Config(
            f"{request['prefix']}.json", f"{request['prefix']}.pdiparams"
        )
        config.disable_gpu()
        config.enable_new_ir(True)  # noqa: FBT003 - Paddle's own signature
        config.enable_new_executor(True)  # noqa: FBT003
        config.set_optimization_level(3)
        config.set_cpu_math_library_num_threads(request["threads"])
        if request["onednn"]:
            config.enable_mkldnn()
        else:
            config.disable_mkldnn()
        config.switch_ir_debug(debug)
        return paddle.inference.create_predictor(config)

    _report("timed")
    predictor = create(debug=False)
    answer: dict[str, Any] = {}
    if request.get("inputs"):
        answer = _run(predictor, request)
        del predictor
    _report("printed")
    create(debug=True)
    _report("end")
    return answer


def _run(predictor: Any, request: dict[str, Any]) -> dict[str, Any]:
    """Run the Predictor on the arrays of the request, and write the results."""
    import numpy as np

    with np.load(request["inputs"]) as arrays:
        inputs = [arrays[name] for name in sorted(arrays.files, key=int)]
    for name, array in zip(predictor.get_input_names(), inputs, strict=True):
        handle = predictor.get_input_handle(name)
        handle.reshape(array.shape)
        handle.copy_from_cpu(array)
    predictor.run()
    outputs = [
        predictor.get_output_handle(name).copy_to_cpu() for name in predictor.get_output_names()
    ]
    np.savez("outputs.npz", **{str(index): array for index, array in enumerate(outputs)})
    return {"outputs": len(outputs), "runs": _profiled(predictor)}


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
}


if __name__ == "__main__":
    main(sys.argv[1])
