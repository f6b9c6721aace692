"""Programs in files, read without Paddle: PIR's `.json`, the old `.pdmodel`, `.onnx` and captures.

Files may come from anywhere: nothing in them is executed, and names are only text. An unknown op is
kept under its name; anything else that is not understood is an error that names the file.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ...errors import ProgramError
from ...reading import broken_file, is_file, is_folder, read_bytes, storage_errors_as
from ..model.archive import MAX_BYTES, is_capture, unpack
from ..model.capture import Capture
from ..model.structure import Program
from .assembly import Numbering, assemble
from .pir_text import PrintedRegion

__all__ = ["MAX_BYTES", "SavedProgram", "format_of", "read"]

# What Paddle 1 called the program in its folder.
_OLD_NAME = "__model__"
# What reading raises if a file is well-formed, but not a program.
_BROKEN = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
_HINT = "Save the program again with paddle.jit.save, which keeps the weights in another file."


@dataclass(frozen=True, slots=True)
class SavedProgram:
    """A program and what its file says about itself.

    Parameters
    ----------
    path : Path
    format : str
        `pir`, `pdmodel`, `onnx` or `capture`.
    version : str
        Version of the format, as the file states it.
    program : Program
        For a capture, the traced program.
    capture : Capture or None
    """

    path: Path
    format: str
    version: str
    program: Program
    capture: Capture | None = None


@storage_errors_as(ProgramError)
def read(path: str | Path, *, numbering: Numbering | None = None) -> SavedProgram:
    """Read a saved program.

    Parameters
    ----------
    path : str or Path
    numbering : Numbering, optional
        Provides the ids of ops and values, by default from 0. A capture keeps its own ids.

    Raises
    ------
    ProgramError
        If the file is missing, larger than `MAX_BYTES`, or not a program.
    SchemaVersionError
        If the file is a capture that a newer workbench wrote.
    """
    file = Path(path)
    if is_folder(file):
        raise ProgramError(f"{file} is a folder.", _hint_for_folder(file))
    content = read_bytes(file, kind="saved program", limit_bytes=MAX_BYTES, hint=_HINT)
    if is_capture(content):
        capture = unpack(content, file)
        if capture.program is None:
            raise ProgramError(
                f"{file} contains a capture without a program: {capture.name} could not be traced.",
                "Its explanations say why: "
                f"from paddle_workbench.program import load; load({str(file)!r}).explanations",
            )
        return SavedProgram(file, "capture", str(capture.schema_version), capture.program, capture)
    format_name = format_of(file)
    if format_name is None:
        raise ProgramError(
            f"{file} is not a saved program.",
            f"Programs end in {', '.join(_FORMATS)} or are called {_OLD_NAME}; "
            "captures have the name that you gave them.",
        )
    try:
        printed, version = _READERS[format_name](content, file)
        program = assemble(printed, numbering or Numbering())
    except _BROKEN as error:
        reason = str(error) if type(error) is ValueError else f"{type(error).__name__}: {error}"
        raise broken_file(file, "saved program", reason, _HINT) from error
    return SavedProgram(file, format_name, version, program)


def _hint_for_folder(folder: Path) -> str:
    inside = sorted(file for file in folder.iterdir() if format_of(file) is not None)
    if any(file.name == "bundle.json" for file in inside):
        inside = [file for file in (folder / "inference").glob("*.json") if is_file(file)]
    return f"Use the program in it: {inside[0]}" if inside else "Use a file in it."


def format_of(file: Path) -> str | None:
    """Return the format by the name, or None; on some systems names are in capitals."""
    return "pdmodel" if file.name == _OLD_NAME else _FORMATS.get(file.suffix.lower())


def _pir(content: bytes, file: Path) -> tuple[PrintedRegion, str]:
    from .pir_json import read_pir

    return read_pir(content, file)


def _pdmodel(content: bytes, file: Path) -> tuple[PrintedRegion, str]:
    from .pdmodel import read_pdmodel

    return read_pdmodel(content, file)


def _onnx(content: bytes, file: Path) -> tuple[PrintedRegion, str]:
    from .onnx_model import read_onnx

    return read_onnx(content, file)


_READERS: dict[str, Callable[[bytes, Path], tuple[PrintedRegion, str]]] = {
    "pir": _pir,
    "pdmodel": _pdmodel,
    "onnx": _onnx,
}
_FORMATS = {".json": "pir", ".pdmodel": "pdmodel", ".onnx": "onnx"}
