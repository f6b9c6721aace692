"""A network as a bundle: made, opened, exported, used, and never left half written."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from paddle_workbench.cli.bundle import command as bundle_command
from paddle_workbench.cli.export import command as export_command
from paddle_workbench.contract import BundleRecord, CharacterIds, CleanText, TextLine
from paddle_workbench.errors import BundleError, StorageError, WorkbenchError
from paddle_workbench.export import adding, bundle, bundle_process, edge_cases, saving
from paddle_workbench.export.bundle import Bundle
from paddle_workbench.export.differences.tracing import trace_difference
from paddle_workbench.export.pipeline import Pipeline, open_pipeline
from paddle_workbench.program.passes.saving import save_program

pytestmark = [pytest.mark.paddle, pytest.mark.usefixtures("imported_paddle")]

CHARACTERS = ("<pad>", "<unk>", *"房间很干净小但是下次还会住")
OPTIONS: dict[str, Any] = {
    "examples": ["房间很干净", "很小"],
    "task": "text-classification",
    "labels": ["差评", "好评"],
    "preprocessing": [CleanText(), CharacterIds(vocabulary="vocabulary.json", length=8)],
    "files": {"vocabulary.json": CHARACTERS},
    "metrics": {"accuracy": 0.5},
    "licence": "Apache-2.0",
}


def create(path: Path, *, seed: int = 0, **options: Any) -> Bundle:
    import paddle
    from paddle.static import InputSpec

    from .networks import Classifier

    paddle.seed(seed)
    spec = [InputSpec([None, None], "int64", "ids")]
    return Bundle.create(path, Classifier(), input_spec=spec, **(OPTIONS | options))


@pytest.fixture(scope="module")
def exported(imported_paddle: None, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """A bundle that was exported to every target; tests do not change it."""
    bundle = create(tmp_path_factory.mktemp("bundles") / "sentiment")
    for target in ("inference", "onednn", "onnx", "browser"):
        assert bundle.export(target).is_accepted
    return bundle


@pytest.fixture
def copy(exported: Bundle, tmp_path: Path) -> Bundle:
    shutil.copytree(exported.folder, tmp_path / "sentiment")
    return Bundle(tmp_path / "sentiment")


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


def test_never_replaces_another_folder(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "notes.txt").write_text("mine")
    with pytest.raises(BundleError, match="is not a bundle; it was left unchanged"):
        create(tmp_path / "work")
    assert (tmp_path / "work" / "notes.txt").read_text() == "mine"


def test_names_what_cannot_be_traced(tmp_path: Path) -> None:
    from paddle.static import InputSpec

    with pytest.raises(BundleError, match=r"Expected a paddle\.nn\.Layer, got function"):
        Bundle.create(tmp_path / "f", create, input_spec=[InputSpec([1])], examples=[np.ones(1)])


@pytest.mark.parametrize("input_spec", [None, [], "x"])
def test_input_spec_that_is_not_a_list_is_named(tmp_path: Path, input_spec: Any) -> None:
    from .networks import RowMeans

    with pytest.raises(BundleError, match="input_spec is .*, and not a list") as caught:
        Bundle.create(tmp_path / "x", RowMeans(), input_spec=input_spec, examples=[])
    assert caught.value.code == "PW-X402"


def test_inputs_with_one_name_are_rejected(tmp_path: Path) -> None:
    # Paddle saves them, and then neither the Predictor nor ONNX Runtime loads the program.
    from paddle.static import InputSpec

    from .networks import GivenLengths

    spec = [InputSpec([2, 3, 4], "float32", "x"), InputSpec([2], "int64", "x")]
    with pytest.raises(BundleError, match="two of its inputs are named 'x'") as caught:
        Bundle.create(tmp_path / "x", GivenLengths(), input_spec=spec, examples=[])
    assert caught.value.code == "PW-X406"


def test_network_that_returns_nothing_is_rejected(tmp_path: Path) -> None:
    from paddle.static import InputSpec

    from .networks import Silent

    spec = [InputSpec([2, 4], "float32", "x")]
    with pytest.raises(BundleError, match="it returns no tensor") as caught:
        Bundle.create(tmp_path / "x", Silent(), input_spec=spec, examples=[])
    assert caught.value.code == "PW-X406"


def test_program_with_nan_is_rejected(tmp_path: Path) -> None:
    from paddle.static import InputSpec

    from .networks import NotANumber

    spec = [InputSpec([2, 4], "float32", "x")]
    with pytest.raises(BundleError, match="it contains the number NaN") as caught:
        Bundle.create(tmp_path / "x", NotANumber(), input_spec=spec, examples=[])
    assert caught.value.code == "PW-X406"


def test_layers_that_are_not_registered_are_named(tmp_path: Path) -> None:
    from paddle.static import InputSpec

    from .networks import Listed

    with pytest.raises(BundleError, match="2 parameters do not belong to the network") as caught:
        Bundle.create(
            tmp_path / "a", Listed(), input_spec=[InputSpec([1, 4])],
            examples=[np.ones((1, 4), np.float32)],
        )  # fmt: skip
    assert caught.value.hint == "Use nn.LayerList or nn.LayerDict."
    assert list(tmp_path.iterdir()) == []


def test_unknown_targets_and_missing_exports(exported: Bundle, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="no target 'tflite'"):
        exported.preflight("tflite")
    with pytest.raises(BundleError, match=r"no target \['onnx'\]"):
        exported.preflight(["onnx"])  # type: ignore[arg-type]
    with pytest.raises(BundleError, match=r"no target \['onnx'\]"):
        exported.predict("很小", target=["onnx"])  # type: ignore[arg-type]
    with pytest.raises(BundleError, match=r"The number of threads is \[2\]"):
        exported.predict("很小", threads=[2])  # type: ignore[arg-type]
    with pytest.raises(BundleError, match="was not exported to 'onnx'"):
        create(tmp_path / "new").predict("很小", target="onnx")


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


@pytest.mark.parametrize(
    "name",
    [
        "../escape.json",
        "/tmp/escape.json",
        "a\n",
        "bundle.json",
        "steps/bundle.json",
        "ledger.json",
        ".bundle.json.lock",
        "inference/x",
        "onnx-2/x",
        "samples",
        "vocabulary.json/x",
        7,
    ],
)
def test_name_that_is_not_free_in_the_bundle_is_rejected(copy: Bundle, name: Any) -> None:
    with pytest.raises(BundleError, match="cannot be the name of a file in the bundle") as caught:
        create(copy.path, files=OPTIONS["files"] | {name: ["a"]})
    assert caught.value.code == "PW-X409"
    assert [each.name for each in copy.path.parent.iterdir()] == ["sentiment"]
    assert Bundle(copy.path).record == copy.record


def test_file_may_be_in_a_folder(tmp_path: Path) -> None:
    steps = [CharacterIds(vocabulary="words/all.json", length=8)]
    files = {"words/all.json": CHARACTERS}
    bundle = create(tmp_path / "sentiment", preprocessing=steps, files=files)
    assert bundle.predict("很小").label in ("差评", "好评")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"labels": [0, 1]}, "field 'labels.0' is 0"),
        ({"labels": {"差评", "好评"}}, "labels is {.*}, and not a list of texts"),
        ({"labels": 2}, "labels is 2, and not a list of texts"),
        ({"labels": ["\ud800", "好评"]}, "half a surrogate pair"),
        ({"task": "classification"}, "field 'task' is 'classification'"),
        ({"version": 2}, "field 'version' is 2"),
        ({"licence": None}, "field 'licence' is None"),
        ({"metrics": {"accuracy": "90 %"}}, "field 'metrics.accuracy' is '90 %'"),
        ({"metrics": 0.9}, "metrics is 0.9, and not a dict of numbers"),
        ({"files": ["vocabulary.json"]}, "files is .*, and not a dict of vocabularies"),
        ({"postprocessing": CleanText()}, "is not a step of a bundle"),
        ({"postprocessing": [CleanText()]}, "is not a step of a bundle"),
        ({"files": {"vocabulary.json": 3}}, "A vocabulary is a list of texts"),
        ({"examples": ["房间", 3]}, "takes texts, got int"),
        ({"held_out": None}, "Expected a list of inputs, got NoneType"),
        ({"held_out": (text for text in ["房间"])}, "Expected a list of inputs, got generator"),
        ({"held_out": np.float32(3)}, "Expected a list of inputs, got float32"),
    ],
)
def test_wrong_argument_is_named_before_the_network_is_traced(
    tmp_path: Path, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(BundleError, match=message):
        Bundle.create(tmp_path / "x", Untraceable(), input_spec=[], **(OPTIONS | options))
    assert list(tmp_path.iterdir()) == []


class Untraceable:
    """Not a network."""


@pytest.mark.parametrize("name", ["a\0b", "b" * 300, "c/" * 3000, "\ud800"])
def test_path_that_is_not_valid_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(WorkbenchError):
        create(tmp_path / name)
    with pytest.raises(BundleError):
        Bundle(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_record_that_could_not_be_opened_again_leaves_the_old_bundle(copy: Bundle) -> None:
    with pytest.raises(BundleError, match="the limit for a bundle record is 16 MB") as caught:
        create(copy.path, licence="x" * 17 * 2**20)
    assert str(copy.path / "bundle.json") in caught.value.message
    assert Bundle(copy.path).record == copy.record


@pytest.fixture(scope="module")
def numbers(imported_paddle: None, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """A bundle without steps."""
    import paddle
    from paddle.static import InputSpec

    spec = [InputSpec([None, 4], "float32", "x")]
    path = tmp_path_factory.mktemp("bundles") / "numbers"
    example = np.ones((2, 4), np.float32)
    return Bundle.create(path, paddle.nn.Linear(4, 2), input_spec=spec, examples=[example])


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([np.ones((2, 4))], "for x is an array of float64 instead of float32"),
        ([np.ones((2, 5), np.float32)], r"has the shape \(2, 5\) instead of \(\?, 4\)"),
        ([np.ones(4, np.float32)], r"has the shape \(4,\) instead of"),
        ([[[1.0, 2.0], [3.0]]], r"\[\[1.0, 2.0\], \[3.0\]\] is not an array"),
        ([], "one array for each of x, got 0"),
        (None, "for x is an array of object"),
    ],
)
def test_array_that_the_program_does_not_take_is_named(
    numbers: Bundle, value: Any, message: str
) -> None:
    with pytest.raises(BundleError, match=message) as caught:
        numbers.predict(value)
    assert caught.value.code == "PW-X504"


def test_array_that_is_traced_is_checked_alike(numbers: Bundle) -> None:
    with pytest.raises(BundleError, match="for x is an array of float64 instead of float32"):
        trace_difference(numbers, [np.ones((2, 4))], "inference")


def test_array_in_another_byte_order_is_taken(numbers: Bundle) -> None:
    x = np.random.default_rng(0).random((3, 4), np.float32)
    (expected,) = numbers.predict([x])
    (result,) = numbers.predict([x.astype(">f4")])
    np.testing.assert_array_equal(result, expected)


def test_steps_that_make_another_size_are_named(tmp_path: Path) -> None:
    # A longer line of text becomes wider than the network takes.
    import paddle
    from paddle.static import InputSpec

    bundle = Bundle.create(
        tmp_path / "lines",
        paddle.nn.Flatten(),
        input_spec=[InputSpec([None, 3, 8, 16], "float32", "x")],
        examples=[np.zeros((8, 16, 3), np.uint8)],
        preprocessing=[TextLine(height=8, narrowest=16)],
    )
    with pytest.raises(BundleError, match=r"make for x has the shape \(1, 3, 8, 40\)") as caught:
        bundle.predict(np.zeros((8, 40, 3), np.uint8))
    assert "None for the sizes in input_spec" in caught.value.hint


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


@pytest.mark.parametrize("without", [7, None, [7]])
def test_passes_that_are_not_names_are_rejected(exported: Bundle, without: Any) -> None:
    for use in (exported.export, exported.preflight):
        with pytest.raises(BundleError, match="not a list of the names of passes") as caught:
            use("onednn", without=without)
        assert caught.value.code == "PW-X506"


def test_batch_that_the_program_does_not_take_is_named_on_every_target(tmp_path: Path) -> None:
    from paddle.static import InputSpec

    from .networks import Classifier

    bundle = Bundle.create(
        tmp_path / "pairs",
        Classifier(),
        input_spec=[InputSpec([2, 8], "int64", "ids")],
        **OPTIONS,
    )
    targets = ("inference", "onednn", "onnx", "browser", "mnn")
    for target in targets[1:]:
        bundle.export(target)
    for target in targets:
        assert len(bundle.predict(["很小", "房间"], target=target)) == 2
        for values in ("很小", ["很小"], ["很小"] * 3):
            with pytest.raises(BundleError, match="pairs takes exactly 2 inputs at once") as caught:
                bundle.predict(values, target=target)
            assert caught.value.hint.startswith("Pass a list of 2, or make the bundle again")
    with pytest.raises(BundleError, match="exactly 2 inputs at once, and a sample is one"):
        trace_difference(bundle, "很小", "inference")
