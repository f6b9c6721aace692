"""A bundle that several modules share; tests do not change it."""

from __future__ import annotations

import pytest

from paddle_workbench.contract import Normalize, Resize
from paddle_workbench.export.bundle import Bundle

from .pictures import PICTURES


@pytest.fixture(scope="session")
def parent(imported_paddle: None, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    import paddle

    from .networks import NETWORKS, with_random_norms

    paddle.seed(0)
    network, spec, inputs = NETWORKS["inverted"]()
    return Bundle.create(
        tmp_path_factory.mktemp("bundles") / "goods",
        with_random_norms(network, inputs),
        input_spec=spec,
        examples=PICTURES,
        held_out=PICTURES,
        task="image-classification",
        labels=["box", "can", "bottle"],
        preprocessing=[Resize(height=8, width=8), Normalize(mean=(0.5,) * 3)],
        metrics={"accuracy": 0.5},
        version="3",
        licence="Apache-2.0",
    )
