"""Which layer int8 harms, and the mixed plan that follows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from paddle_workbench.compression import Budget, quantize, sensitivity
from paddle_workbench.compression.quantization.sensitivity import Sensitivity
from paddle_workbench.contract import JobProgress
from paddle_workbench.errors import BundleError, CompressionError
from paddle_workbench.export.bundle import Bundle
from paddle_workbench.export.targets.int8_onnx import read_plan

from ..conftest import pictures_of

pytestmark = [pytest.mark.paddle, pytest.mark.usefixtures("imported_paddle")]

PICTURES = pictures_of(32, seed=7)
TRUTH = ["abcd"[number % 4] for number in range(32)]


@pytest.fixture(scope="module")
def coarse(parent: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """Weights of two bits: each layer does harm."""
    path = tmp_path_factory.mktemp("coarse") / "coarse"
    return quantize(parent, path, calibration=[pictures_of(16)], bits=2)


@pytest.fixture(scope="module")
def measured(coarse: Bundle) -> Sensitivity:
    return sensitivity(coarse, [PICTURES], truth=TRUTH)


def test_each_layer_is_measured_alone_and_left_out(measured: Sensitivity) -> None:
    names = [each.name for each in measured.layers]
    assert names == ["stem.0", "branch.0", "branch.3", "wide", "scores"]
    assert measured.score is not None
    assert measured.score > 0.7
    for each in measured.layers:
        assert 0 < each.alone.difference < measured.all.difference
        assert each.others.difference > 0
        assert each.alone.changed is not None
        assert each.alone.lost is not None
    table = measured.to_frame()
    assert list(table["layer"]) == names
    assert table["weights"].tolist()[0] == 3 * 16 * 9


def test_mixed_plan_keeps_the_budget(measured: Sensitivity, parent: Bundle, tmp_path: Path) -> None:
    limit = measured.all.difference * 0.7
    names = measured.within(Budget(difference=limit))
    assert 0 < len(names) < 5
    mixed = quantize(
        parent, tmp_path / "mixed", calibration=[pictures_of(16)], bits=2, layers=names
    )
    result = sensitivity(mixed, [PICTURES])
    assert result.all.difference <= limit
    assert [each.name for each in result.layers] == names
    plan = read_plan(mixed.folder / "inference")
    assert [layer.name for layer in plan.layers if layer.is_quantized] == names


def test_all_layers_are_quantised_if_the_budget_allows_it(measured: Sensitivity) -> None:
    assert len(measured.within(Budget(difference=10, changed=1, lost=1))) == 5


def test_limit_of_bytes_keeps_the_most_sensitive_layers_in_float32(measured: Sensitivity) -> None:
    elements = sum(each.elements for each in measured.layers)
    assert len(measured.within(Budget(bytes=elements))) == 5
    names = measured.within(Budget(bytes=elements + 3 * 64 * 4))
    assert len(names) == 4
    with pytest.raises(CompressionError, match="the weights have"):
        measured.within(Budget(bytes=elements - 1))


def test_reports_progress(coarse: Bundle) -> None:
    steps: list[JobProgress] = []
    sensitivity(coarse.path, [PICTURES[:8]], listener=steps.append)
    assert [step.done for step in steps] == list(range(11))
    assert {step.total for step in steps} == {11}


def test_score_may_be_any_function_of_the_results(coarse: Bundle) -> None:
    result = sensitivity(coarse, [PICTURES], score=lambda results: float(len(results)))
    assert (result.score, result.all.lost) == (32, 0)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda _: Budget(), "has no limit"),
        (lambda _: Budget(changed=-1), "budget for changed is -1"),
        (lambda _: Budget(lost=np.nan), "budget for lost is nan"),
        (lambda _: Budget(lost="1 %"), "budget for lost is '1 %'"),  # type: ignore[arg-type]
        (lambda coarse: sensitivity(coarse, [PICTURES], truth=TRUTH[:3]), "32 inputs and 3"),
        (
            lambda coarse: sensitivity(coarse, [PICTURES]).within(Budget(lost=0.1)),
            "limits 'lost', which was not measured",
        ),
        (
            lambda coarse: sensitivity(coarse, [PICTURES]).within(Budget(difference=0)),
            "budget is exceeded already",
        ),
        (lambda coarse: sensitivity(coarse, [PICTURES[:, :1]]), "shape"),
    ],
)
def test_names_what_is_wrong(coarse: Bundle, call: Any, sentence: str) -> None:
    with pytest.raises(CompressionError, match=sentence):
        call(coarse)


def test_needs_a_plan(parent: Bundle) -> None:
    with pytest.raises(BundleError, match="has no plan"):
        sensitivity(parent, [PICTURES])
