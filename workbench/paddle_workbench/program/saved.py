"""Programs in files, read without Paddle: PIR's `.json`, the old `.pdmodel`, `.onnx`, and captures.

Files come from anywhere: everything in them is data, names are text, and what is not understood is
an error with the file's name or an op with the name it has.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..errors import ProgramError
from .archive import MAX_BYTES, is_capture
from .archive import load as load_capture
from .assembly import Numbering, assemble
from .model import Capture
from .printed import PrintedRegion
from .structure import Program

__all__ = ["MAX_BYTES", "SavedProgram", "load", "read"]


@dataclass(frozen=True, slots=True)
class SavedProgram:
    """A program and what its file says of itself.

    Parameters
    ----------
    path : Path
    format : str
        `pir`, `pdmodel`, `onnx` or `capture`.
    version : str
        Of the format, as the file has it.
    program : Program
        Of a capture the traced one.
    capture : Capture or None
    """

    path: Path
    format: str
    version: str
    program: Program
    capture: Capture | None = None


def load(path: str | Path) -> Program:
    """Return the program in a file; see `read`."""
    return read(path).program


def read(path: str | Path, *, numbering: Numbering | None = None) -> SavedProgram:
    """Read a saved program.

    Parameters
    ----------
    path : str or Path
    numbering : Numbering, optional
        Gives the ids of its ops and values; from 0 if left out. A capture has its own.

    Raises
    ------
    ProgramError
        If there is no such file, it is larger than `MAX_BYTES`, or no program.
    SchemaVersionError
        If it is a capture that a newer workbench wrote.
    """
    file = Path(path)
    if file.is_dir():
        raise ProgramError(f"{file} is a folder.", _hint_for_folder(file))
    if not file.exists():
        raise ProgramError(f"There is no file {file}.", "Check the path.")
    if is_capture(file):
        capture = load_capture(file)
        if capture.program is None:
            raise ProgramError(
                f"{file} holds a capture without a program: {capture.name} could not be traced.",
                "Its explanations say why: Capture.load(path).explanations.",
            )
        return SavedProgram(file, "capture", str(capture.schema_version), capture.program, capture)
    reader = _READERS.get(file.suffix)
    if reader is None:
        raise ProgramError(
            f"{file} is no saved program.",
            f"Programs end in {', '.join(_READERS)}; captures have the name you gave them.",
        )
    printed, version = reader(_content(file), file)
    program = assemble(printed, numbering or Numbering())
    return SavedProgram(file, _FORMATS[file.suffix], version, program)


def _content(file: Path) -> bytes:
    try:
        size = file.stat().st_size
        if size > MAX_BYTES:
            raise ProgramError(
                f"{file} has {size / 2**20:.0f} MB; at most {MAX_BYTES // 2**20} MB are read.",
                "A program without its weights is far smaller; save the weights beside it.",
            )
        return file.read_bytes()
    except OSError as error:
        raise ProgramError(f"{file} cannot be read: {error.strerror}.", "") from error


def _hint_for_folder(folder: Path) -> str:
    inside = sorted(file for file in folder.iterdir() if file.suffix in _FORMATS)
    return f"Give the program in it: {inside[0]}" if inside else "Give a file in it."


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
    ".json": _pir,
    ".pdmodel": _pdmodel,
    ".onnx": _onnx,
}
_FORMATS = {".json": "pir", ".pdmodel": "pdmodel", ".onnx": "onnx"}
