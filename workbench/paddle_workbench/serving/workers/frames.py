"""Messages between a server and its workers: JSON, and arrays or files as bytes.

A frame is the length of the JSON and of the bytes, the JSON, and the bytes.
"""

from __future__ import annotations

import asyncio
import json
import math
import socket
import struct
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Array",
    "pack",
    "pack_arrays",
    "read_frame",
    "receive_frame",
    "unpack_arrays",
]

Array = NDArray[Any]

_HEAD = struct.Struct(">IQ")


def pack(values: Mapping[str, Any], content: Iterable[bytes | memoryview] = ()) -> list[Any]:
    """Return the parts of a frame, to be written one after the other."""
    parts = list(content)
    head = json.dumps(values, ensure_ascii=False).encode()
    return [_HEAD.pack(len(head), sum(len(part) for part in parts)) + head, *parts]


async def read_frame(reader: asyncio.StreamReader) -> tuple[dict[str, Any], bytes]:
    """Return the next frame.

    Raises
    ------
    asyncio.IncompleteReadError
        If the other side has ended.
    """
    size, content_size = _HEAD.unpack(await reader.readexactly(_HEAD.size))
    values = json.loads(await reader.readexactly(size))
    return values, await reader.readexactly(content_size) if content_size else b""


def receive_frame(connection: socket.socket) -> tuple[dict[str, Any], memoryview] | None:
    """Return the next frame; None if the other side has ended."""
    head = _receive(connection, _HEAD.size)
    if head is None:
        return None
    size, content_size = _HEAD.unpack(head)
    values, content = _receive(connection, size), _receive(connection, content_size)
    if values is None or content is None:
        return None
    return json.loads(bytes(values)), content


def _receive(connection: socket.socket, size: int) -> memoryview | None:
    content = memoryview(bytearray(size))
    rest = content
    while rest:
        count = connection.recv_into(rest)
        if count == 0:
            return None
        rest = rest[count:]
    return content


def pack_arrays(arrays: Sequence[Array]) -> tuple[list[Any], list[memoryview]]:
    """Return what describes arrays, for the JSON of a frame, and their bytes."""
    whole = [np.ascontiguousarray(array) for array in arrays]
    described = [[array.dtype.str, list(array.shape)] for array in whole]
    return described, [array.reshape(-1).view(np.uint8).data for array in whole if array.size]


def unpack_arrays(
    described: Sequence[Any], content: bytes | memoryview, start: int = 0
) -> tuple[list[Array], int]:
    """Return arrays that `pack_arrays` has packed, and where their bytes end in the content."""
    arrays = []
    for name, shape in described:
        dtype = np.dtype(name)
        count = math.prod(shape)
        array = np.frombuffer(content, dtype, count, start) if count else np.empty(0, dtype)
        arrays.append(array.reshape(shape))
        start += count * dtype.itemsize
    return arrays, start
