"""The browser: ONNX Runtime Web runs the model in a page, with no server and no network.

Here it runs in Node, with the same WebAssembly and the same JavaScript as in a page.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...child_process import Limits, Outcome, Worker
from ...environment.node import NODE_PACKAGE, find_node
from ...errors import BundleError
from .int8_onnx import check_plan, write_int8
from .node_process import FRONT_ENDS
from .onnx_file import MODEL, OPSET, write
from .target import Array, Runner, Target

__all__ = ["BROWSER", "RUNTIME", "RUNTIME_VERSION", "NodeRunner", "tensor"]

RUNTIME = FRONT_ENDS / "onnxruntime-web.wasm.gz"
RUNTIME_VERSION = "1.30.0"
# Not of memory: WebAssembly reserves addresses that it never uses.
LIMITS = Limits(time_s=300.0, output_bytes=2 * 1024**3)


class NodeRunner:
    """Runs in Node what a page of a bundle runs in a browser.

    Raises
    ------
    BundleError
        If there is no Node.
    """

    def __init__(self) -> None:
        check()
        self._worker = Worker("paddle_workbench.export.targets.node_process", limits=LIMITS)

    def ask(self, request: str, **values: Any) -> tuple[dict[str, Any], list[Array]]:
        """Send a request of `front_end/bundle/node-runner.ts`, and return its reply with arrays.

        Raises
        ------
        RuntimeError
            If it fails.
        """
        reply = self._worker.request({request: values})
        if isinstance(reply, Outcome):
            lines = reply.last_lines(1)
            raise RuntimeError(": ".join([f"Node {reply.problem}", *lines]))  # noqa: TRY004
        if "error" in reply.values:
            raise RuntimeError(str(reply.values["error"]))
        return dict(reply.values), list(_arrays(reply.values["tensors"], reply.content))

    @property
    def is_usable(self) -> bool:
        """Whether Node still runs; an interrupt of a request ends it, too."""
        return self._worker.is_usable

    def close(self) -> None:
        """End Node."""
        self._worker.close()


def tensor(array: Array) -> dict[str, Any]:
    """Return an array as JSON values."""
    content = np.ascontiguousarray(array).tobytes()
    data = base64.b64encode(content).decode()
    return {"dtype": array.dtype.name, "shape": array.shape, "data": data}


def check() -> None:
    """Find Node.

    Raises
    ------
    BundleError
        If there is none.
    """
    if find_node() is None:
        raise BundleError(
            "There is no Node 20 or newer, in which the model of a page is tried.",
            f"Install it: pip install {NODE_PACKAGE}",
            code="PW-X105",
        )


def load(folder: Path, _threads: int) -> Runner:
    """Open `model.onnx`. It runs on one thread, as in a page."""
    path = (folder / MODEL).resolve()

    def start() -> tuple[NodeRunner, list[str]]:
        runner = NodeRunner()
        opened, _ = runner.ask("open", model=str(path), runtime=str(RUNTIME))
        return runner, opened["inputs"]

    node, names = start()

    def run(arrays: Sequence[Array]) -> list[Array]:
        nonlocal node
        if not node.is_usable:
            node, _ = start()
        return node.ask("run", inputs=[tensor(array) for array in arrays])[1]

    return Runner(tuple(names), run)


def _arrays(tensors: Sequence[Mapping[str, Any]], content: bytes | bytearray | memoryview) -> Any:
    start = 0
    for each in tensors:
        stop = start + int(each["bytes"])
        values = np.frombuffer(content[start:stop], dtype=np.dtype(each["dtype"]))
        yield values.reshape(each["shape"])
        start = stop


BROWSER = Target(
    name="browser",
    title="ONNX Runtime Web",
    folder="browser",
    packages=("paddle2onnx", "onnx"),
    write=write,
    load=load,
    form=f"an ONNX file of op set {OPSET}, which Paddle2ONNX makes of the PIR format, in a page",
    converter="paddle2onnx",
    lighter={"int8": write_int8},
    check_lighter=check_plan,
    check=check,
    versions={"onnxruntime-web": RUNTIME_VERSION},
)
