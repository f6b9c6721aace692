"""The layer of every op, including ops that a pass made without one."""

from __future__ import annotations

from collections.abc import Sequence

from .capture import Capture

__all__ = ["layers_of"]


def layers_of(capture: Capture) -> dict[int, str]:
    """Return the layer path of every op of every stage, by id.

    An op that a pass made belongs to the deepest layer that contains all its origins.
    """
    layers: dict[int, str] = {}
    if capture.program is not None:
        layers = {op.id: op.layer for op in capture.program.walk()}
    previous = capture.program
    for stage in capture.stages:
        if stage.program is previous:
            continue
        previous = stage.program
        for op in stage.program.walk():
            if op.layer:
                layers[op.id] = op.layer
            elif op.id not in layers:
                origins = (layers.get(origin.op_id) for origin in stage.lineage.get(op.id, ()))
                layers[op.id] = _shared([layer for layer in origins if layer is not None])
    return layers


def _shared(layers: Sequence[str]) -> str:
    """Return the deepest layer that contains all of these."""
    common: list[str] = []
    for names in zip(*(layer.split(".") for layer in layers), strict=False):
        if len(set(names)) > 1:
            break
        common.append(names[0])
    return ".".join(common)
