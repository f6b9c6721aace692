"""Reads one saved program and writes it as columns to standard output.

python -m paddle_workbench.program.sender PATH

The Jupyter server runs this in a child process with limits: files may come from anywhere, and must
not use up the server's memory or crash it. The output is one line of JSON, `{"format", "version"}`
or `{"message", "hint", "kind"}`, followed by the columns.
"""

from __future__ import annotations

import json
import sys
import traceback
from pathlib import Path

from ..errors import WorkbenchError
from ..reading import broken_file
from .cost import costs_of
from .formats.saved import SavedProgram, read
from .memory import memory_plan
from .model.capture import SCHEMA_VERSION, Capture
from .model.columns import to_columns

__all__ = ["capture_of", "main"]

_HINT = "Save the program or the capture again."


def capture_of(saved: SavedProgram) -> Capture:
    """Return a saved program as a capture without stages, with costs and memory."""
    if saved.capture is not None:
        return saved.capture
    return Capture(
        schema_version=SCHEMA_VERSION,
        name=saved.path.name,
        program=saved.program,
        parameters=saved.program.parameters,
        costs=costs_of(saved.program),
        memory=memory_plan(saved.program),
    )


def main(path: str) -> None:
    """Write the program in a file, or the reason why it cannot be read."""
    out = sys.stdout.buffer
    try:
        saved = read(Path(path))
        columns = to_columns(capture_of(saved))
    except WorkbenchError as error:
        _write_failure(error)
        return
    except MemoryError:
        raise  # the server reports the limit
    except Exception as error:
        traceback.print_exc()
        _write_failure(
            broken_file(Path(path), "saved program", f"{type(error).__name__}: {error}", _HINT)
        )
        return
    head = {"format": saved.format, "version": saved.version}
    out.write(json.dumps(head).encode() + b"\n")
    out.write(columns)


def _write_failure(error: WorkbenchError) -> None:
    kind = type(error).__name__
    failure = {"message": error.message, "hint": error.hint, "kind": kind}
    sys.stdout.buffer.write(json.dumps(failure).encode() + b"\n")


if __name__ == "__main__":
    main(sys.argv[1])
