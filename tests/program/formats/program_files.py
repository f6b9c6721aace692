"""Files with programs that tests write or change."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from paddle_workbench.program.formats.onnx_model import _description


def broken(pir: Path, tmp_path: Path, change: Any) -> Path:
    data = json.loads(pir.read_text(encoding="utf-8"))
    change(data)
    path = tmp_path / "changed.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    return path


def onnx_model(tmp_path: Path) -> Path:
    """A model of two nodes, written with ONNX's own protobuf classes."""
    onnx = _description()
    model = onnx.ModelProto(ir_version=8)
    model.opset_import.add(version=17)
    graph = model.graph
    graph.name = "net"
    graph.node.add(op_type="MatMul", input=["x", "w"], output=["h"], name="<b>first</b>")
    relu = graph.node.add(op_type="LeakyRelu", input=["h"], output=["y"])
    relu.attribute.add(name="alpha", type=1, f=0.5)
    tensors = ((graph.input, "x", 4), (graph.output, "y", 2), (graph.value_info, "h", 2))
    for values, name, size in tensors:
        kind = values.add(name=name).type.tensor_type
        kind.elem_type = 1
        kind.shape.dim.add(dim_param="batch")
        kind.shape.dim.add(dim_value=size)
    graph.initializer.add(name="w", data_type=1, dims=[4, 2], float_data=[0.0] * 8)
    path = tmp_path / "net.onnx"
    path.write_bytes(model.SerializeToString())
    return path
