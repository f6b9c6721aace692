"""The files of a bundle: names that stay inside, digests, and zip files of untrusted origin."""

from __future__ import annotations

import hashlib
import lzma
import os
import shlex
import shutil
import stat
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from ..contract import BundleRecord, CharacterIds, FileRecord, invalid_field
from ..errors import BundleError, StorageError, clause_of
from ..reading import expanded, parse_json, storage_errors_as
from ..storage import check_schema_version, read_model, storage_error

__all__ = [
    "LEDGER",
    "MAX_BYTES",
    "MAX_LEDGER_BYTES",
    "RECORD",
    "check_files",
    "is_inside",
    "named_path",
    "pack",
    "read_record",
    "record_of_file",
    "records_of_folder",
    "unpack",
    "version_of",
]

RECORD = "bundle.json"
LEDGER = "ledger.json"
"""Measurements, which may be added at any time; the record does not name them."""
MAX_LEDGER_BYTES = 64 * 1024**2
MAX_BYTES = 8 * 1024**3
"""Most bytes of all files of a bundle together."""
MAX_FILES = 10_000
MAX_RECORD_BYTES = 16 * 1024**2

_HINT = "Make the bundle again, or get it again from where you have it."
# Zip files cannot store earlier years.
_ZIP_DATE = (1980, 1, 1, 0, 0, 0)
_CHUNK_BYTES = 1 << 20


def named_path(path: str | Path, *, code: str) -> Path:
    """Return a path that a caller passed, with `~` replaced by a home folder.

    Raises
    ------
    BundleError
        With the code, if it is not a path.
    """
    try:
        return expanded(path)
    except StorageError as error:
        raise BundleError(error.message, error.hint, code=code) from None


@storage_errors_as(BundleError)
def read_record(folder: Path) -> BundleRecord:
    """Read the record of a bundle in a folder, and check the names of its files.

    Raises
    ------
    BundleError
        If the folder has no valid record, or the record names a file outside the bundle.
    SchemaVersionError
        If a newer version of the workbench wrote it.
    """
    if not _exists(folder / RECORD):
        what = "is not a bundle" if _exists(folder) else "does not exist"
        raise BundleError(
            f"{folder} {what}: there is no {RECORD} in it.",
            "Check the path of the bundle.",
            code="PW-X301",
        )
    record = read_model(
        folder / RECORD, BundleRecord, kind="bundle record", limit_bytes=MAX_RECORD_BYTES
    )
    _check_record(record, folder)
    return record


def version_of(path: Path) -> tuple[int, int] | None:
    """Return what changes whenever a record is written, since it is a new file; None without it."""
    try:
        status = path.stat()
    except (OSError, ValueError):
        return None
    return status.st_ino, status.st_mtime_ns


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # reading it tells why
        return True


def check_files(folder: Path, files: Mapping[str, FileRecord]) -> None:
    """Compare files with their records.

    Raises
    ------
    BundleError
        If a file is missing, is not a regular file of this folder, or has another content.
    """
    root = folder.resolve()
    for name, expected in files.items():
        path = folder / name
        if path.is_symlink() or path.resolve() != root / name:
            raise BundleError(
                f"{path} is a link; a bundle contains only files.", _HINT, code="PW-X302"
            )
        if not path.is_file():
            raise BundleError(f"The bundle {folder} lacks its file {name}.", _HINT, code="PW-X302")
        try:
            actual = record_of_file(path)
        except OSError as error:
            raise BundleError(
                f"{path} cannot be read: {error.strerror}.",
                f"Check it: ls -l {shlex.quote(str(path))}",
                code="PW-X302",
            ) from error
        if actual != expected:
            raise BundleError(
                f"{path} is not the file that the bundle was made with: its SHA-256 differs.",
                _HINT,
                code="PW-X302",
            )


def record_of_file(path: Path) -> FileRecord:
    """Return the digest and the size of a file."""
    digest = hashlib.sha256()
    size = 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
            size += len(chunk)
    return FileRecord(sha256=digest.hexdigest(), bytes=size)


def records_of_folder(folder: Path, *, prefix: str = "") -> dict[str, FileRecord]:
    """Return the records of all files in a folder, by their paths after a prefix."""
    return {
        f"{prefix}{path.relative_to(folder).as_posix()}": record_of_file(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != RECORD
    }


def pack(folder: Path, record: BundleRecord, path: Path) -> None:
    """Write a bundle as one zip file, atomically; the same bundle always gives the same file."""
    temporary = path.parent / f".{path.name}.{os.getpid()}"  # the path may be `.`, without a name
    try:
        with zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
            extra = (LEDGER,) if (folder / LEDGER).is_file() else ()
            for name in (RECORD, *extra, *sorted(record.files)):
                entry = zipfile.ZipInfo(name, _ZIP_DATE)
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.external_attr = 0o644 << 16
                with (folder / name).open("rb") as source, archive.open(entry, "w") as target:
                    shutil.copyfileobj(source, target, _CHUNK_BYTES)
        temporary.replace(path)
    except OSError as error:
        raise storage_error(path, error) from error
    finally:
        temporary.unlink(missing_ok=True)


@storage_errors_as(BundleError)
def unpack(path: Path, folder: Path) -> None:
    """Write the files of a zipped bundle into an empty folder.

    Only the files that its record names are written, each with at most its recorded size.

    Raises
    ------
    BundleError
        If it is not a zip file, has no valid record, lacks a file of the record or has another
        content for it, or has an entry that is not a file of the record.
    SchemaVersionError
        If a newer version of the workbench wrote it.
    """
    if path.name == RECORD:
        raise BundleError(
            f"{path} is the record of a bundle, and not a bundle.",
            f"Open the folder that contains it: {path.parent}",
            code="PW-X301",
        )
    try:
        file = path.open("rb")
    except OSError as error:
        raise BundleError(
            f"{path} cannot be read: {error.strerror}.",
            f"Check it: ls -l {shlex.quote(str(path))}",
            code="PW-X303",
        ) from error
    try:
        with file, zipfile.ZipFile(file) as archive:
            record = _record_in(archive, path)
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            _check_entries(entries, record, path)
            for entry in entries:
                _extract(archive, entry, record, folder, path)
            for name in record.files.keys() - {entry.filename for entry in entries}:
                raise BundleError(f"{path} lacks its file {name!r}.", _HINT, code="PW-X302")
    except _BROKEN as error:
        raise BundleError(
            f"{path} is not a zip file, or only part of one: {clause_of(error)}.",
            _HINT,
            code="PW-X303",
        ) from error
    except OSError as error:
        raise storage_error(folder, error) from error
    except (RuntimeError, ValueError) as error:  # encrypted; names with NUL
        raise BundleError(
            f"{path} cannot be unpacked: {clause_of(error)}.", _HINT, code="PW-X303"
        ) from error


_BROKEN = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    lzma.LZMAError,
    NotImplementedError,
    EOFError,
)


def _record_in(archive: zipfile.ZipFile, path: Path) -> BundleRecord:
    from pydantic import ValidationError

    try:
        with archive.open(RECORD) as file:
            content = file.read(MAX_RECORD_BYTES + 1)
    except KeyError as error:
        raise _no_record(archive, path) from error
    if len(content) > MAX_RECORD_BYTES:
        raise BundleError(f"The {RECORD} in {path} is larger than 16 MiB.", _HINT, code="PW-X304")
    values = parse_json(content, path / RECORD, kind="bundle record", hint=_HINT)
    check_schema_version(values, path / RECORD)
    try:
        record = BundleRecord.model_validate(values)
    except ValidationError as error:
        raise BundleError(
            f"{path / RECORD}: {invalid_field(error)}.", _HINT, code="PW-X304"
        ) from error
    _check_record(record, path)
    return record


def _no_record(archive: zipfile.ZipFile, path: Path) -> BundleError:
    """Return the error for a zip file without a record, as other programs zip a folder."""
    inner = [name for name in archive.namelist() if name.endswith(f"/{RECORD}")]
    if len(inner) == 1:
        return BundleError(
            f"{path} is not a bundle: its {RECORD} is in a folder, {inner[0]!r}.",
            "Unpack it, and pack the folder: workbench bundle pack FOLDER ZIP",
            code="PW-X301",
        )
    return BundleError(
        f"{path} is not a bundle: there is no {RECORD} in it.", _HINT, code="PW-X301"
    )


def _check_entries(entries: Sequence[zipfile.ZipInfo], record: BundleRecord, path: Path) -> None:
    """Reject entries that are not files of the record, or that come twice."""
    seen = set()
    for entry in entries:
        _check_entry(entry, record, path)
        if entry.filename in seen:
            raise BundleError(f"{path} contains {entry.filename!r} twice.", _HINT, code="PW-X305")
        seen.add(entry.filename)


def _check_entry(entry: zipfile.ZipInfo, record: BundleRecord, path: Path) -> None:
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise BundleError(
            f"{entry.filename!r} in {path} is a link; bundles contain only files.",
            _HINT,
            code="PW-X305",
        )
    if entry.filename not in (RECORD, LEDGER) and entry.filename not in record.files:
        raise BundleError(
            f"{path} contains {entry.filename!r}, which its {RECORD} does not name.",
            _HINT,
            code="PW-X305",
        )


def _extract(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, record: BundleRecord, folder: Path, path: Path
) -> None:
    limits = {RECORD: MAX_RECORD_BYTES, LEDGER: MAX_LEDGER_BYTES}
    limit = limits.get(entry.filename) or record.files[entry.filename].bytes
    target = folder / entry.filename
    target.parent.mkdir(parents=True, exist_ok=True)
    size = 0
    digest = hashlib.sha256()
    with archive.open(entry) as source, target.open("xb") as file:
        while chunk := source.read(_CHUNK_BYTES):
            size += len(chunk)
            if size > limit:
                raise BundleError(
                    f"{entry.filename!r} in {path} has more than the recorded {limit} bytes.",
                    _HINT,
                    code="PW-X305",
                )
            digest.update(chunk)
            file.write(chunk)
    expected = record.files.get(entry.filename)
    if expected is not None and FileRecord(sha256=digest.hexdigest(), bytes=size) != expected:
        raise BundleError(
            f"{entry.filename!r} in {path} is not the file that the bundle was made with: "
            "its SHA-256 differs.",
            _HINT,
            code="PW-X302",
        )


def _check_record(record: BundleRecord, path: Path) -> None:
    """Reject names that point outside the bundle, wherever the record has one."""
    _check_names(record.files, path)
    for step in record.preprocessing:
        if isinstance(step, CharacterIds) and step.vocabulary not in record.files:
            raise BundleError(
                f"{path} names the vocabulary {step.vocabulary!r}, which is not one of its files.",
                _HINT,
                code="PW-X304",
            )
    for name, target in record.targets.items():
        if not any(file.startswith(f"{target.folder}/") for file in record.files):
            raise BundleError(
                f"{path} names the folder {target.folder!r} for {name}, in which it has no files.",
                _HINT,
                code="PW-X304",
            )


def _check_names(files: Mapping[str, FileRecord], path: Path) -> None:
    for name in files:
        if not is_inside(name):
            raise BundleError(
                f"{path} names the file {name!r}, which is not a path inside a bundle.",
                _HINT,
                code="PW-X305",
            )
    total = sum(file.bytes for file in files.values())
    if total > MAX_BYTES or len(files) > MAX_FILES:
        raise BundleError(
            f"{path} names {len(files)} files of {total / 1024**3:.1f} GiB; the limit is "
            f"{MAX_FILES} files of {MAX_BYTES // 1024**3} GiB.",
            _HINT,
            code="PW-X305",
        )


def is_inside(name: str) -> bool:
    """Return whether a name is a path inside a bundle, in its only spelling, and not its record."""
    parts = PurePosixPath(name).parts
    return (
        bool(parts)
        and not {"..", "/", "//"} & set(parts)
        and ":" not in parts[0]
        and name == "/".join(parts)
        and "\\" not in name
        and name.isprintable()
        and name not in (RECORD, LEDGER)
    )
