"""The child process of a trace: values of a program, results of a target, passes, ONNX graphs.

It reads its request from the working folder, and writes its answer there.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ...child_process import write_answer
from ...program.passes.arrays import read_arrays, write_arrays
from ...program.passes.comparison import Array, relative_difference
from ...program.passes.forks import check_fork
from ...program.predictor import predictor_config
from ..targets import mnn, onnx_file
from ..targets.registry import target_named
from ..targets.target import PROGRAM
from . import mnn_search, onnx_search, paddle_search
from .mnn_graph import signature_of
from .onnx_causes import WEIGHTS
from .paddle_graph import LegacyGraph

__all__ = ["EXPECTED", "INPUTS", "OUTPUTS", "REQUEST", "VALUES", "WEIGHTS", "main", "main_in_fork"]

REQUEST = "request.json"
INPUTS = "inputs.npz"
EXPECTED = "expected.npz"
OUTPUTS = "outputs.npz"
VALUES = "values.npz"

_NEEDED = frozenset({"replace_fetch_with_shadow_output_pass"})
"""Without them the Predictor does not find its outputs."""

MOST_BYTES = 2 * 1024**3
"""Of the values of a program that are kept; those after it are not compared."""


def main() -> None:
    """Run the task that the request names."""
    request = json.loads(Path(REQUEST).read_text("utf-8"))
    write_answer(_TASKS[request["task"]](request))
    # Paddle's threads may delay the end of the interpreter; all output is written by now.
    sys.stdout.flush()
    sys.stderr.flush()


def main_in_fork() -> None:
    """Do what `main` does in a fork of a process that may have used Paddle before."""
    check_fork()
    main()


def _values(request: dict[str, Any]) -> dict[str, Any]:
    """Run a program without passes, and keep every value that another op reads."""
    import paddle

    paddle.enable_static()
    static: Any = paddle.static
    executor = static.Executor(paddle.CPUPlace())
    program, names, outputs = static.load_inference_model(request["prefix"], executor)
    text = str(program)
    feeds = _by_name(names, request)
    _write_weights(program)
    block = program.global_block()
    places, values = [], []
    for at, op in enumerate(block.ops):
        if op.name() in ("builtin.parameter", "pd_op.fetch"):
            continue
        for number, value in enumerate(op.results()):
            if value.all_used_ops() and value.is_dense_tensor_type():
                places.append((at, number))
                values.append(value)
    # Paddle numbers the fetch ops that it appends from 0, whatever the program already has.
    for op in list(block.ops):
        if op.name() == "pd_op.fetch":
            block.remove_op(op)
    write_answer({"text": text})
    # Others may overwrite it; the outputs are run once more without other fetches.
    results = executor.run(program, feed=feeds, fetch_list=list(outputs))
    write_arrays(Path(OUTPUTS), [np.asarray(result) for result in results])
    if request["recorded"]:
        recorded = _by_name(names, request, INPUTS_RECORDED)
        again = executor.run(program, feed=recorded, fetch_list=list(outputs))
        write_arrays(Path(OUTPUTS_RECORDED), [np.asarray(result) for result in again])
    answer = {"text": text, "places": []}
    write_answer(answer)  # a value that cannot be fetched may end the process
    arrays = executor.run(program, feed=feeds, fetch_list=values)
    kept, size = [], 0
    for place, array in zip(places, map(np.asarray, arrays), strict=True):
        size += array.nbytes
        if size > MOST_BYTES:
            break
        kept.append((place, array))
    write_arrays(Path(VALUES), [array for _, array in kept])
    return answer | {"places": [place for place, _ in kept]}


INPUTS_RECORDED = "inputs_recorded.npz"
OUTPUTS_RECORDED = "outputs_recorded.npz"


def _by_name(names: list[str], request: dict[str, Any], file: str = INPUTS) -> dict[str, Array]:
    arrays = dict(zip(request["inputs"], read_arrays(Path(file)), strict=True))
    if set(names) <= set(arrays):
        return {name: arrays[name] for name in names}
    return dict(zip(names, arrays.values(), strict=True))  # a deployed program with other names


def _write_weights(program: Any) -> None:
    import paddle

    scope = paddle.static.global_scope()
    arrays = {}
    for op in program.global_block().ops:
        if op.name() == "builtin.parameter":
            name = op.attrs()["parameter_name"]
            arrays[name] = np.asarray(scope.find_var(name).get_tensor())
    np.savez(WEIGHTS, **arrays)


def _target(request: dict[str, Any]) -> dict[str, Any]:
    """Write a target if the bundle has none, and run it."""
    target = target_named(request["target"])
    folder = Path(request["folder"])
    if request["write"] and target.write is not None:
        write_answer({"begun": "write"})
        folder.mkdir(parents=True, exist_ok=True)
        target.write(Path(request["source"]), folder)
    write_answer({"begun": "load"})
    if request["signature"] is not None:
        signature = signature_of(folder / mnn.MODEL, **request["signature"])
        (folder / mnn.SIGNATURE).write_text(json.dumps(signature), encoding="utf-8")
    runner = target.open(folder, 1, without=request["without"])
    arrays = dict(zip(request["inputs"], read_arrays(Path(INPUTS)), strict=True))
    write_answer({"begun": "run"})
    write_arrays(Path(OUTPUTS), runner.run([arrays[name] for name in runner.inputs]))
    return {"begun": "end"}


def _cut(request: dict[str, Any]) -> dict[str, Any]:
    """Write a target from the program up to one value, and compare that value."""
    import paddle

    write_answer({})
    source, folder = Path("source"), Path("target")
    source.mkdir()
    folder.mkdir()
    if request["variable"] is not None:
        inputs = dict(zip(request["inputs"], read_arrays(Path(INPUTS)), strict=True))
        LegacyGraph(Path(request["source"]), inputs).save_until(request["variable"], source)
    else:
        at, number = request["cut"]
        _save_until(at, number, Path(request["source"]), source)
    paddle.disable_static()
    target = target_named(request["target"])
    if target.write is not None:
        target.write(source, folder)
    runner = target.open(folder if target.write is not None else source, 1)
    arrays = dict(zip(request["inputs"], read_arrays(Path(INPUTS)), strict=True))
    results = runner.run([arrays[name] for name in runner.inputs])
    return {"difference": str(_largest(results, read_arrays(Path(EXPECTED))))}


def _save_until(at: int, number: int, source: Path, folder: Path) -> None:
    """Save the part of a program that computes one result of the op at a place."""
    import paddle

    paddle.enable_static()
    static: Any = paddle.static
    executor = static.Executor(paddle.CPUPlace())
    prefix = str(source / PROGRAM)
    program, _, _ = static.load_inference_model(prefix, executor)
    block = program.global_block()
    ops = list(block.ops)
    feeds = [op.results()[0] for op in ops if op.name() == "pd_op.data"]
    value = ops[at].results()[number]
    for op in ops:
        if op.name() == "pd_op.fetch":
            block.remove_op(op)
    prefix = str(folder / PROGRAM)
    static.save_inference_model(prefix, feeds, [value], executor, program=program)


def _passes(request: dict[str, Any]) -> dict[str, Any]:
    """Find by bisection the first pass after which the Predictor returns something else."""
    names: list[str] = request["passes"]
    inputs, expected = read_arrays(Path(INPUTS)), read_arrays(Path(EXPECTED))
    differences: dict[int, float] = {}

    def measure(count: int) -> float:
        """Run the Predictor with only the first passes."""
        write_answer({"trying": count, "differences": _texts(differences)})
        left_out = [each for each in names[count:] if each not in _NEEDED]
        results = _predict(request, [*request["without"], *left_out], inputs)
        differences[count] = _largest(results, expected)
        return differences[count]

    right, wrong = 0, len(names)
    if measure(right) > request["tolerance"] or measure(wrong) <= request["tolerance"]:
        return {"differences": _texts(differences)}
    while wrong - right > 1:
        middle = (right + wrong) // 2
        if measure(middle) > request["tolerance"]:
            wrong = middle
        else:
            right = middle
    return {"first": wrong - 1, "differences": _texts(differences)}


def _texts(differences: dict[int, float]) -> dict[str, str]:
    return {str(count): str(value) for count, value in differences.items()}  # JSON has no infinity


def _largest(results: list[Array], expected: list[Array]) -> float:
    if [each.shape for each in results] != [each.shape for each in expected]:
        return float("inf")
    pairs = zip(results, expected, strict=True)
    return max((relative_difference(result, right) for result, right in pairs), default=0.0)


def _predict(request: dict[str, Any], without: list[str], inputs: list[Array]) -> list[Array]:
    import paddle.inference

    config = predictor_config(
        Path(request["source"]) / PROGRAM, onednn=request["onednn"], threads=1, without=without
    )
    config.disable_glog_info()
    predictor = paddle.inference.create_predictor(config)
    arrays = dict(zip(request["inputs"], inputs, strict=True))
    for name in predictor.get_input_names():
        handle = predictor.get_input_handle(name)
        handle.reshape(arrays[name].shape)
        handle.copy_from_cpu(np.ascontiguousarray(arrays[name]))
    predictor.run()
    return [
        predictor.get_output_handle(name).copy_to_cpu() for name in predictor.get_output_names()
    ]


def _search(request: dict[str, Any], search: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    inputs = dict(zip(request["inputs"], read_arrays(Path(INPUTS)), strict=True))
    expected, values = read_arrays(Path(EXPECTED)), read_arrays(Path(VALUES))
    return search(request, inputs, expected, values, write_answer)


def _names(request: dict[str, Any]) -> dict[str, Any]:
    """Return the values that the program's ONNX file only renames, with their other names.

    For an MNN file that was converted elsewhere, also how its weights are stored: as in the file
    of the same program whose size is nearest.
    """
    import onnx as package

    folder = Path("onnx")
    folder.mkdir()
    onnx_file.write(Path(request["source"]), folder)
    graph = package.load(str(folder / onnx_file.MODEL)).graph
    aliases: dict[str, str] = {}
    for node in graph.node:
        if node.op_type == "Identity":
            aliases[node.output[0]] = aliases.get(node.input[0], node.input[0])
    answer: dict[str, Any] = {"aliases": aliases}
    if request["signature"] is not None:
        write_answer(answer)
        size = (Path(request["folder"]) / mnn.MODEL).stat().st_size
        sizes = {}
        for weights in ("fp32", "fp16", "int8"):
            written = Path(weights)
            written.mkdir()
            mnn.write(Path(request["source"]), written, weights=weights)
            sizes[weights] = abs((written / mnn.MODEL).stat().st_size - size)
        answer["weights"] = min(sizes, key=lambda each: sizes[each])
    return answer


_TASKS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "cut": _cut,
    "mnn": partial(_search, search=mnn_search.search),
    "names": _names,
    "onnx": partial(_search, search=onnx_search.search),
    "paddle": partial(_search, search=paddle_search.search),
    "passes": _passes,
    "target": _target,
    "values": _values,
    "variables": partial(_search, search=paddle_search.variables),
}

if __name__ == "__main__":
    main()
