"""Bundles on disk whose program is never run, for tests of what is around it."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from paddle_workbench.contract import BundleRecord, FileRecord, TensorSignature, Versions
from paddle_workbench.export.bundle_files import RECORD, record_of_file

IDS = TensorSignature(name="ids", dtype="int64", shape=(None, 4))
SCORES = TensorSignature(name="scores", dtype="float32", shape=(None, 2))


def record_with(files: dict[str, FileRecord], **fields: Any) -> BundleRecord:
    return BundleRecord(
        **{
            "name": "small",
            "version": "1",
            "task": "text-classification",
            "created_at": datetime(2026, 11, 29, tzinfo=timezone.utc),
            "inputs": (IDS,),
            "outputs": (SCORES,),
            "labels": ("bad", "good"),
            "provenance": Versions(python="3.11", platform="Linux", packages={}),
            "files": files,
            **fields,
        }
    )


def write_bundle(folder: Path, **fields: Any) -> BundleRecord:
    """Write a bundle of two files into a new folder."""
    (folder / "inference").mkdir(parents=True)
    (folder / "inference" / "inference.json").write_text("{}", encoding="utf-8")
    (folder / "vocabulary.json").write_text('["a"]', encoding="utf-8")
    names = ("inference/inference.json", "vocabulary.json")
    record = record_with({name: record_of_file(folder / name) for name in names}, **fields)
    (folder / RECORD).write_text(record.model_dump_json(), encoding="utf-8")
    return record


def change_record(folder: Path, **fields: Any) -> None:
    """Change fields of the record on disk, valid or not."""
    path = folder / RECORD
    content = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(content | fields), encoding="utf-8")
