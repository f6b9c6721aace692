"""The batch that a server chooses by measuring its predictor."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from paddle_workbench.export.bundle import Bundle
from paddle_workbench.serving.workers.batch_choice import LARGEST, best_batch, measured_batch
from paddle_workbench.serving.workers.model import ServedModel

from ..export.sentiment import OPTIONS, create
from .running import RunningServer


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (lambda size: 0.040 * size, 1),  # a larger batch gains nothing
        (lambda size: 0.040 * size * (1.5 if size > 1 else 1), 1),
        (lambda size: 0.040 + 0.0001 * size, LARGEST),  # a call costs more than its rows
        (lambda size: 0.00001 * size, LARGEST),  # the pipe costs more than the predictor
        (lambda size: 0.010 + 0.001 * size if size <= 8 else 0.005 * size, 8),
    ],
)
def test_takes_the_batch_with_the_least_time_for_a_row(
    seconds: Callable[[int], float], expected: int
) -> None:
    assert best_batch(seconds) == expected


def test_larger_batches_are_not_tried_once_they_cost_more() -> None:
    tried: list[int] = []

    def seconds(size: int) -> float:
        tried.append(size)
        return 0.040 * size**1.5

    assert best_batch(seconds) == 1
    assert tried == [1, 2]


@pytest.mark.usefixtures("imported_paddle")
def test_program_with_a_fixed_number_of_rows_takes_one_at_a_time(
    bundles: dict[str, Bundle],
) -> None:
    folder = bundles["reader"].folder
    model = ServedModel(folder, "inference", 1)
    assert measured_batch(model, folder) >= 1
    model.is_batchable = False
    assert measured_batch(model, folder) == 1


@pytest.mark.usefixtures("imported_paddle")
@pytest.mark.parametrize("columns", [8, -1])
def test_program_that_fails_with_two_rows_or_merges_them_takes_one_at_a_time(
    tmp_path: Path, columns: int
) -> None:
    """Its input has any number of rows, according to its record."""
    from paddle.static import InputSpec

    from ..export.networks import Calls

    network = Calls(lambda ids: ids.astype("float32").reshape([1, columns])[:, :2])
    spec = [InputSpec([None, None], "int64", "ids")]
    options = OPTIONS | {"examples": ["房间很干净"]}
    folder = Bundle.create(tmp_path / "rows", network, input_spec=spec, **options).folder
    model = ServedModel(folder, "inference", 1)
    assert model.is_batchable
    assert measured_batch(model, folder) == 1


def test_server_measures_unless_a_batch_was_chosen(
    bundles: dict[str, Bundle], tmp_path: Path
) -> None:
    path = "/models/sentiment/settings"
    folder = create(tmp_path / "sentiment").folder
    with RunningServer([folder]) as server:
        # Most of the time of so small a network is that of the call.
        assert server.client.get(path).json()["batch"] > 1
        assert server.client.patch(path, json={"batch": 3}).json()["batch"] == 3
        server.client.post("/v2/repository/models/sentiment/load")
        assert server.client.get(path).json()["batch"] == 3
    with RunningServer([folder], batch=5) as server:
        assert server.client.get(path).json()["batch"] == 5
        assert server.lines[0].startswith("sentiment 1 in inference, batches of up to 5: ")
