"""Masks of padding, which Paddle2ONNX writes as large as the table that they mask.

For an embedding with a `padding_idx` it multiplies the table by zeros and ones of the same shape,
which doubles the file. Runtimes multiply once, when they load the file.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

__all__ = ["shrink_masks"]


def shrink_masks(model: Any) -> bool:
    """Store the masks of tables in an ONNX model with one number for each row, or not at all.

    Every value that the model computes stays the same in each bit. So do the tables and their
    names, by which layers and differences are found, and which another layer may use, too.

    Parameters
    ----------
    model : onnx.ModelProto
        It is changed.

    Returns
    -------
    bool
        Whether there was a mask.
    """
    from onnx import numpy_helper

    graph = model.graph
    constants = {
        node.output[0]: node.attribute[0].t
        for node in graph.node
        if node.op_type == "Constant" and node.attribute[0].name == "value"
    }
    readers = Counter(name for node in graph.node for name in node.input)
    has_masks = False
    for node in list(graph.node):
        if node.op_type != "Mul" or not all(name in constants for name in node.input):
            continue
        table, mask = node.input
        values, factors = (numpy_helper.to_array(constants[name]) for name in (table, mask))
        is_mask = (
            values.shape == factors.shape
            and values.ndim == 2
            and readers[mask] == 1
            and (factors == factors[:, :1]).all()
            and np.isin(factors[:, 0], (0, 1)).all()
        )
        if not is_mask:
            continue
        has_masks = True
        if (values * factors).tobytes() == values.tobytes():
            # The row of the padding is zero already, as `paddle.nn.Embedding` makes it.
            node.op_type = "Identity"
            del node.input[1]
            graph.node.remove(next(each for each in graph.node if mask in each.output))
        else:
            constants[mask].CopyFrom(numpy_helper.from_array(factors[:, :1], constants[mask].name))
    return has_masks
