"""`capture`: the whole way of a network or function, from its source to the optimised program."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .assembly import Numbering
from .model import SCHEMA_VERSION, Capture, Stage
from .pipeline import Pipeline, save_for_stages, stages_of
from .sources import source_texts, transformed_texts
from .tracing import name_of, trace

__all__ = ["capture"]


def capture(
    target: Any,
    *,
    input_spec: Sequence[Any] | None = None,
    pipeline: Pipeline | Sequence[str] | None = "inference",
    training: bool = False,
) -> Capture:
    """Capture the dynamic-to-static workflow of a network or function.

    Parameters
    ----------
    target : paddle.nn.Layer, method or function
        It is not changed, whether `to_static` was applied to it or not.
    input_spec : sequence of InputSpec, tensors or arrays, optional
        One entry an argument. An array stands for its shape and type. What `to_static` was given
        if left out.
    pipeline : "inference", "onednn", list of passes, or None
        What `stages` shows: the passes that the Predictor runs on this machine's CPU, without or
        with oneDNN; the passes given; or none. They run in a child process.
    training : bool
        Trace the network as in training, not as in evaluation.

    Raises
    ------
    CaptureError
        If the target is neither a network nor a function, or cannot be traced.
    """
    numbering = Numbering()
    traced = trace(target, input_spec, training=training, numbering=numbering)
    stages: tuple[Stage, ...] = ()
    if pipeline is not None:
        with tempfile.TemporaryDirectory(prefix="paddle-workbench-") as folder:
            prefix = save_for_stages(traced.static, Path(folder))
            stages = stages_of(traced.program, prefix, pipeline, numbering)
    return Capture(
        schema_version=SCHEMA_VERSION,
        name=name_of(target),
        sources=source_texts(traced.functions),
        transformed=transformed_texts(traced.functions),
        program=traced.program,
        stages=stages,
        parameters=traced.program.parameters,
    )
