"""Bundles that the tests trace and do not change."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from paddle_workbench.contract import CharacterIds, CleanText, Normalize, Resize
from paddle_workbench.export.bundle import Bundle

CHARACTERS = ("<pad>", "<unk>", *"房间很干净小但是下次还会住")
MEAN = (0.485, 0.456, 0.406)
DEVIATION = (0.229, 0.224, 0.225)


@pytest.fixture(scope="package")
def picture() -> NDArray[np.uint8]:
    """A picture whose channels differ, 20 x 30."""
    rows, columns = np.mgrid[:20, :30]
    channels = [rows * 12, columns * 8, (rows + columns) * 5]
    noise = np.random.default_rng(0).integers(0, 16, (20, 30, 3))
    return np.clip(np.stack(channels, axis=-1) + noise, 0, 255).astype(np.uint8)


@pytest.fixture(scope="package")
def pictures(
    imported_paddle: None,
    tmp_path_factory: pytest.TempPathFactory,
    picture: NDArray[np.uint8],
) -> Bundle:
    """A classifier of pictures, exported to ONNX."""
    import paddle
    from paddle.static import InputSpec

    from .networks import Pictures

    paddle.seed(7)
    bundle = Bundle.create(
        tmp_path_factory.mktemp("bundles") / "pictures",
        Pictures(),
        input_spec=[InputSpec([None, 3, 16, 16], "float32", "x")],
        examples=[picture],
        task="image-classification",
        labels=["box", "bottle", "can"],
        preprocessing=[Resize(height=16, width=16), Normalize(mean=MEAN, deviation=DEVIATION)],
    )
    bundle.export("onnx")
    return bundle


@pytest.fixture(scope="package")
def texts(imported_paddle: None, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """A classifier of texts."""
    import paddle
    from paddle.static import InputSpec

    from ..networks import Classifier

    paddle.seed(1)
    folder: Path = tmp_path_factory.mktemp("bundles") / "texts"
    return Bundle.create(
        folder,
        Classifier(),
        input_spec=[InputSpec([None, None], "int64", "ids")],
        examples=["房间很干净", "很小"],
        task="text-classification",
        labels=["bad", "good"],
        preprocessing=[CleanText(), CharacterIds(vocabulary="vocabulary.json", length=8)],
        files={"vocabulary.json": CHARACTERS},
    )
