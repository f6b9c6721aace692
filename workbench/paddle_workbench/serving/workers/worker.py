"""A worker: a fork of the nursery that opens one predictor and answers batches."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from time import perf_counter
from typing import Any

from ...errors import WorkbenchError
from .batch_choice import measured_batch
from .frames import pack, pack_arrays, receive_frame, unpack_arrays
from .model import Answer, Item, ServedModel
from .warm_up import warm_up

__all__ = ["work"]


def work(connection: socket.socket, request: dict[str, Any]) -> None:
    """Open a bundle, say that it is ready, and answer batches until the server ends.

    Parameters
    ----------
    connection : socket
    request : dict
        `folder`, `target` and `threads`, and whether it `measures_batch`.
    """
    _send(connection, {"pid": os.getpid()})
    start = perf_counter()
    try:
        folder = Path(request["folder"])
        model = ServedModel(folder, request["target"], request["threads"])
        warm_up(model, folder, request["target"])
        batch = measured_batch(model, folder) if request["measures_batch"] else None
        model.take_seconds()
    except WorkbenchError as error:
        _send(connection, {"error": error.message, "hint": error.hint})
        return
    _send(connection, {"ready_s": perf_counter() - start, "batch": batch})
    while (frame := receive_frame(connection)) is not None:
        values, content = frame
        answers = model.answer(_items(values["items"], content))
        described, parts = [], []
        for answer in answers:
            one, more = _described(answer)
            described.append(one)
            parts += more
        _send(connection, {"answers": described, "predict_s": model.take_seconds()}, parts)


def _items(described: list[dict[str, Any]], content: memoryview) -> list[Item]:
    items, start = [], 0
    for each in described:
        if "picture" in each:
            items.append(Item(picture=content[start : start + each["picture"]]))
            start += each["picture"]
        elif "arrays" in each:
            arrays, start = unpack_arrays(each["arrays"], content, start)
            items.append(Item(arrays=tuple(arrays)))
        else:
            items.append(Item(text=each["text"]))
    return items


def _described(answer: Answer) -> tuple[dict[str, Any], list[memoryview]]:
    if answer.error:
        return {"status": answer.status, "error": answer.error, "hint": answer.hint}, []
    if answer.result is not None:
        return {"result": answer.result}, []
    described, parts = pack_arrays(answer.arrays)
    return {"arrays": described}, parts


def _send(connection: socket.socket, values: dict[str, Any], parts: Any = ()) -> None:
    for part in pack(values, parts):
        connection.sendall(part)
