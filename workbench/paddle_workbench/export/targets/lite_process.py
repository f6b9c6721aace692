"""What a CPython 3.10 with Paddle Lite does for the target `lite`: this file is run by that one.

`lite_process.py write PROGRAM WEIGHTS MODEL` converts; `lite_process.py run MODEL` answers one
request after another on its stdin, until that is closed. It imports nothing of the workbench.
"""

from __future__ import annotations

import io
import os
import struct
import sys
from typing import IO, Any

import numpy as np
from paddlelite import lite

LENGTH = struct.Struct(">Q")


def write(program: str, weights: str, model: str) -> None:
    """Convert a legacy program to a file of Paddle Lite for x86."""
    converter = lite.Opt()
    converter.set_model_file(program)
    converter.set_param_file(weights)
    converter.set_model_type("naive_buffer")
    converter.set_valid_places("x86")
    # It appends the suffix.
    converter.set_optimize_out(model[: -len(".nb")])
    converter.run()


def run(model: str) -> None:
    """Send the names of the inputs, then the outputs for each request, as npz files."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # Paddle Lite prints to stdout.
    predictor = _open(model)
    _send(answers, {"inputs": np.array(predictor.get_input_names())})
    shapes = None
    while True:
        length = sys.stdin.buffer.read(LENGTH.size)
        if len(length) < LENGTH.size:
            return
        with np.load(io.BytesIO(sys.stdin.buffer.read(LENGTH.unpack(length)[0]))) as file:
            arrays = [file[name] for name in file.files]
        if shapes not in (None, [array.shape for array in arrays]):
            # On x86, convolutions keep what they prepared for the first shapes, and corrupt memory.
            predictor = _open(model)
        shapes = [array.shape for array in arrays]
        try:
            answer = _outputs(predictor, arrays)
        except Exception as error:
            answer = {"error": np.array(f"{type(error).__name__}: {error}")}
        _send(answers, answer)


def _open(model: str) -> Any:
    config = lite.MobileConfig()
    config.set_model_from_file(model)
    return lite.create_paddle_predictor(config)


def _outputs(predictor: Any, arrays: list[Any]) -> dict[str, Any]:
    for place, array in enumerate(arrays):
        predictor.get_input(place).from_numpy(array)
    predictor.run()
    places = range(len(predictor.get_output_names()))
    return {f"output {place}": predictor.get_output(place).numpy() for place in places}


def _send(stream: IO[bytes], arrays: dict[str, Any]) -> None:
    content = io.BytesIO()
    np.savez(content, **arrays)
    stream.write(LENGTH.pack(len(content.getvalue())) + content.getvalue())
    stream.flush()


if __name__ == "__main__":
    if sys.argv[1] == "write":
        write(*sys.argv[2:])
    else:
        run(sys.argv[2])
