"""All targets by name."""

from __future__ import annotations

from ...contract import BundleRecord, FileRecord
from ...errors import BundleError
from .browser import BROWSER
from .inference import INFERENCE, ONEDNN
from .legacy import LEGACY
from .lite import LITE
from .mnn import MNN
from .onnx import ONNX
from .paddlex import PADDLEX
from .target import PROGRAM, Target

__all__ = ["TARGETS", "files_of_target", "is_folder_of_target", "target_named"]

TARGETS: dict[str, Target] = {
    target.name: target for target in (INFERENCE, ONEDNN, PADDLEX, ONNX, BROWSER, MNN, LEGACY, LITE)
}


def target_named(name: str) -> Target:
    """Return a target.

    Raises
    ------
    BundleError
        If there is no such target.
    """
    if not isinstance(name, str) or name not in TARGETS:
        raise BundleError(
            f"There is no target {name!r}.",
            f"Use one of these: {', '.join(TARGETS)}.",
            code="PW-X501",
        )
    return TARGETS[name]


def is_folder_of_target(name: str) -> bool:
    """Return whether bundles keep a target in folders of this name, such as `onnx` or `onnx-2`."""
    folder, _, number = name.partition("-")
    return folder in {each.folder for each in TARGETS.values()} and (
        not number or number.isdecimal()
    )


def files_of_target(record: BundleRecord, name: str) -> dict[str, FileRecord]:
    """Return the files of a bundle that a target needs to run; those of its folder if unknown."""
    target = TARGETS.get(name)
    exported = record.targets.get(name)
    folder = exported.folder if exported is not None else target.folder if target else name
    files = {at: file for at, file in record.files.items() if at.startswith(f"{folder}/")}
    if target is None or target.write is not None:
        return files
    names = [f"{folder}/{PROGRAM}{suffix}" for suffix in (target.program_suffix, ".pdiparams")]
    return {at: file for at, file in files.items() if at in names}
