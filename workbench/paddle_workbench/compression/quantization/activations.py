"""Observes the values inside an ONNX program or a network, while it runs on inputs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from numpy.typing import NDArray

from ...errors import CompressionError
from ...export.targets.float_onnx import FloatProgram
from .calibration import Histogram
from .sessions import opened_model, results_of

__all__ = ["observe_network", "observe_program"]

Array = NDArray[Any]
Observed = Callable[[str, Array], None]


def observe_program(
    program: FloatProgram,
    batches: Iterable[Mapping[str, Array]],
    *,
    after_batch: Callable[[int], None] | None = None,
) -> dict[str, Histogram]:
    """Run a program, and return a histogram of each floating-point value in it.

    Parameters
    ----------
    program : FloatProgram
    batches : iterable of mapping of str to array
        The inputs by their names.
    after_batch : callable, optional
        Called with the number of batches so far.

    Returns
    -------
    dict of str to Histogram
        By the names of the values; inputs of the program are values, too, constants are not.

    Raises
    ------
    CompressionError
        If a value is NaN or infinite, or the program refuses a batch.
    """
    session, names = _session(program)
    outputs = [name for name in names if name in {each.name for each in session.get_outputs()}]
    histograms = {name: Histogram() for name in names}
    for number, feed in enumerate(batches, 1):
        results = zip(outputs, results_of(session, feed, outputs), strict=True)
        _add(histograms, {name: feed[name] for name in names if name in feed} | dict(results))
        if after_batch is not None:
            after_batch(number)
    return histograms


def observe_network(network: Any, batches: Iterable[Sequence[Array]]) -> dict[str, Histogram]:
    """Run a network, and return a histogram of what each of its layers returns.

    Parameters
    ----------
    network : paddle.nn.Layer
        It runs in evaluation mode, and is not changed.
    batches : iterable of sequence of array
        One array for each input.

    Returns
    -------
    dict of str to Histogram
        By the paths of layers without layers of their own, such as `blocks.0.conv`.

    Raises
    ------
    CompressionError
        If a value is NaN or infinite.
    """
    import paddle

    histograms: dict[str, Histogram] = {}

    def observed(path: str, values: Array) -> None:
        _add(histograms, {path: values})

    was_training = network.training
    with _hooks(network, observed), paddle.no_grad():
        network.eval()
        try:
            for arrays in batches:
                network(*(paddle.to_tensor(array) for array in arrays))
        finally:
            if was_training:
                network.train()
    return histograms


@contextmanager
def _hooks(network: Any, observed: Observed) -> Iterator[None]:
    from paddle.utils.layers_utils import flatten

    def hook(path: str) -> Callable[..., None]:
        def after(_layer: Any, _inputs: Any, outputs: Any) -> None:
            for output in flatten(outputs):
                if output.dtype.name.startswith("FLOAT"):
                    observed(path, output.numpy())

        return after

    leaves = [(path, layer) for path, layer in network.named_sublayers() if not layer.sublayers()]
    handles = [layer.register_forward_post_hook(hook(path)) for path, layer in leaves]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _add(histograms: dict[str, Histogram], values: Mapping[str, Array]) -> None:
    for name, array in values.items():
        _observe(name, array, histograms.setdefault(name, Histogram()))


def _observe(name: str, array: Array, histogram: Histogram) -> None:
    try:
        histogram.add(array)
    except CompressionError as error:
        raise CompressionError(f"At {name}, {error.message}", error.hint) from error


def _session(program: FloatProgram) -> tuple[Any, list[str]]:
    """Return a session that returns every value, and the names of those that are float32."""
    model = type(program.model)()
    model.CopyFrom(program.model)
    graph = model.graph
    returned = {each.name for each in graph.output}
    for name in [name for node in graph.node for name in node.output if name]:
        if name not in returned:
            graph.output.add().name = name
    session = opened_model(model)
    values = [*session.get_inputs(), *session.get_outputs()]
    return session, [each.name for each in values if each.type == "tensor(float)"]
