"""The files of an exported target are put into its bundle."""

from __future__ import annotations

import shutil
from datetime import datetime, timezone
from pathlib import Path

from ..contract import BundleRecord, Parity, TargetRecord
from ..errors import BundleError, StorageError
from ..storage import storage_error, write_model
from .bundle_files import RECORD, read_record, records_of_folder
from .provenance import package_versions
from .targets.registry import is_folder_of_target
from .targets.target import PROGRAM_FOLDER, Options, Target

__all__ = ["add_target", "made_again"]


def add_target(
    bundle: Path,
    exported: BundleRecord,
    target: Target,
    files: Path,
    parity: Parity,
    options: Options,
) -> BundleRecord:
    """Put the files of a target into a bundle; the record, written last, is what counts.

    Parameters
    ----------
    bundle : Path
        Its folder; the record in it must be locked.
    exported : BundleRecord
        That of the bundle that was exported.
    target : Target
    files : Path
        The folder with the files that the target has written.
    parity : Parity
    options : Options
        With which they were written.

    Returns
    -------
    BundleRecord
        With the target.

    Raises
    ------
    BundleError
        If the bundle was made again in the meantime.
    StorageError
        If the disk is full or the folder cannot be written. The bundle is unchanged.
    """
    record = read_record(bundle)
    if record.created_at != exported.created_at:
        raise made_again(bundle)
    _remove_unnamed(bundle, record)
    old = record.targets.get(target.name)
    folder = target.folder
    if target.write is not None:
        folder = _free_folder(bundle, target.folder)
        _copy(files, bundle / folder)
    kept = {
        name: file
        for name, file in record.files.items()
        if old is None or target.write is None or not name.startswith(f"{old.folder}/")
    }
    targets = record.targets | {
        target.name: TargetRecord(
            folder=folder,
            weights=options.weights,
            created_at=datetime.now(timezone.utc),
            versions=package_versions(target.packages) | dict(target.versions),
            parity=parity,
            without_passes=options.without,
        )
    }
    try:
        added = records_of_folder(bundle / folder, prefix=f"{folder}/") if target.write else {}
        record = record.model_copy(update={"targets": targets, "files": kept | added})
        write_model(bundle / RECORD, record)
    except StorageError:
        if target.write is not None:
            shutil.rmtree(bundle / folder, ignore_errors=True)
        raise
    # Only a folder of this target: a record from elsewhere may name another one.
    if target.write and old is not None and old.folder.partition("-")[0] == target.folder:
        shutil.rmtree(bundle / old.folder, ignore_errors=True)
    return record


def made_again(bundle: Path) -> BundleError:
    """Return the error for a bundle that another has replaced after it was opened."""
    return BundleError(
        f"{bundle} was made again after it was opened.",
        f'Open the new one: Bundle("{bundle}")',
        code="PW-X505",
    )


def _remove_unnamed(bundle: Path, record: BundleRecord) -> None:
    """Remove the folders of exports that were killed before the record named them."""
    named = {each.folder for each in record.targets.values()} | {PROGRAM_FOLDER}
    for path in bundle.iterdir():
        is_ours = is_folder_of_target(path.name) and path.name not in named
        if is_ours and path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)


def _copy(files: Path, folder: Path) -> None:
    """Copy the files of a target into a new folder, or leave nothing there."""
    try:
        # `shutil.copytree` would lose what the first error was.
        for path in [files, *sorted(files.rglob("*"))]:
            copy = folder / path.relative_to(files)
            if path.is_dir():
                copy.mkdir()
            else:
                shutil.copyfile(path, copy)
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise storage_error(folder, error) from error


def _free_folder(bundle: Path, name: str) -> str:
    """Return the name of a folder that does not exist, such as `onnx` or `onnx-2`."""
    names = [name, *(f"{name}-{number}" for number in range(2, 1000))]
    return next(each for each in names if not (bundle / each).exists())
