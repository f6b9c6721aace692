"""A bundle that is opened again, twice, or after it was made again."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from paddle_workbench.contract import BundleRecord
from paddle_workbench.errors import BundleError
from paddle_workbench.export import bundle
from paddle_workbench.export.bundle import Bundle
from paddle_workbench.export.pipeline import Pipeline, open_pipeline

from .sentiment import create

pytestmark = [pytest.mark.paddle, pytest.mark.usefixtures("imported_paddle")]


def test_zip_file_is_used_like_the_folder(exported: Bundle, tmp_path: Path) -> None:
    path = exported.pack(tmp_path / "sentiment.zip")
    again = Bundle(path)
    assert again.record == exported.record
    assert again.predict("很小", target="onnx") == exported.predict("很小", target="onnx")
    with pytest.raises(BundleError, match="is a zip file"):
        again.export("onnx")


def test_creating_again_replaces_the_bundle(tmp_path: Path) -> None:
    first = create(tmp_path / "sentiment")
    old = first.predict("很小")
    second = create(tmp_path / "sentiment", seed=1, version="2")
    assert (first.record.version, Bundle(tmp_path / "sentiment").record.version) == ("1", "2")
    assert second.predict("很小") != old
    assert first.predict("很小") == old  # it is loaded
    assert [path.name for path in tmp_path.iterdir()] == ["sentiment"]


def test_bundle_that_is_open_twice_sees_the_exports_of_the_other(copy: Bundle) -> None:
    other = Bundle(copy.path)
    expected = copy.predict("房间", target="onnx")
    other.export("onnx")  # into another folder; the old one is removed
    assert copy.record == other.record
    assert copy.predict("房间", target="onnx") == expected
    other.export("mnn", weights="int8")
    assert copy.predict("房间", target="mnn").label == expected.label
    assert copy.preflight("onnx").is_accepted


def test_target_that_is_exported_while_it_is_opened_is_opened_again(
    copy: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = []

    def open_and_export(record: BundleRecord, *arguments: Any) -> Pipeline:
        folders.append(record.targets["onnx"].folder)
        opened = open_pipeline(record, *arguments)
        if len(folders) == 1:
            copy.export("onnx")  # as another thread may do
        return opened

    monkeypatch.setattr(bundle, "open_pipeline", open_and_export)
    expected = copy.predict("房间", target="onnx")
    assert copy.predict("房间", target="onnx") == expected
    assert folders == ["onnx", "onnx-2"]


def test_changed_file_of_an_export_of_the_other_is_rejected(copy: Bundle) -> None:
    other = Bundle(copy.path)
    other.export("onnx")
    model = copy.path / other.record.targets["onnx"].folder / "model.onnx"
    model.write_bytes(model.read_bytes() + b"x")
    with pytest.raises(BundleError, match="its SHA-256 differs"):
        copy.predict("房间", target="onnx")


@pytest.mark.parametrize(
    "use",
    [
        lambda bundle: bundle.predict("很小"),
        lambda bundle: bundle.predict("很小", target="onnx"),
        lambda bundle: bundle.export("onnx"),
        lambda bundle: bundle.preflight("onnx"),
        lambda bundle: bundle.samples,
        lambda bundle: bundle.examples,
        lambda bundle: bundle.program,
        lambda bundle: bundle.pack(bundle.path.parent / "old.zip"),
    ],
)
def test_bundle_that_was_made_again_is_not_mixed_with_the_old_one(
    copy: Bundle, replacement: Bundle, use: Callable[[Bundle], Any]
) -> None:
    shutil.rmtree(copy.path)
    shutil.copytree(replacement.path, copy.path)
    with pytest.raises(BundleError, match="was made again after it was opened") as caught:
        use(copy)
    assert (caught.value.code, caught.value.hint) == (
        "PW-X505",
        f'Open the new one: Bundle("{copy.path}")',
    )


@pytest.fixture(scope="module")
def replacement(imported_paddle: None, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    labels = ["好评", "差评"]
    return create(tmp_path_factory.mktemp("bundles") / "sentiment", seed=1, labels=labels)
