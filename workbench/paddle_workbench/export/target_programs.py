"""The programs of a bundle's targets, as far as the workbench can read them."""

from __future__ import annotations

from pathlib import Path

from ..contract import BundleRecord
from ..errors import BundleError
from ..program.formats.saved import SavedProgram, format_of, read
from .bundle import Bundle
from .targets.registry import TARGETS, target_named
from .targets.target import PROGRAM

__all__ = ["program_file", "program_of"]


def program_file(record: BundleRecord, name: str) -> str:
    """Return the file with the program of a target; empty if there is none that can be read."""
    if name in record.targets:
        folder = record.targets[name].folder
    elif name in TARGETS and TARGETS[name].write is None:
        folder = TARGETS[name].folder
    else:
        return ""
    program = f"{PROGRAM}.json"
    # Another target may have a .json file that is not a program.
    names = [
        file
        for file in sorted(record.files)
        if Path(file).name == program or format_of(Path(file)) not in (None, "pir")
    ]
    return next((file for file in names if file.startswith(f"{folder}/")), "")


def program_of(bundle: Bundle, target: str) -> SavedProgram:
    """Read the program of a target.

    Raises
    ------
    BundleError
        If there is no such target, the bundle was not exported to it, or its files cannot be read.
    ProgramError
        If the program is broken.
    """
    title = target_named(target).title
    file = program_file(bundle.record, target)
    if file:
        return read(bundle.folder / file)
    if target in bundle.record.targets:
        raise BundleError(
            f"The workbench cannot read programs of {title}.",
            "Compare targets with a .json, .pdmodel or .onnx file.",
            code="PW-X308",
        )
    raise BundleError(
        f"The bundle {bundle.record.name} was not exported to {target!r}.",
        f"Export it: workbench export {bundle.path} --to {target}",
        code="PW-X502",
    )
