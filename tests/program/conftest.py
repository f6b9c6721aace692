"""Captures that many tests share, since each runs a child process."""

from __future__ import annotations

from typing import Any

import pytest

from paddle_workbench.program.model.capture import Capture


@pytest.fixture(scope="session")
def spec(imported_paddle: None) -> Any:
    from paddle.static import InputSpec

    return InputSpec


@pytest.fixture(scope="session")
def branching(spec: Any) -> Capture:
    """Captured with passes that Python can run, so that Paddle's ids show which ops were kept."""
    import paddle

    from paddle_workbench import capture

    from .networks import Branching

    paddle.seed(0)
    return capture(
        Branching(),
        input_spec=[spec([None, None], "int64", "ids")],
        pipeline=[
            "common_subexpression_elimination_pass",
            "matmul_add_act_fuse_pass",
            "dead_code_elimination_pass",
        ],
    )


@pytest.fixture(scope="session")
def convolutional(spec: Any) -> Capture:
    """Captured with the Predictor's oneDNN pipeline, and compared with the eager result."""
    import numpy as np
    import paddle

    from paddle_workbench import capture

    from .networks import Convolutional

    paddle.seed(0)
    image = np.random.default_rng(0).standard_normal((2, 3, 8, 8), np.float32)
    return capture(
        Convolutional(),
        input_spec=[spec([None, 3, 8, 8], "float32", "image")],
        pipeline="onednn",
        check_with=[image],
    )
