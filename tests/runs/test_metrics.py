"""A notebook records one plain value for each name."""

from __future__ import annotations

from typing import Any

import nbformat
import numpy as np
import pytest

from paddle_workbench.errors import ParameterError
from paddle_workbench.runs.store.metrics import SCRAP_MIME_TYPE, read_metrics, record


def record_value(monkeypatch: pytest.MonkeyPatch, value: Any) -> Any:
    bundles: list[dict[str, Any]] = []
    monkeypatch.setattr("IPython.display.display", lambda data, **_: bundles.append(data))
    record("accuracy", value)
    return bundles[0][SCRAP_MIME_TYPE]["data"]


@pytest.mark.parametrize(
    ("value", "plain"),
    [(0.5, 0.5), (3, 3), (True, True), ("small", "small"), (np.float32(0.5), 0.5),
     (np.array([7]), 7)],
)  # fmt: skip
def test_records_plain_values(monkeypatch: pytest.MonkeyPatch, value: Any, plain: Any) -> None:
    metric = record_value(monkeypatch, value)
    assert metric == plain
    assert type(metric) is type(plain)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (np.ones((2, 3)), "shape [2, 3]"),
        ([1], "not list"),
        (None, "not NoneType"),
        (-(10**400), "a whole number of 1329 bits is too large"),
        (float("nan"), "nan is not a finite number"),
    ],
)
def test_rejects_incomparable_values(value: Any, message: str) -> None:
    with pytest.raises(ParameterError) as caught:
        record("accuracy", value)
    assert message in caught.value.message


def test_rejects_empty_name() -> None:
    with pytest.raises(ParameterError):
        record("", 1)


def test_reads_the_last_value_of_each_metric() -> None:
    def scrap(name: str, data: Any, encoder: str = "json") -> nbformat.NotebookNode:
        content = {"name": name, "data": data, "encoder": encoder, "version": 1}
        return nbformat.v4.new_output("display_data", {SCRAP_MIME_TYPE: content})

    cells = [
        nbformat.v4.new_markdown_cell("text"),
        nbformat.v4.new_code_cell("", outputs=[scrap("loss", 2), scrap("picture", "x", "png")]),
        nbformat.v4.new_code_cell("", outputs=[scrap("loss", 1), scrap("accuracy", 0.9)]),
        nbformat.v4.new_code_cell("", outputs=[scrap("big", [10**400, float("nan")])]),
    ]
    metrics = read_metrics(nbformat.v4.new_notebook(cells=cells))
    assert metrics == {"loss": 1, "accuracy": 0.9, "big": [str(10**400), "nan"]}
