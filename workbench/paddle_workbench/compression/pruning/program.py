"""A program without some of its channels: its weights, shapes and the numbers that count them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ...errors import CompressionError, ProgramError
from ...program.formats.saved import SavedProgram
from ...program.formats.weights import Weight, read_weights, write_weights
from ...reading import parse_json, read_bytes, storage_errors_as
from .channels import Axis, SizeEntry
from .groups import ChannelGraph

__all__ = ["program_of", "shares_left", "weights_of", "write_program", "zeroed"]


def weights_of(saved: SavedProgram) -> dict[str, Weight]:
    """Return the weights of a saved program by name.

    Raises
    ------
    CompressionError
        If it is not in the format of Paddle 3, or is saved without weights.
    """
    weights = read_weights(saved) if saved.format == "pir" else None
    if weights is None:
        raise CompressionError(
            f"{saved.path} is not a program of Paddle 3 with its weights.",
            "Save it again: paddle.jit.save(net, path, input_spec=[...]).",
        )
    return weights


@storage_errors_as(ProgramError)
def write_program(
    saved: SavedProgram, graph: ChannelGraph, removed: NDArray[np.bool_], folder: Path
) -> None:
    """Write a program without the removed channels.

    Parameters
    ----------
    saved : SavedProgram
        Of the graph, in the format of Paddle 3.
    graph : ChannelGraph
    removed : array of bool, one for each channel of the program
        As `ChannelGraph.removed` returns it.
    folder : Path
        Receives a `.json` file and a `.pdiparams` file with the names that they have.

    Raises
    ------
    CompressionError
        If it is not in the format of Paddle 3.
    ProgramError
        If a file cannot be read or written.
    """
    weights = weights_of(saved)
    names = {each.value: each.name for each in graph.program.parameters}
    arrays = {name: weight.array for name, weight in weights.items()}
    for value, name in names.items():
        for at, kept in enumerate(_kept(graph.axes.get(value or 0, ()), removed)):
            if kept is not None:
                arrays[name] = np.compress(kept, arrays[name], axis=at)
    data = program_of(saved)
    ops = [op for block in data["program"]["regions"][0]["blocks"] for op in block["ops"]]
    entries: dict[int, list[SizeEntry]] = {}
    for entry in graph.entries:
        entries.setdefault(entry.op, []).append(entry)
    for item, op in zip(ops, graph.program.ops, strict=True):
        results = item.get("O", [])
        for result, value in zip(
            [results] if isinstance(results, dict) else results, op.outputs, strict=True
        ):
            _set_sizes(result.get("TT"), value, graph, removed)
        for entry in entries.get(op.id, ()):
            count = int(np.count_nonzero(~removed[entry.positions]))
            _set_number(item, entry.attribute, entry.place, count)
    content = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    (folder / saved.path.name).write_text(content, encoding="utf-8")
    write_weights(folder / saved.path.with_suffix(".pdiparams").name, arrays, weights)


def zeroed(
    weights: Mapping[str, Weight],
    graph: ChannelGraph,
    removed: NDArray[np.bool_],
    *,
    where: Literal["made", "taken", "both"],
) -> dict[str, NDArray[Any]]:
    """Return weights with zeros for the removed channels, those that change.

    With zeros where the channels are taken, the program equals the one without them. With zeros
    where they are made, shifted and scaled, it does so if every function of them maps 0 to 0, as
    ReLU does and a sigmoid does not.

    Parameters
    ----------
    weights : mapping of str to Weight
    graph : ChannelGraph
    removed : array of bool, one for each channel of the program
    where : {"made", "taken", "both"}
    """
    arrays: dict[str, NDArray[Any]] = {}
    taken = {
        (part.weight, part.axis)
        for group in graph.groups
        for part in group.parts
        if part.role == "takes"
    }
    for parameter in graph.program.parameters:
        axes = graph.axes.get(parameter.value or 0, ())
        for at, kept in enumerate(_kept(axes, removed)):
            name = parameter.name
            role = "taken" if (name, at) in taken else "made"
            if kept is not None and where in (role, "both"):
                arrays.setdefault(name, weights[name].array.copy())
                arrays[name][(slice(None),) * at + (~kept,)] = 0
    return arrays


def shares_left(graph: ChannelGraph, removed: NDArray[np.bool_]) -> dict[str, float]:
    """Return which share of each weight is left without the removed channels, by its name."""
    return {
        each.name: float(
            np.prod(
                [
                    kept.mean()
                    for kept in _kept(graph.axes.get(each.value or 0, ()), removed)
                    if kept is not None
                ]
            )
        )
        for each in graph.program.parameters
    }


def program_of(saved: SavedProgram) -> dict[str, Any]:
    """Return the JSON of a program in the format of Paddle 3."""
    content = read_bytes(saved.path, kind="saved program")
    data: dict[str, Any] = parse_json(content, saved.path, kind="saved program")
    return data


def _kept(axes: Any, removed: NDArray[np.bool_]) -> list[NDArray[np.bool_] | None]:
    """Return for each axis which positions stay; None where all do."""
    return [_kept_of(axis, removed) for axis in axes]


def _kept_of(axis: Axis, removed: NDArray[np.bool_]) -> NDArray[np.bool_] | None:
    gone = None if axis is None else removed[axis]
    return None if gone is None or not gone.any() else ~gone


def _set_sizes(kind: Any, value: int, graph: ChannelGraph, removed: NDArray[np.bool_]) -> None:
    """Set the sizes in the type of a value, or of each tensor in a list of them."""
    if value in graph.lists:
        for item, part in zip(kind["D"], graph.lists[value], strict=True):
            _set_sizes(item, part, graph, removed)
        return
    for at, kept in enumerate(_kept(graph.axes.get(value, ()), removed)):
        if kept is not None:
            kind["D"][1][at] = int(np.count_nonzero(kept))


def _set_number(item: dict[str, Any], attribute: str, place: int | None, number: int) -> None:
    """Set a number in an attribute of an op."""
    kind = next(each["AT"] for each in item["A"] if each["N"] == attribute)
    if place is None:
        kind["D"] = type(kind["D"])(number)
    elif isinstance(kind["D"][place], dict):
        kind["D"][place]["D"] = number
    else:
        kind["D"][place] = number
