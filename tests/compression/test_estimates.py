"""What settings cost together: estimated, as a recipe, and on the front."""

from __future__ import annotations

from typing import Any

import pytest

from paddle_workbench.compression.estimates import checked_settings, estimate, front, recipe_for
from paddle_workbench.contract import (
    CompressionReport,
    CompressionTry,
    LayerPrecision,
    LayerPruning,
    LayerReport,
    LayerSettings,
    PruneStep,
    QuantizeStep,
)
from paddle_workbench.errors import CompressionError

from .small_network import SmallNetwork


def layer(name: str, *losses: float | None, **fields: Any) -> LayerReport:
    """Return a layer of 100 parameters with 32, 8 and 4 bits."""
    precisions = [
        LayerPrecision(bits=bits, size_bytes=100 * bits // 8, lost_accuracy=lost)
        for bits, lost in zip((32, 8, 4), (0.0, *losses), strict=False)
    ]
    values = {"op": "matmul", "shape": (10, 10), "parameters": 100, **fields}
    return LayerReport(name=name, precisions=tuple(precisions), **values)


HALF = LayerPruning(kept=5, removed={"a": 0.5, "b": 0.5}, lost_accuracy=0.02, changed_decisions=3)
BASELINE = CompressionTry(name="fp32", size_bytes=1000, accuracy=0.9, decisions=50)
REPORT = CompressionReport(
    name="net",
    layers=(
        layer("a", 0.01, 0.3, channels=10, prunings=(HALF,), group="a.out"),
        layer("b", None),
        layer("norm"),
    ),
    baseline=BASELINE,
)


def test_sums_sizes_and_adds_losses() -> None:
    result = estimate(REPORT, {"a": {"bits": 8, "kept": 5}}, name="mine")
    # Of 400 bytes of a, 50 are left, and 200 of 400 of b.
    assert result.size_bytes == 1000 - 350 - 200
    assert result.accuracy == pytest.approx(0.87)
    assert (result.name, result.is_measured, result.latency_ms) == ("mine", False, None)
    assert estimate(REPORT, {"a": {"bits": 4}}).accuracy == pytest.approx(0.6)


def test_does_not_guess_what_is_not_known() -> None:
    result = estimate(REPORT, {"b": {"bits": 8}})
    assert (result.size_bytes, result.accuracy, result.changed_decisions) == (700, None, None)


def test_is_the_baseline_without_settings() -> None:
    result = estimate(REPORT, {"a": {"bits": 32, "kept": 10}}, name="fp32")
    assert result == BASELINE.model_copy(update={"is_measured": False, "changed_decisions": 0})


def test_sizes_of_a_real_network_are_those_measured() -> None:
    network = SmallNetwork()
    report = network.report()
    assert report.baseline.accuracy is not None
    assert report.baseline.accuracy > 0.9
    settings = {"fc1": LayerSettings(bits=4, kept=16), "fc2": LayerSettings(bits=8, kept=12)}
    measured = network.measure(settings)
    estimated = estimate(report, settings)
    assert estimated.size_bytes == measured.size_bytes
    # The layers affect each other, so only about.
    assert estimated.accuracy == pytest.approx(measured.accuracy, abs=0.1)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"c": {"bits": 8}}, "has no layer 'c'"),
        ({"b": {"bits": 4}}, "does not have layer b with 4 bits"),
        ({"a": {"bits": 0}}, "field 'bits' is 0"),
        ({"a": {"kept": 7}}, "does not have layer a with 7 channels"),
        ({"b": {"kept": 5}}, "does not have layer b with 5 channels"),
        ({"a": 8}, "The settings of layer a are not valid"),
        ({"a": {"bit": 8}}, "field 'bit' is unknown"),
    ],
)
def test_rejects(settings: dict[str, Any], sentence: str) -> None:
    with pytest.raises(CompressionError, match=sentence):
        checked_settings(REPORT, settings)


def test_recipe_has_the_shares_that_go_and_the_layers_that_stay() -> None:
    recipe = recipe_for(REPORT, {"a": {"bits": 8, "kept": 5}})
    assert recipe.steps == (PruneStep(groups={"a.out": 0.5}), QuantizeStep(keep=("b",)))
    assert recipe_for(REPORT, {"a": {"kept": 5}}).steps == (PruneStep(groups={"a.out": 0.5}),)


def test_recipe_has_8_bits_only() -> None:
    with pytest.raises(CompressionError, match="layer a has 4"):
        recipe_for(REPORT, {"a": {"bits": 4}})
    with pytest.raises(CompressionError, match="No layer is changed"):
        recipe_for(REPORT, {"a": {"bits": 32}})


def test_front_has_what_nothing_beats() -> None:
    tries = [
        CompressionTry(name=name, size_bytes=size, accuracy=accuracy, latency_ms=ms)
        for name, size, accuracy, ms in (
            ("whole", 100, 0.9, 4.0),
            ("same", 100, 0.9, 5.0),
            ("worse", 90, 0.7, 3.0),
            ("better", 50, 0.8, None),
            ("unknown", 10, None, 1.0),
        )
    ]
    assert [each.name for each in front(tries, cost="size")] == ["better", "whole"]
    assert [each.name for each in front(tries, cost="latency")] == ["worse", "whole"]
    assert front(tries, cost="size", has_truth=False) == ()


def test_front_without_a_truth_is_that_of_decisions() -> None:
    tries = [
        CompressionTry(name=str(size), size_bytes=size, changed_decisions=changed, decisions=10)
        for size, changed in ((3, 0), (2, 4), (1, 4))
    ]
    assert [each.name for each in front(tries, cost="size", has_truth=False)] == ["1", "3"]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"layers": ()}, "at least 1 item"),
        ({"layers": (layer("a", 0.1), layer("a", 0.1))}, "the layer 'a' occurs 2 times"),
        ({"tries": (BASELINE,)}, "the try 'fp32' occurs 2 times"),
        ({"layers": (layer("b", 0.1, channels=10, prunings=(HALF,)),)}, "no layer 'a'"),
    ],
)
def test_report_rejects_what_does_not_fit(change: dict[str, Any], sentence: str) -> None:
    fields = {"name": "net", "layers": REPORT.layers, "baseline": BASELINE, **change}
    with pytest.raises(ValueError, match=sentence):
        CompressionReport(**fields)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"precisions": ()}, "cannot have 32 bits"),
        ({"channels": 5, "prunings": (HALF,)}, "does not keep fewer channels"),
        ({"weights": {"edges": (0, 1, 1), "counts": (1, 2)}}, "edges do not ascend"),
        ({"weights": {"edges": (0, 1), "counts": (1, 2)}}, "2 edges do not fit 2 counts"),
        ({"weights": {"edges": (0, float("nan")), "counts": (1,)}}, "finite number"),
    ],
)
def test_layer_rejects_what_does_not_fit(change: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        LayerReport.model_validate(layer("a").model_dump() | change)
