"""Bundles and servers that several modules share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from paddle_workbench.contract import Letterbox, Normalize, TextLine, YoloBoxes
from paddle_workbench.export.bundle import Bundle

from ..export.sentiment import create
from .running import RunningServer

LABELS = ["box", "bottle"]
CHARACTERS = [*"房间很干净小"]


def picture(height: int = 60, width: int = 90, seed: int = 0) -> NDArray[np.uint8]:
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (height, width, 3), np.uint8)


@pytest.fixture(scope="session")
def bundles(imported_paddle: None, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Bundle]:
    """A classifier of texts, a detector and a recogniser, none of which is trained."""
    import paddle
    from paddle.static import InputSpec

    from ..export.networks import LineReader, TwoScales

    folder = tmp_path_factory.mktemp("served")
    paddle.seed(0)
    made: dict[str, Any] = {"sentiment": create(folder / "sentiment")}
    made["shelf"] = Bundle.create(
        folder / "shelf",
        TwoScales(len(LABELS)),
        input_spec=[InputSpec([None, 3, 64, 64], "float32", "x")],
        examples=[picture()],
        task="object-detection",
        labels=LABELS,
        preprocessing=[Letterbox(height=64, width=64), Normalize()],
        postprocessing=[
            YoloBoxes(
                anchors=(((20, 20), (40, 30)), ((8, 8), (12, 16))), strides=(16, 8), threshold=0.3
            )
        ],
    )
    made["reader"] = Bundle.create(
        folder / "reader",
        LineReader(len(CHARACTERS) + 1),
        input_spec=[InputSpec([None, 3, 32, None], "float32", "x")],
        examples=[picture(32, 200)],
        task="text-recognition",
        labels=CHARACTERS,
        preprocessing=[TextLine(height=32, narrowest=64)],
    )
    return made


@pytest.fixture(scope="session")
def server(bundles: dict[str, Bundle]) -> Iterator[RunningServer]:
    """A server of all bundles; tests change nothing about it."""
    with RunningServer([each.folder for each in bundles.values()]) as server:
        yield server
