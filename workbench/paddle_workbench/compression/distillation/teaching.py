"""What a teacher says of inputs: computed once, and kept for all epochs and seeds."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...contract import JobProgress, Text
from ...errors import (
    CompressionError,
    DistillationError,
    ShapeError,
    WorkbenchError,
    clause_of,
)
from ...export.attempt import Listener
from ...export.bundle import Bundle
from ...export.targets.registry import target_named
from ...export.targets.target import PROGRAM_FOLDER
from ...program.progress import ProgressBar
from ..batches import whole_batch
from .losses import are_probabilities
from .settings import Method

__all__ = [
    "Array",
    "Teaching",
    "arrays_of",
    "layer_outputs",
    "outputs_of",
    "refusals",
    "teach",
]

Array = NDArray[Any]

_METHODS: dict[str, Method] = {
    "text-classification": "logits",
    "image-classification": "logits",
    "text-recognition": "sequence",
    "object-detection": "values",
    "tensors": "values",
}
BATCH = 64
"""Inputs that a teacher takes at once."""
_ANSWERING = Text(zh="运行教师网络", en="running the inputs")
TINY = 1e-12
"""Probabilities below it count as this one, whose logarithm is finite."""


@dataclass(frozen=True, slots=True, eq=False)
class Teaching:
    """What a teacher says of inputs.

    Parameters
    ----------
    outputs : tuple of arrays, each (n, …)
        Logits for the methods `logits` and `sequence`, also of a teacher that returns
        probabilities.
    method : {"logits", "sequence", "values"}
        How a student learns from them, if nothing else is chosen.
    inputs : tuple of arrays, each (n, …), or None
        What the steps of a bundle made of raw inputs; None if the inputs were arrays.
    features : dict of str to array, (n, …)
        The outputs of some of its layers, by name.
    """

    outputs: tuple[Array, ...]
    method: Method
    inputs: tuple[Array, ...] | None = None
    features: dict[str, Array] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.outputs[0])


def teach(
    teacher: Any,
    inputs: Any,
    *,
    features: Sequence[str] = (),
    listener: Listener | None = None,
) -> Teaching:
    """Return what a teacher says of inputs, to pass it to several students.

    Parameters
    ----------
    teacher : Bundle or paddle.nn.Layer
        A network is run in evaluation mode, and left as it was.
    inputs : sequence
        Of a bundle raw inputs, as `predict` takes them, and all at once: lines of text are padded
        to the widest. Of a network an array, (n, …), or a tuple with one for each input.
    features : sequence of str
        The names of layers of a network whose outputs are wanted, too.
    listener : callable, optional
        Called with the progress, a `contract.JobProgress`; by default a bar shows it, where a
        person watches.

    Returns
    -------
    Teaching

    Raises
    ------
    CompressionError
        If it is not a teacher, the inputs are not what it takes, or it has no such layer.
    DistillationError
        If an input or output is not a finite number; `rows` of the error names the inputs.
    """
    if isinstance(teacher, Bundle):
        if features:
            raise CompressionError(
                "A bundle has no layers whose features could be learned.",
                "Pass the network that it was made of, or leave features out.",
            )
    else:
        check_network(teacher, "teacher")
    with ProgressBar("teacher") as bar:
        show = partial(bar.show, listener=listener)
        if isinstance(teacher, Bundle):
            return _of_bundle(teacher, inputs, show)
        return _of_network(teacher, arrays_of(inputs), features, show)


def _of_bundle(bundle: Bundle, inputs: Any, show: Listener) -> Teaching:
    record = bundle.record
    arrays = whole_batch(inputs, bundle, is_finite=False)
    check_rows(arrays)  # Its error has the rows.
    runner = target_named("inference").load(bundle.folder / PROGRAM_FOLDER, 2)
    names = [each.name for each in record.inputs]
    order = [names.index(name) for name in runner.inputs]
    outputs = _in_batches(
        lambda batch: runner.run([batch[at] for at in order]), arrays, "teacher", show
    )
    return Teaching(_checked(outputs), _METHODS[record.task], arrays)


def _of_network(
    network: Any,
    arrays: tuple[Array, ...],
    features: Sequence[str],
    show: Listener,
) -> Teaching:
    kept: dict[str, list[Array]] = {name: [] for name in features}

    def run(batch: Sequence[Array]) -> list[Array]:
        with layer_outputs(network, features, "teacher") as seen:
            outputs = _run(network, batch)
        for name, values in kept.items():
            values.append(seen[name].numpy())
        return outputs

    outputs = _in_eval(network, lambda: _in_batches(run, arrays, "teacher", show))
    whole = {name: np.concatenate(values) for name, values in kept.items()}
    return Teaching(_checked(outputs), "logits", None, whole)


def outputs_of(network: Any, inputs: Any) -> tuple[Array, ...]:
    """Return what a network makes of inputs in evaluation mode; it is left as it was.

    Parameters
    ----------
    network : paddle.nn.Layer
    inputs : array, (n, …), or a tuple of arrays

    Returns
    -------
    tuple of arrays, each (n, …)
    """
    arrays = arrays_of(inputs)
    return _in_eval(
        network, lambda: _in_batches(lambda batch: _run(network, batch), arrays, "student")
    )


def _run(network: Any, batch: Sequence[Array]) -> list[Array]:
    import paddle
    from paddle.utils.layers_utils import flatten

    with paddle.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        outputs = flatten(network(*map(paddle.to_tensor, batch)))
    return [output.numpy() for output in outputs if isinstance(output, paddle.Tensor)]


def _in_eval(network: Any, work: Callable[[], tuple[Array, ...]]) -> tuple[Array, ...]:
    modes = [(layer, layer.training) for layer in network.sublayers(include_self=True)]
    network.eval()
    try:
        return work()
    finally:
        for layer, was_training in modes:
            layer.training = was_training


def _in_batches(
    run: Callable[[Sequence[Array]], Sequence[Array]],
    arrays: tuple[Array, ...],
    role: str,
    show: Listener | None = None,
) -> tuple[Array, ...]:
    count = len(arrays[0])
    results = []
    for start in range(0, count, BATCH):
        with refusals(role):
            results.append(run([array[start : start + BATCH] for array in arrays]))
        if show is not None:
            show(JobProgress(done=min(start + BATCH, count), total=count, step=_ANSWERING))
    return tuple(np.concatenate(parts) for parts in zip(*results, strict=True))


@contextmanager
def refusals(role: str) -> Iterator[None]:
    """Name the network that refuses its inputs.

    Raises
    ------
    CompressionError
    """
    try:
        yield
    except WorkbenchError:
        raise
    except Exception as error:
        raise CompressionError(
            f"The {role} refuses the inputs: {clause_of(error)}.",
            "Pass arrays with the shapes and dtypes that it takes.",
        ) from error


def _checked(outputs: tuple[Array, ...]) -> tuple[Array, ...]:
    for output in outputs:
        finite = np.isfinite(output).reshape(len(output), -1).all(axis=1)
        if not finite.all():
            rows = tuple(np.flatnonzero(~finite).tolist())
            raise DistillationError(
                f"The teacher's outputs are not finite for {len(rows)} of {len(output)} inputs, "
                f"the first of them input {rows[0]}.",
                "Look at the inputs in the error's `rows`, and leave them out.",
                rows=rows,
            )
    return tuple(np.log(np.maximum(o, TINY)) if are_probabilities(o) else o for o in outputs)


def arrays_of(inputs: Any) -> tuple[Array, ...]:
    """Return the arrays of a network's inputs: one, or those of a tuple.

    Raises
    ------
    CompressionError
        If they are not arrays of numbers with one row for each input.
    """
    values = inputs if isinstance(inputs, tuple) else (inputs,)
    arrays = []
    for value in values:
        try:
            array = np.asarray(value)
        except ValueError:  # rows of different lengths
            array = np.asarray(None)
        if array.dtype.kind not in "biuf" or not array.ndim:
            raise CompressionError(
                f"The inputs are {value!r:.60}, and not an array of numbers.",
                "Pass an array with a row for each input, or a bundle that prepares raw inputs.",
            )
        arrays.append(array)
    check_rows(tuple(arrays))
    return tuple(arrays)


def check_rows(arrays: tuple[Array, ...]) -> None:
    """Raise an error unless there are inputs, as many in each array, of finite numbers."""
    counts = sorted({len(array) for array in arrays})
    if len(counts) > 1:
        raise ShapeError(
            f"The inputs have {' and '.join(map(str, counts))} rows.",
            "Pass arrays with a row for each input.",
        )
    if counts in ([], [0]):
        raise CompressionError("There are no inputs to learn from.", "Pass one at least.")
    for array in arrays:
        finite = np.isfinite(array).reshape(len(array), -1).all(axis=1)
        if not finite.all():
            rows = tuple(np.flatnonzero(~finite).tolist())
            raise DistillationError(
                f"{len(rows)} of {len(array)} inputs contain numbers that are not finite, the "
                f"first of them input {rows[0]}.",
                "Look at the inputs in the error's `rows`, and leave them out.",
                rows=rows,
            )


def check_network(network: Any, role: str) -> None:
    """Raise CompressionError unless a value is a network."""
    import paddle

    if not isinstance(network, paddle.nn.Layer):
        choice = "a Bundle or a paddle.nn.Layer" if role == "teacher" else "a paddle.nn.Layer"
        raise CompressionError(
            f"The {role} is a {type(network).__name__}, and not {choice}.",
            "Pass the network, or load a saved one: paddle.jit.load(path).",
        )


@contextmanager
def layer_outputs(network: Any, names: Sequence[str], role: str) -> Iterator[dict[str, Any]]:
    """Yield a dictionary that receives the outputs of layers while a network runs.

    Raises
    ------
    CompressionError
        If it has no such layer.
    """
    layers = dict(network.named_sublayers())
    missing = [name for name in names if name not in layers]
    if missing:
        known = ", ".join(layers) or "none: a loaded program has no layers"
        raise CompressionError(
            f"The {role} has no layer {missing[0]!r}.", f"Its layers are {known:.300}."
        )
    seen: dict[str, Any] = {}
    hooks = []

    def keep(name: str) -> None:
        def hook(_layer: Any, _inputs: Any, output: Any) -> None:
            seen[name] = output[0] if isinstance(output, tuple | list) else output

        hooks.append(layers[name].register_forward_post_hook(hook))

    try:
        for name in names:
            keep(name)
        yield seen
    finally:
        for hook in hooks:
            hook.remove()
