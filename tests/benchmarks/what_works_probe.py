"""One probe of `what_works`, a process of its own: writes a format, or reads one with a tool.

The network is the same in every process: its weights come from a seed.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from paddle_workbench.child_process import write_answer

NET = "net"
EXPECTED = "expected.npy"
LEGACY_FLAG = "FLAGS_enable_pir_api"
"""0 before Paddle is imported: the legacy format."""


def examples() -> Any:
    return np.random.default_rng(0).random((2, 3, 8, 8), dtype=np.float32)


def network() -> Any:
    import paddle
    from paddle import nn

    paddle.seed(0)
    return nn.Sequential(nn.Conv2D(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(144, 5))


def write_pir(folder: Path) -> None:
    import paddle
    from paddle.static import InputSpec

    net = network()
    net.eval()
    np.save(folder / EXPECTED, net(paddle.to_tensor(examples())).numpy())
    paddle.jit.save(net, str(folder / NET), [InputSpec([2, 3, 8, 8], "float32", "x")])


def write_legacy(folder: Path) -> None:
    os.environ[LEGACY_FLAG] = "0"
    write_pir(folder)
    assert (folder / f"{NET}.pdmodel").is_file()


def write_parameters(folder: Path) -> None:
    import paddle

    net = network()
    np.save(folder / EXPECTED, net(paddle.to_tensor(examples())).numpy())
    paddle.save(net.state_dict(), str(folder / f"{NET}.pdparams"))


def convert(folder: Path, program: str) -> None:
    import paddle2onnx

    model = folder / f"{NET}.onnx"
    weights = folder / f"{NET}.pdiparams"
    paddle2onnx.export(
        str(folder / program), str(weights), str(model), opset_version=17, optimize_tool="None"
    )
    if not model.is_file():
        raise RuntimeError("Paddle2ONNX wrote no file")


def write_mnn(folder: Path) -> None:
    # Importing MNN.tools instead would install a package and report each conversion.
    import _tools

    model = folder / f"{NET}.mnn"
    options = ["-f", "ONNX", "--modelFile", str(folder / f"{NET}.onnx"), "--MNNModel", str(model)]
    _tools.mnnconvert(["mnnconvert", *options, "--bizCode", "workbench"])
    if not model.is_file():
        raise RuntimeError("mnnconvert wrote no file")


def run_predictor(folder: Path, program: str) -> Any:
    import paddle.inference

    config = paddle.inference.Config(str(folder / program), str(folder / f"{NET}.pdiparams"))
    config.disable_gpu()
    config.disable_glog_info()
    predictor = paddle.inference.create_predictor(config)
    handle = predictor.get_input_handle(predictor.get_input_names()[0])
    handle.copy_from_cpu(examples())
    predictor.run()
    return predictor.get_output_handle(predictor.get_output_names()[0]).copy_to_cpu()


def run_loaded(folder: Path) -> Any:
    import paddle

    net = paddle.jit.load(str(folder / NET))
    net.eval()
    return net(paddle.to_tensor(examples())).numpy()


def run_legacy_loaded(folder: Path) -> Any:
    os.environ[LEGACY_FLAG] = "0"
    return run_loaded(folder)


def run_parameters(folder: Path) -> Any:
    import paddle

    net = network()
    for parameter in net.parameters():
        parameter.set_value(paddle.zeros_like(parameter))
    net.set_state_dict(paddle.load(str(folder / f"{NET}.pdparams")))
    return net(paddle.to_tensor(examples())).numpy()


def run_onnx(folder: Path) -> Any:
    import onnxruntime

    session = onnxruntime.InferenceSession(
        str(folder / f"{NET}.onnx"), providers=["CPUExecutionProvider"]
    )
    return session.run(None, {session.get_inputs()[0].name: examples()})[0]


def run_converted(folder: Path, program: str) -> Any:
    convert(folder, program)
    return run_onnx(folder)


def run_mnn(folder: Path) -> Any:
    import MNN
    import onnx

    graph = onnx.load(str(folder / f"{NET}.onnx")).graph
    names = [graph.input[0].name], [graph.output[0].name]
    module = MNN.nn.load_module_from_file(str(folder / f"{NET}.mnn"), *names)
    x = MNN.expr.const(examples(), [2, 3, 8, 8], MNN.expr.NCHW)
    (output,) = module.onForward([x])
    return np.array(MNN.expr.convert(output, MNN.expr.NCHW).read())


def check_onnx(folder: Path) -> None:
    import onnx

    onnx.checker.check_model(str(folder / f"{NET}.onnx"), full_check=True)


def show(folder: Path, program: str) -> None:
    from paddle_workbench.program.formats.saved import read

    assert list(read(folder / program).program.walk())


PROBES: dict[str, Callable[[Path], Any]] = {
    "write pir": write_pir,
    "write legacy": write_legacy,
    "write parameters": write_parameters,
    "write onnx": lambda folder: convert(folder, f"{NET}.json"),
    "write mnn": write_mnn,
    "pir Paddle Inference": lambda folder: run_predictor(folder, f"{NET}.json"),
    "pir paddle.jit.load": run_loaded,
    "pir Paddle2ONNX": lambda folder: run_converted(folder, f"{NET}.json"),
    "pir workbench": lambda folder: show(folder, f"{NET}.json"),
    "legacy Paddle Inference": lambda folder: run_predictor(folder, f"{NET}.pdmodel"),
    "legacy paddle.jit.load": run_loaded,
    "legacy paddle.jit.load, FLAGS_enable_pir_api=0": run_legacy_loaded,
    "legacy Paddle2ONNX": lambda folder: run_converted(folder, f"{NET}.pdmodel"),
    "legacy workbench": lambda folder: show(folder, f"{NET}.pdmodel"),
    "parameters paddle.load": run_parameters,
    "onnx onnx.checker": check_onnx,
    "onnx ONNX Runtime": run_onnx,
    "onnx workbench": lambda folder: show(folder, f"{NET}.onnx"),
    "mnn MNN": run_mnn,
}


def main() -> None:
    """Run the probe `argv[1]` on the folder `argv[2]`; the answer is its difference from eager."""
    name, folder = sys.argv[1], Path(sys.argv[2])
    output = PROBES[name](folder)
    difference = None
    if output is not None:
        expected = np.load(folder / EXPECTED)
        difference = float(np.abs(output - expected).max() / np.abs(expected).max())
    write_answer({"difference": difference})


if __name__ == "__main__":
    main()
