"""A bundle that is not whole, was changed, or is hostile is rejected with one sentence."""

from __future__ import annotations

import errno
import json
import os
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from paddle_workbench.errors import BundleError, SchemaVersionError, StorageError
from paddle_workbench.export.bundle_files import RECORD, check_files, pack, read_record, unpack

from .records import change_record, write_bundle

ZipChange = Callable[[zipfile.ZipFile], Any]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_bundle(tmp_path / "small")
    return tmp_path / "small"


def test_unchanged_bundle_is_accepted(folder: Path) -> None:
    check_files(folder, read_record(folder).files)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda folder: (folder / "vocabulary.json").write_text('["b"]'), "its SHA-256 differs"),
        (lambda folder: (folder / "vocabulary.json").write_text("["), "its SHA-256 differs"),
        (lambda folder: (folder / "vocabulary.json").unlink(), "lacks its file vocabulary.json"),
        (
            lambda folder: (
                (folder / "vocabulary.json").rename(folder.parent / "elsewhere.json"),
                (folder / "vocabulary.json").symlink_to(folder.parent / "elsewhere.json"),
            ),
            "vocabulary.json is a link",
        ),
        (
            lambda folder: (
                (folder / "inference").rename(folder.parent / "elsewhere"),
                (folder / "inference").symlink_to(folder.parent / "elsewhere"),
            ),
            "inference.json is a link",
        ),
    ],
)
def test_rejects_changed_files(
    folder: Path, change: Callable[[Path], object], message: str
) -> None:
    change(folder)
    with pytest.raises(BundleError, match=message):
        check_files(folder, read_record(folder).files)


@pytest.mark.parametrize(
    "name",
    [
        "../x",
        "/etc/passwd",
        "a/../../x",
        "a\\..\\x",
        "C:/x",
        "a//b",
        "./a",
        "",
        "a\n",
        "bundle.json",
    ],
)
def test_rejects_names_outside_the_bundle(folder: Path, name: str) -> None:
    change_record(folder, files={name: {"sha256": "0" * 64, "bytes": 1}})
    with pytest.raises(BundleError, match="is not a path inside a bundle"):
        read_record(folder)


def test_rejects_more_bytes_than_the_limit(folder: Path) -> None:
    change_record(folder, files={"a": {"sha256": "0" * 64, "bytes": 2**40}})
    with pytest.raises(BundleError, match="the limit is"):
        read_record(folder)


def test_rejects_bundle_of_a_later_version(folder: Path) -> None:
    change_record(folder, schema_version=99)
    with pytest.raises(SchemaVersionError, match="newer version"):
        read_record(folder)


@pytest.mark.parametrize(
    ("field", "value"), [("task", "guess"), ("preprocessing", [{"step": "eval", "code": "1"}])]
)
def test_rejects_unknown_values(folder: Path, field: str, value: object) -> None:
    change_record(folder, **{field: value})
    with pytest.raises(BundleError, match=field):
        read_record(folder)


def test_rejects_vocabulary_outside_the_bundle(folder: Path) -> None:
    step = {"step": "character_ids", "vocabulary": "../secret.json", "length": 4}
    change_record(folder, preprocessing=[step])
    with pytest.raises(BundleError, match="names the vocabulary '../secret.json'"):
        read_record(folder)


@pytest.mark.parametrize("name", ["../other", "/etc", ".", "onnx"])
def test_rejects_target_outside_the_bundle(folder: Path, name: str) -> None:
    target = {"folder": name, "created_at": "2026-11-29T00:00:00Z", "versions": {}}
    parity = {
        "is_equal": True, "samples": 1, "largest_difference": 0, "tolerance": 0.001,
        "decisions": 0, "changed_decisions": 0,
    }  # fmt: skip
    change_record(folder, targets={"onnx": target | {"parity": parity}})
    with pytest.raises(BundleError, match=r"folder|in which it has no files"):
        read_record(folder)


def test_names_folder_that_is_not_a_bundle(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"is not a bundle: there is no bundle\.json"):
        read_record(tmp_path)
    with pytest.raises(BundleError, match="does not exist"):
        read_record(tmp_path / "missing")


def test_zip_file_is_the_same_whenever_it_is_made(folder: Path, tmp_path: Path) -> None:
    record = read_record(folder)
    pack(folder, record, tmp_path / "a.zip")
    os.utime(folder / "vocabulary.json", (0, 0))
    pack(folder, record, tmp_path / "b.zip")
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    unpack(tmp_path / "a.zip", tmp_path)
    check_files(tmp_path, read_record(tmp_path).files)


def test_zip_file_in_a_missing_folder_is_an_error(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="missing"):
        pack(folder, read_record(folder), tmp_path / "missing" / "a.zip")


def _link(archive: zipfile.ZipFile) -> None:
    entry = zipfile.ZipInfo("vocabulary.json")
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    archive.writestr(entry, "/etc/passwd")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda archive: archive.writestr("../escape", "x"), "does not name"),
        (lambda archive: archive.writestr("/tmp/escape", "x"), "does not name"),
        (lambda archive: archive.writestr("extra.py", "x"), "does not name"),
        (_link, "is a link"),
        (
            lambda archive: archive.writestr("vocabulary.json", "x" * 100_000),
            "more than the recorded 5",
        ),
    ],
)
def test_rejects_hostile_zip(folder: Path, tmp_path: Path, change: ZipChange, message: str) -> None:
    path = tmp_path / "hostile.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(folder / RECORD, RECORD)
        change(archive)
    target = tmp_path / "target"
    target.mkdir()
    with pytest.raises(BundleError, match=message):
        unpack(path, target)
    assert not (tmp_path / "escape").exists()
    assert sum(file.stat().st_size for file in target.rglob("*") if file.is_file()) < 10_000


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"no zip"])
def test_rejects_file_that_is_not_a_zip(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.zip"
    path.write_bytes(content)
    with pytest.raises(BundleError, match="not a zip file"):
        unpack(path, tmp_path / "target")


def test_rejects_truncated_zip(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "small.zip"
    pack(folder, read_record(folder), path)
    content = path.read_bytes()
    for size in (len(content) - 1, len(content) // 2):
        path.write_bytes(content[:size])
        with pytest.raises(BundleError):
            unpack(path, tmp_path / f"target-{size}")


def _zip(folder: Path, path: Path, contents: dict[str, bytes], *, without: str = "") -> Path:
    """Zip a bundle with other contents for some of its files."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in (RECORD, *read_record(folder).files):
            if name != without:
                archive.writestr(name, contents.get(name, (folder / name).read_bytes()))
    return path


def test_names_the_zip_file_whose_content_was_changed(folder: Path, tmp_path: Path) -> None:
    # And not the temporary folder that it was unpacked into.
    changed = _zip(folder, tmp_path / "changed.zip", {"vocabulary.json": b'["b"]'})
    with pytest.raises(BundleError, match=r"'vocabulary\.json' in .*changed\.zip is not the file"):
        unpack(changed, tmp_path / "one")
    less = _zip(folder, tmp_path / "less.zip", {}, without="vocabulary.json")
    with pytest.raises(BundleError, match=r"less\.zip lacks its file 'vocabulary\.json'"):
        unpack(less, tmp_path / "two")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_rejects_zip_with_a_file_twice(folder: Path, tmp_path: Path) -> None:
    path = _zip(folder, tmp_path / "twice.zip", {})
    with zipfile.ZipFile(path, "a") as archive:
        archive.write(folder / "vocabulary.json", "vocabulary.json")
    with pytest.raises(BundleError, match=r"twice\.zip contains 'vocabulary\.json' twice"):
        unpack(path, tmp_path / "target")


@pytest.mark.parametrize("compression", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_rejects_zip_with_broken_bytes(folder: Path, tmp_path: Path, compression: int) -> None:
    path = tmp_path / "broken.zip"
    with zipfile.ZipFile(path, "w", compression) as archive:
        archive.write(folder / RECORD, RECORD)
    content = bytearray(path.read_bytes())
    content[60:260] = b"\xff" * 200
    path.write_bytes(content)
    with pytest.raises(BundleError):
        unpack(path, tmp_path / "target")


def test_explains_zip_that_another_program_made_of_the_folder(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "other.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(folder / RECORD, f"sentiment/{RECORD}")
    with pytest.raises(BundleError, match=r"is in a folder, 'sentiment/bundle\.json'"):
        unpack(path, tmp_path / "target")


def test_explains_that_the_record_is_not_the_bundle(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="is the record of a bundle") as caught:
        unpack(folder / RECORD, tmp_path / "target")
    assert caught.value.hint == f"Open the folder that contains it: {folder}"


def test_path_without_a_name_is_an_error(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StorageError):
        pack(folder, read_record(folder), Path())
    assert not list(tmp_path.glob(".*"))


def test_name_that_is_too_long_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="cannot be read: File name too long"):
        read_record(tmp_path / ("x" * 300))


def test_file_that_cannot_be_read_is_named(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As root, who may run the tests, may read everything.
    packed = tmp_path / "small.zip"
    record = read_record(folder)
    pack(folder, record, packed)

    def refuse(path: Path, *_arguments: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(BundleError, match=r"inference\.json cannot be read: Permission denied"):
        check_files(folder, record.files)
    with pytest.raises(BundleError, match=r"small\.zip cannot be read: Permission denied"):
        unpack(packed, tmp_path / "target")


def test_rejects_zip_without_a_valid_record(tmp_path: Path) -> None:
    path = tmp_path / "small.zip"
    for content, message in (("[" * 5000, "nested too deeply"), (json.dumps({"name": 1}), "field")):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(RECORD, content)
        with pytest.raises(BundleError, match=message):
            unpack(path, tmp_path / "target")
