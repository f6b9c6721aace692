"""A saved program of Paddle 3."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="session")
def pir(tmp_path_factory: pytest.TempPathFactory, spec: Any) -> Path:
    """The network with an `if` and a `while`, saved by `paddle.jit.save`."""
    import warnings

    import paddle

    from ..networks import Branching

    prefix = tmp_path_factory.mktemp("pir") / "net"
    net = Branching()
    net.eval()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        paddle.jit.save(net, str(prefix), input_spec=[spec([None, None], "int64", "ids")])
    return prefix.with_suffix(".json")
