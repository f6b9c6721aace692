"""The passes that ran, their durations and matches, and passes that cannot run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from paddle_workbench import capture
from paddle_workbench.errors import CaptureError
from paddle_workbench.program.model.capture import Capture


def test_predictor_pipeline_has_its_passes_in_order(convolutional: Capture) -> None:
    names = [item.name for item in convolutional.stages]
    assert names[0] == "jit.save"
    order = [
        "conv2d_bias_bn_onednn_fuse_pass",
        "conv_activation_mkldnn_fuse_pass",
        "onednn_placement_pass",
        "constant_folding_pass",
        "dead_code_elimination_pass",
        "pd_op_to_kernel_pass",
        "inplace_pass",
    ]
    assert [name for name in names if name in order] == order
    assert len(names) > 40


def test_passes_have_durations_and_matches(convolutional: Capture) -> None:
    passes = [
        item
        for item in convolutional.stages
        if item.name not in ("jit.save", "pd_op_to_kernel_pass")
    ]
    assert all(item.duration_ms is not None and item.duration_ms >= 0 for item in passes)
    matches = {item.name: item.matches for item in passes}
    assert matches["conv2d_bias_bn_onednn_fuse_pass"] == 1
    assert matches["conv_activation_mkldnn_fuse_pass"] == 1
    assert matches["squeeze_transpose_onednn_fuse_pass"] is None


def test_passes_have_durations_after_the_log_was_disabled(spec: Any, tmp_path: Path) -> None:
    import paddle
    from paddle.inference import Config, create_predictor

    from ..networks import Block

    input_spec = [spec([2, 8], "float32", "x")]
    paddle.jit.save(Block(), str(tmp_path / "block"), input_spec=input_spec)
    config = Config(str(tmp_path / "block.json"), str(tmp_path / "block.pdiparams"))
    config.disable_glog_info()  # for the whole process
    create_predictor(config)
    stages = capture(Block(), input_spec=input_spec, pipeline="onednn").stages
    without = [stage.name for stage in stages if stage.duration_ms is None]
    assert without == ["jit.save", "pd_op_to_kernel_pass"]


def test_counts_ops_before_and_after_each_pass(convolutional: Capture) -> None:
    for earlier, later in zip(convolutional.stages, convolutional.stages[1:], strict=False):
        assert earlier.ops_after == later.ops_before
    for item in convolutional.stages:
        difference = [item.program.by_id()[n].name for n in item.added]
        assert len(difference) == len(set(item.added))


def test_last_stage_computes_the_eager_result(convolutional: Capture) -> None:
    assert convolutional.difference is not None
    assert convolutional.difference < 1e-5


def test_pipeline_without_onednn_has_different_passes(spec: Any) -> None:
    import numpy as np

    from ..networks import tail

    x = np.linspace(-1, 1, 8, dtype="float32").reshape(2, 4)
    result = capture(tail, input_spec=[spec([None, 4], "float32", "x")], check_with=[x])
    names = [item.name for item in result.stages]
    assert "onednn_placement_pass" not in names
    assert "common_subexpression_elimination_pass" in names
    assert result.difference == 0
    # exp was computed twice and is now computed once.
    assert result.program is not None
    assert [op.kind for op in result.program.walk()].count("exp") == 2
    last = result.stages[-1].program
    (exp,) = [op for op in last.walk() if op.kind.startswith("exp")]
    assert len(result.origins(exp.id)) == 2


@pytest.mark.parametrize(
    ("passes", "message"),
    [
        (["no_such_pass"], "no pass 'no_such_pass'"),
        (["constant_folding_pass"], "cannot run on its own"),
        ("fastest", "no pipeline 'fastest'"),
    ],
)
def test_reports_passes_that_cannot_run(spec: Any, passes: Any, message: str) -> None:
    from ..networks import tail

    with pytest.raises(CaptureError, match=message):
        capture(tail, input_spec=[spec([None, 4], "float32", "x")], pipeline=passes)
