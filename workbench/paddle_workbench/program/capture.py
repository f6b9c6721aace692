"""`capture`: the whole way of a network or function, from its source to the optimised program."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .assembly import Numbering
from .cost import costs_of
from .memory import memory_plan
from .model import SCHEMA_VERSION, Capture, Stage
from .pipeline import OUTPUTS, Pipeline, save_for_stages, stages_of
from .sources import source_texts, transformed_texts
from .tracing import eager, name_of, trace

__all__ = ["capture"]


def capture(
    target: Any,
    *,
    input_spec: Sequence[Any] | None = None,
    pipeline: Pipeline | Sequence[str] | None = "inference",
    training: bool = False,
    check_with: Sequence[Any] | None = None,
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
    check_with : sequence of arrays or tensors, optional
        Run the last stage on them and compare with the eager result: `Capture.difference`. For the
        two named pipelines.

    Raises
    ------
    CaptureError
        If the target is neither a network nor a function, or cannot be traced.
    """
    numbering = Numbering()
    traced = trace(target, input_spec, training=training, numbering=numbering)
    stages: tuple[Stage, ...] = ()
    difference = None
    wanted = _eager_results(target, check_with, training=training) if check_with else []
    if pipeline is not None:
        with tempfile.TemporaryDirectory(prefix="paddle-workbench-") as name:
            folder = Path(name)
            prefix = save_for_stages(traced.static, folder)
            given = _write_inputs(folder, check_with) if check_with else None
            stages = stages_of(traced.program, prefix, pipeline, numbering, inputs=given)
            if given is not None:
                difference = _difference(wanted, folder / OUTPUTS)
    return Capture(
        schema_version=SCHEMA_VERSION,
        name=name_of(target),
        sources=source_texts(traced.functions),
        transformed=transformed_texts(traced.functions),
        program=traced.program,
        stages=stages,
        difference=difference,
        costs=costs_of(traced.program),
        memory=memory_plan(traced.program),
        parameters=traced.program.parameters,
    )


def _write_inputs(folder: Path, arrays: Sequence[Any]) -> Path:
    import numpy as np

    path = folder / "inputs.npz"
    np.savez(path, **{str(index): np.asarray(array) for index, array in enumerate(arrays)})
    return path


def _eager_results(target: Any, arrays: Sequence[Any], *, training: bool) -> list[Any]:
    import numpy as np
    import paddle
    from paddle.utils.layers_utils import flatten

    given = [paddle.to_tensor(np.asarray(array)) for array in arrays]
    with paddle.no_grad(), eager(target, training=training) as function:
        return [np.asarray(value) for value in flatten(function(*given))]


def _difference(wanted: Sequence[Any], outputs: Path) -> float:
    """Return the largest difference from the eager results, as a part of their largest value."""
    import numpy as np

    largest = 0.0
    with np.load(outputs) as found:
        for index, expected in enumerate(wanted):
            scale = float(np.abs(expected).max(initial=0.0)) or 1.0
            gap = float(np.abs(found[str(index)] - expected).max(initial=0.0))
            largest = max(largest, gap / scale)
    return largest
