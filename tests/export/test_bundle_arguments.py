"""Arguments that a bundle does not take are named, and nothing is written or changed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from paddle_workbench.contract import CharacterIds, CleanText, TextLine
from paddle_workbench.errors import BundleError, WorkbenchError
from paddle_workbench.export.bundle import Bundle
from paddle_workbench.export.differences.tracing import trace_difference
from paddle_workbench.export.ledger.ledger import Ledger

from .sentiment import CHARACTERS, OPTIONS, create

pytestmark = [pytest.mark.paddle, pytest.mark.usefixtures("imported_paddle")]


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


@pytest.mark.parametrize("path", [None, 3, b"sentiment", ["sentiment"]])
def test_value_that_is_not_a_path_is_named(exported: Bundle, tmp_path: Path, path: Any) -> None:
    uses: dict[str, Callable[[], Any]] = {
        "PW-X301": lambda: Bundle(path),
        "PW-X308": lambda: Bundle.from_program(tmp_path / "x", path, examples=[]),
        "PW-X409": lambda: create(path),
        "PW-X507": lambda: exported.to_html(path),
    }
    if path is not None:
        uses["PW-T102"] = lambda: trace_difference(exported, "很小", "onnx", files=path)
        uses["PW-L102"] = lambda: Ledger(exported, path=path)
    for code, use in uses.items():
        with pytest.raises(BundleError, match="is not a path") as caught:
            use()
        assert caught.value.code == code
    with pytest.raises(BundleError, match="is not a path"):
        exported.pack(path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("weights", [["int8"], {"mnn": "int8"}, 8, None])
def test_weights_that_are_not_a_name_are_rejected(exported: Bundle, weights: Any) -> None:
    for use in (exported.export, exported.preflight):
        with pytest.raises(BundleError, match="MNN has no .* weights") as caught:
            use("mnn", weights=weights)
        assert caught.value.code == "PW-X506"


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
