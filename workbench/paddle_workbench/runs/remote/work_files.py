"""The files of a run's work folder, as they travel to a node and back."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from ...errors import ClusterError
from ...settings import MEGABYTE
from .limits import FILES_VARIABLE

__all__ = ["Stamps", "changed_files", "pack", "stamps_of", "unpack"]

Stamps = dict[str, tuple[int, int]]
"""Size and time of change in nanoseconds of each file, by its path."""
_SHOWN = 3


def stamps_of(folder: Path) -> Stamps:
    """Return what tells whether the files of a folder have changed; links are not followed."""
    return {
        path.relative_to(folder).as_posix(): (status.st_size, status.st_mtime_ns)
        for path in _files(folder)
        for status in (path.stat(),)
    }


def pack(folder: Path, limit_bytes: int) -> bytes:
    """Return the files of a folder as a zip.

    Raises
    ------
    ClusterError
        If they are larger than the limit, together.
    """
    total = sum(size for size, _time in stamps_of(folder).values())
    if total > limit_bytes:
        raise ClusterError(
            f"The notebook and its files have {total / MEGABYTE:,.0f} MB; at most "
            f"{limit_bytes / MEGABYTE:,.0f} MB are sent to a node.",
            f"Keep large files where every node can read them, or set {FILES_VARIABLE}.",
        )
    return _zip(folder, sorted(stamps_of(folder)))


def changed_files(folder: Path, before: Stamps, limit_bytes: int) -> tuple[bytes, list[str], str]:
    """Return what has changed in a folder.

    Parameters
    ----------
    folder : Path
    before : dict
        As `stamps_of` returned it.
    limit_bytes : int
        The smallest files come first.

    Returns
    -------
    files : bytes
        New and changed files, as a zip.
    removed : list of str
    warning : str
        Which files are left out, because they are too large; empty if none.
    """
    after = stamps_of(folder)
    changed = sorted(
        (name for name, stamp in after.items() if before.get(name) != stamp),
        key=lambda name: (after[name][0], name),
    )
    kept: list[str] = []
    room = limit_bytes
    for name in changed:
        room -= after[name][0]
        if room < 0:
            break
        kept.append(name)
    left = changed[len(kept) :]
    warning = ""
    if left:
        more = f" and {len(left) - _SHOWN} more" if len(left) > _SHOWN else ""
        warning = (
            f"Files of the run stayed on the node and are lost, since all together are larger than "
            f"{limit_bytes / MEGABYTE:,.0f} MB: {', '.join(left[:_SHOWN])}{more}. "
            f"Write them where every node can, or set {FILES_VARIABLE}."
        )
    removed = [name for name in before if name not in after]
    return _zip(folder, sorted(kept)), removed, warning


def unpack(files: bytes, folder: Path, removed: list[str] | None = None) -> None:
    """Write the files of a zip into a folder, and remove others.

    Raises
    ------
    ClusterError
        If a path would be outside of the folder.
    OSError
        If a file cannot be written.
    """
    root = folder.resolve()
    with zipfile.ZipFile(io.BytesIO(files)) as archive:
        for name in archive.namelist():
            target = _inside(root, name)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.unlink(missing_ok=True)  # it may be a link to elsewhere
            target.write_bytes(archive.read(name))
            target.chmod(0o600)
    for name in removed or []:
        _inside(root, name).unlink(missing_ok=True)


def _inside(root: Path, name: str) -> Path:
    path = PurePosixPath(name)
    target = root / path
    # A folder on the way may be a link to elsewhere.
    is_inside = target.parent.resolve().is_relative_to(root)
    if path.is_absolute() or ".." in path.parts or not is_inside:
        raise ClusterError(f"A node has sent a file with the path {name!r}, which is not written.")
    return target


def _files(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            yield path


def _zip(folder: Path, names: list[str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name in names:
            # Not `write`: it refuses files from before 1980.
            archive.writestr(
                zipfile.ZipInfo(name), (folder / name).read_bytes(), zipfile.ZIP_DEFLATED, 1
            )
    return buffer.getvalue()
