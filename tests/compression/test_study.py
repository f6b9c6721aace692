"""A report of a real bundle, and what is measured of several changes together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from paddle_workbench.compression import CompressionStudy, compression_report, quantize
from paddle_workbench.compression.estimates import checked_settings, estimate, recipe_for
from paddle_workbench.compression.pruning import channel_groups
from paddle_workbench.contract import CompressionReport, JobProgress, LayerReport
from paddle_workbench.errors import CompressionError
from paddle_workbench.export.bundle import Bundle

from ..export.sentiment import create
from .conftest import pictures_of

pytestmark = [pytest.mark.paddle, pytest.mark.usefixtures("imported_paddle")]

DATA, INPUTS = [pictures_of(32, seed=102)], [pictures_of(64, seed=300)]
TRUTH = [*"abcd"] * 16
NAN = pictures_of(8)
NAN[3, 0, 0, 0] = np.nan


@pytest.fixture(scope="module")
def study(parent: Bundle) -> CompressionStudy:
    return CompressionStudy(parent, data=DATA, inputs=INPUTS, truth=TRUTH)


@pytest.fixture(scope="module")
def steps() -> list[JobProgress]:
    return []


@pytest.fixture(scope="module")
def report(study: CompressionStudy, steps: list[JobProgress]) -> CompressionReport:
    return study.report(bits=(8, 2), shares=(0.5, 0.25), listener=steps.append)


@pytest.fixture
def layers(report: CompressionReport) -> dict[str, LayerReport]:
    return {layer.name: layer for layer in report.layers}


def test_has_a_row_for_each_layer(layers: dict[str, LayerReport]) -> None:
    assert list(layers) == ["stem.0", "branch.0", "branch.3", "wide", "scores"]
    stem = layers["stem.0"]
    assert (stem.op, stem.shape, stem.parameters) == ("Conv", (16, 3, 3, 3), 448)
    assert stem.line.startswith("networks.py:")
    for layer in layers.values():
        assert [each.bits for each in layer.precisions] == [32, 8, 2]
        assert layer.weights is not None
        assert sum(layer.weights.counts) == np.prod(layer.shape)
        assert layer.activations is not None
        assert len(layer.activations.counts) <= 64
        eight, two = (each.weights for each in layer.precisions[1:])
        assert eight is not None
        assert two is not None
        assert eight.axis is not None
        assert len(eight.scales) == layer.shape[eight.axis]
        assert (eight.snr_db or 0) > 40 > 10 > (two.snr_db or 0)
        assert (two.largest_error or 0) > 20 * (eight.largest_error or 0)
        taken = layer.precisions[1].activations
        assert taken is not None
        assert (taken.lowest, taken.highest) == (0, 255)
        assert (taken.snr_db or 0) > 35
        assert taken.saturated is not None
        assert taken.saturated < 0.001


def test_the_first_layer_of_a_group_has_its_channels(
    layers: dict[str, LayerReport], parent: Bundle
) -> None:
    groups = {group.name: group.channels for group in channel_groups(parent).prunable}
    assert groups == {"stem.0": 16, "branch.0": 16, "wide": 64}
    assert {name: each.channels for name, each in layers.items() if each.prunings} == groups
    half = next(each for each in layers["stem.0"].prunings if each.kept == 8)
    assert half.removed["branch.3"] == pytest.approx(0.5)
    assert set(half.removed) == {"stem.0", "branch.0", "branch.3", "wide"}


def test_reports_progress(report: CompressionReport, steps: list[JobProgress]) -> None:
    assert {each.total for each in steps} == {1 + 5 * 2 + 3 * 2 + 1}
    assert [each.done for each in steps] == sorted(each.done for each in steps)
    texts = [each.step.en for each in steps if each.step]
    assert "measuring wide: 2 bits" in texts
    assert "measuring wide: 48 channels" in texts


def test_an_estimate_is_near_what_is_measured(
    study: CompressionStudy, report: CompressionReport
) -> None:
    assert report.baseline.accuracy is not None
    assert report.baseline.accuracy > 0.7
    (int8,) = report.tries
    estimated = estimate(report, int8.settings)
    assert int8.name == "int8"
    assert int8.size_bytes < 0.6 * report.baseline.size_bytes
    assert estimated.size_bytes == pytest.approx(int8.size_bytes, rel=0.01)
    assert int8.latency_ms is not None

    steps: list[JobProgress] = []
    settings = {"stem.0": {"kept": 8}, "wide": {"kept": 48}}
    pruned = study.measure(settings, name="pruned", listener=steps.append)
    estimated = estimate(report, settings)
    assert pruned.name == "pruned"
    assert pruned.settings == checked_settings(report, settings)
    assert pruned.size_bytes == pytest.approx(estimated.size_bytes, rel=0.02)
    assert (pruned.decisions, pruned.is_measured) == (64, True)
    assert [each.step.en for each in steps[:4] if each.step] == [
        "pruning", "converting to ONNX", "running the inputs", "measuring the latency",
    ]  # fmt: skip


def test_what_one_layer_costs_alone_is_what_is_measured(
    study: CompressionStudy, report: CompressionReport, layers: dict[str, LayerReport]
) -> None:
    (two,) = (each for each in layers["scores"].precisions if each.bits == 2)
    measured = study.measure({"scores": {"bits": 2}})
    assert measured.changed_decisions == two.changed_decisions
    half = next(each for each in layers["stem.0"].prunings if each.kept == 8)
    measured = study.measure({"stem.0": {"kept": 8}})
    assert measured.changed_decisions == half.changed_decisions
    assert half.lost_accuracy == pytest.approx(
        (report.baseline.accuracy or 0) - (measured.accuracy or 0)
    )


def test_names_are_those_of_recipes(report: CompressionReport) -> None:
    prune, quantize = recipe_for(
        report, {"wide": {"kept": 32, "bits": 8}, "stem.0": {"bits": 8}}
    ).steps
    assert prune.model_dump()["groups"] == {"wide": 0.5}
    assert quantize.model_dump()["keep"] == ("branch.0", "branch.3", "scores")


def test_texts_without_a_truth(tmp_path: Path) -> None:
    bundle = create(tmp_path / "sentiment")
    texts = ["房间很干净", "很小", "但是下次还会住", "房间小", "下次住房间", "不会"]
    report = compression_report(bundle, data=texts[:4], inputs=texts[4:], bits=(8, 4))
    assert report.baseline.accuracy is None
    assert (report.baseline.decisions, report.baseline.changed_decisions) == (2, 0)
    table = next(layer for layer in report.layers if layer.op == "Gather")
    # A table has 8 bits in any case, and takes no activations.
    assert [each.bits for each in table.precisions] == [32, 8]
    assert table.activations is None


def test_a_transposed_convolution_is_pruned_and_never_quantised(tmp_path: Path) -> None:
    from .pruning.networks import NETWORKS

    network, spec, (x,) = NETWORKS["transposed"]()
    bundle = Bundle.create(tmp_path / "up", network, input_spec=spec, examples=[x])
    study = CompressionStudy(bundle, data=[x], inputs=[x + 0.1])
    make, up, take = study.report(bits=(8,), shares=(0.5,)).layers
    assert [make.name, up.name, take.name] == ["make", "up", "take"]
    assert [each.bits for each in up.precisions] == [32]
    assert set(make.prunings[0].removed) == {"make", "up"}
    assert set(up.prunings[0].removed) == {"up", "take"}
    with pytest.raises(CompressionError, match="Layer up cannot be quantised"):
        study.measure({"up": {"bits": 8}})


def test_counts_shared_weights_once(tmp_path: Path) -> None:
    from paddle.static import InputSpec

    from .quantization.networks import Twice

    x = np.random.default_rng(0).standard_normal((16, 6)).astype(np.float32)
    bundle = Bundle.create(
        tmp_path / "twice",
        Twice(),
        input_spec=[InputSpec([None, 6], "float32", "x")],
        examples=[x[:4]],
    )
    study = CompressionStudy(bundle, data=[x[:8]], inputs=[x[8:]])
    first, second = study.report(bits=(8,)).layers
    assert (first.name, first.parameters) == ("linear", 42)
    assert (second.name, second.parameters) == ("linear#2", 0)
    assert first.channels is None
    # Only one of both in int8: the other needs the weights in float32.
    assert study.measure({"linear#2": {"bits": 8}}).decisions is None


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"data": []}, "calibration data are 0 arrays"),
        ({"data": [pictures_of(8)[:0]]}, "There are no calibration data"),
        ({"data": [pictures_of(8)[:, :2]]}, "calibration data do not fit: .* has the shape"),
        ({"data": [pictures_of(8) * 0]}, "calibration values for x are 0"),
        ({"data": [NAN]}, "calibration data for x contain NaN"),
        ({"inputs": [NAN]}, "inputs for x contain NaN"),
        ({"inputs": [pictures_of(8)[:0]]}, "There are no inputs"),
        ({"data": INPUTS}, "64 of 64 inputs are also in the held-out set"),
        ({"inputs": iter(INPUTS)}, "inputs do not fit: Expected a list of inputs, got"),
        ({"inputs": None}, "inputs do not fit: .* got NoneType"),
        ({"truth": ["a"]}, "64 inputs and 1 of truth"),
        ({"truth": [0] * 64}, "truth contains 0, which is not a label"),
        ({"truth": None, "score": 1}, "score is 1, and not a function"),
        ({"truth": None, "score": print}, "score returned None, and not a number"),
        ({"score": len}, "truth was passed with a score"),
        ({"truth": None, "score": len}, "score returned 64, and an accuracy is from 0 to 1"),
    ],
)
def test_names_what_does_not_fit(parent: Bundle, options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(CompressionError, match=sentence) as error:
        CompressionStudy(parent, **({"data": DATA, "inputs": INPUTS, "truth": TRUTH} | options))
    assert error.value.hint


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"nose": {"bits": 8}}, "no layer 'nose'"),
        ({"wide": {"bits": 16}}, "16 bits cannot hold"),
        ({"wide": {"width": 8}}, "settings of layer wide are not valid"),
        ({"wide": {"kept": 65}}, "wide has 64 channels, and 65"),
        ({"scores": {"kept": 2}}, "No channels of layer scores can be removed"),
        (["wide"], r"settings are \['wide'\], and not a mapping by layer"),
    ],
)
def test_names_what_cannot_be_measured(
    study: CompressionStudy, settings: Any, sentence: str
) -> None:
    with pytest.raises(CompressionError, match=sentence) as error:
        study.measure(settings)
    assert error.value.hint


def test_names_bits_and_shares_that_do_not_exist(study: CompressionStudy) -> None:
    with pytest.raises(CompressionError, match="16 bits cannot hold"):
        study.report(bits=[16])
    with pytest.raises(CompressionError, match="share 1 is not a number"):
        study.report(shares=[1])
    with pytest.raises(CompressionError, match="bits is 8, and not a list"):
        study.report(bits=8)  # type: ignore[arg-type]
    with pytest.raises(CompressionError, match=r"shares is 0\.5, and not a list"):
        study.report(shares=0.5)  # type: ignore[arg-type]


def test_checks_truth_bits_and_shares_before_it_converts(parent: Bundle) -> None:
    steps: list[JobProgress] = []
    for options in ({"truth": [0] * 64}, {"bits": (16,)}, {"shares": (1,)}):
        with pytest.raises(CompressionError):
            compression_report(
                parent,
                **({"data": DATA, "inputs": INPUTS, "listener": steps.append} | options),
            )
    assert not steps


def test_names_numbers_that_an_embedding_does_not_have(tmp_path: Path) -> None:
    import paddle
    from paddle.static import InputSpec

    ids = np.arange(20).reshape(4, 5) % 8
    network = paddle.nn.Sequential(paddle.nn.Embedding(8, 4), paddle.nn.Linear(4, 2))
    spec = [InputSpec([None, None], "int64", "ids")]
    bundle = Bundle.create(tmp_path / "ids", network, input_spec=spec, examples=[ids])
    with pytest.raises(CompressionError, match=r"program refuses the inputs: .*idx=10\d"):
        CompressionStudy(bundle, data=[ids + 100], inputs=[ids])
    with pytest.raises(CompressionError, match=r"program refuses the inputs: .*idx=10\d"):
        quantize(bundle, tmp_path / "made", calibration=[ids + 100])
