"""A network as a bundle: made, exported, used, and never left half written."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from paddle_workbench.cli.bundle import command as bundle_command
from paddle_workbench.cli.export import command as export_command
from paddle_workbench.errors import BundleError, StorageError
from paddle_workbench.export import adding, bundle_process, edge_cases, saving
from paddle_workbench.export.bundle import Bundle
from paddle_workbench.program.passes.saving import save_program

from .sentiment import create

pytestmark = [pytest.mark.paddle, pytest.mark.usefixtures("imported_paddle")]


def test_every_target_gives_the_same_result(exported: Bundle) -> None:
    expected = exported.predict("房间很干净")
    assert expected.label in ("差评", "好评")
    for target in ("onednn", "onnx", "browser"):
        result = exported.predict("房间很干净", target=target)
        assert result.label == expected.label
        assert result.score == pytest.approx(expected.score, abs=1e-5)
    batch = exported.predict(["房间", "小"], target="onnx")
    assert [each.label for each in batch] == [
        exported.predict(each).label for each in ("房间", "小")
    ]


def test_records_what_a_user_needs(exported: Bundle) -> None:
    record = exported.record
    assert (record.name, record.metrics, record.licence) == (
        "sentiment",
        {"accuracy": 0.5},
        "Apache-2.0",
    )
    assert [(each.name, each.dtype, each.shape) for each in record.inputs] == [
        ("ids", "int64", (None, None))
    ]
    assert record.outputs[0].shape == (None, 2)
    onnx = record.targets["onnx"]
    assert set(onnx.versions) == {"paddle2onnx", "onnx", "onnxruntime"}
    assert onnx.parity.samples == 5
    assert (onnx.parity.decisions, onnx.parity.changed_decisions) == (10, 0)
    assert record.provenance.packages["paddlepaddle"]


def test_contains_no_path_of_this_machine(exported: Bundle) -> None:
    """Neither the folder of the code, nor that of the bundle, nor that of Paddle."""
    files = [op.line.file for op in exported.program.walk() if op.line is not None]
    assert files
    assert all(name.endswith("networks.py") and not Path(name).is_absolute() for name in files)
    for path in exported.folder.rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        for folder in (Path(__file__).parents[2], exported.folder.parent, Path.home()):
            assert str(folder).encode() not in content, path


def test_export_again_replaces_the_target(copy: Bundle) -> None:
    old = copy.record.targets["onnx"].folder
    copy.export("onnx")
    again = Bundle(copy.path)
    folder = again.record.targets["onnx"].folder
    assert folder != old
    assert not (copy.folder / old).exists()
    assert {name.split("/")[0] for name in again.record.files} >= {folder, "inference", "samples"}


def test_export_in_jupyterlab_keeps_what_was_chosen(
    copy: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy.export("onednn", without="inplace_pass")
    before = copy.record.targets["onednn"].created_at
    monkeypatch.chdir(tmp_path)  # it leaves its answer there
    bundle_process.main("export", str(copy.path), "onednn")
    target = Bundle(copy.path).record.targets["onednn"]
    assert target.created_at > before
    assert target.without_passes == ("inplace_pass",)


def test_interrupted_export_leaves_the_bundle_whole(
    copy: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def stop(*_arguments: object) -> None:
        raise Killed

    before = copy.record
    monkeypatch.setattr(adding, "write_model", stop)
    with pytest.raises(Killed):
        copy.export("onnx")
    again = Bundle(copy.path)
    assert again.record == before
    assert again.predict("很小", target="onnx")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"labels": ["one"]}, "has 1 labels"),
        ({"examples": []}, "list of inputs is empty"),
        ({"examples": [3]}, "takes texts"),
    ],
)
def test_failed_creation_leaves_the_old_bundle(
    copy: Bundle, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(BundleError, match=message):
        create(copy.path, **options)
    assert Bundle(copy.path).record == copy.record
    assert [path.name for path in copy.path.parent.iterdir()] == ["sentiment"]


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_metric_that_json_lacks_leaves_the_old_bundle(tmp_path: Path, value: float) -> None:
    create(tmp_path / "sentiment")
    with pytest.raises((ValueError, BundleError), match="finite"):
        create(tmp_path / "sentiment", metrics={"accuracy": value})
    assert Bundle(tmp_path / "sentiment").record.metrics == {"accuracy": 0.5}


@pytest.mark.parametrize("name", ["inference.pdiparams", "inference.json"])
def test_full_disk_leaves_the_old_bundle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    # Paddle writes what fits, and says nothing.
    old = create(tmp_path / "sentiment").record

    def save_a_part(*arguments: Any, **options: Any) -> None:
        save_program(*arguments, **options)
        saved = arguments[2] / name
        saved.write_bytes(saved.read_bytes()[:500])

    monkeypatch.setattr(saving, "save_program", save_a_part)
    with pytest.raises(BundleError, match="Paddle wrote") as caught:
        create(tmp_path / "sentiment", version="2")
    assert (caught.value.code, caught.value.hint[:15]) == ("PW-X406", "Free some space")
    assert Bundle(tmp_path / "sentiment").record == old


def test_full_disk_during_an_export_leaves_the_bundle_whole(
    copy: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = {path.name for path in copy.path.iterdir()} | {".bundle.json.lock"}
    copyfile = shutil.copyfile

    def fill_the_disk(source: Any, target: Any, **options: Any) -> Any:
        if copy.path in Path(target).parents:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return copyfile(source, target, **options)

    monkeypatch.setattr(shutil, "copyfile", fill_the_disk)
    with pytest.raises(StorageError, match="The disk is full: .*onnx-2 was not written"):
        copy.export("onnx")
    monkeypatch.undo()
    assert {path.name for path in copy.path.iterdir()} == names
    assert Bundle(copy.path).record == copy.record
    # The record may be what does not fit.
    monkeypatch.setattr(os, "fsync", fill_the_disk_at_once)
    with pytest.raises(StorageError, match=r"The disk is full: .*bundle\.json was not written"):
        copy.export("onnx")
    monkeypatch.undo()
    assert {path.name for path in copy.path.iterdir()} == names
    assert Bundle(copy.path).record == copy.record


def fill_the_disk_at_once(*_arguments: Any, **_options: Any) -> Any:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_full_disk_is_named_with_the_bundle_and_not_its_draft(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "write_text", fill_the_disk_at_once)
    with pytest.raises(StorageError, match="The disk is full: .*/sentiment was not written"):
        create(tmp_path / "sentiment")
    assert list(tmp_path.iterdir()) == []


def test_full_folder_for_temporary_files_leaves_the_old_bundle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # An empty legacy program was taken for one, and an edge case for one that the network refuses.
    old = create(tmp_path / "sentiment").record
    hint = "set TMPDIR to a folder on another disk"
    monkeypatch.setattr(Path, "write_bytes", write_nothing)
    with pytest.raises(StorageError, match="The disk is full: .*-legacy-") as caught:
        create(tmp_path / "sentiment", version="2")
    assert hint in caught.value.hint
    monkeypatch.undo()
    monkeypatch.setattr(edge_cases, "np", SimpleNamespace(savez=fill_the_disk_at_once))
    with pytest.raises(StorageError, match="The disk is full: .*-edge-case-") as caught:
        create(tmp_path / "sentiment", version="2")
    assert hint in caught.value.hint
    assert Bundle(tmp_path / "sentiment").record == old


def write_nothing(path: Path, _content: bytes) -> int:
    path.open("wb").close()
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_commands(copy: Bundle) -> None:
    runner = CliRunner()
    shown = runner.invoke(bundle_command, ["show", str(copy.path)])
    assert "onnx       equal to the eager network on 5 samples" in shown.output
    verified = runner.invoke(bundle_command, ["verify", str(copy.path)])
    assert verified.output.startswith(f"{copy.path} is unchanged: ")
    packed = runner.invoke(bundle_command, ["pack", str(copy.path), f"{copy.path}.zip"])
    assert packed.output.strip() == f"{copy.path}.zip"
    files = sorted(copy.path.rglob("*"))
    checked = runner.invoke(export_command, [str(copy.path), "--to", "onnx", "--check-only"])
    assert (checked.exit_code, checked.output.startswith("onnx: equal")) == (0, True)
    assert sorted(copy.path.rglob("*")) == files


def test_network_that_ends_the_process_on_no_rows_leaves_this_one(tmp_path: Path) -> None:
    from paddle.static import InputSpec

    from .networks import GivenLengths

    bundle = Bundle.create(
        tmp_path / "lengths",
        GivenLengths(),
        input_spec=[InputSpec([None, 5, 4], "float32", "x"), InputSpec([None], "int64", "n")],
        examples=[np.ones((2, 5, 4), np.float32), np.array([5, 3])],
    )
    (empty,) = (sample for sample in bundle.samples if sample.name == "no rows")
    assert (empty.outputs, empty.error) == (None, "the process was killed by SIGFPE")
