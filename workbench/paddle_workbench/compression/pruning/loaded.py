"""A saved program in this process: run as it is, with other weights, or for gradients."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...program.tracing.native_warnings import without_native_warnings
from ..trainable import load_trainable

__all__ = ["LoadedProgram"]

Array = NDArray[Any]


class LoadedProgram:
    """A program that Paddle runs as it was saved, without the passes of Paddle Inference.

    Parameters
    ----------
    path : Path
        Its `.json` file, which is next to its `.pdiparams`.
    names : sequence of str
        Its weights.
    """

    def __init__(self, path: Path, names: Sequence[str]) -> None:
        self._layer = load_trainable(path)
        # Paddle loads weights in the order of their names, and gives them others.
        self._weights = dict(zip(sorted(names), self._layer.parameters(), strict=True))

    def run(self, inputs: Sequence[Array]) -> list[Array]:
        """Return the outputs for the arrays of one batch."""
        import paddle

        self._layer.eval()
        with paddle.no_grad():
            return [output.numpy() for output in self._outputs(inputs)]

    def squared_gates(
        self, inputs: Sequence[Array], gates: Sequence[tuple[str, int]], *, draws: int, seed: int
    ) -> dict[tuple[str, int], NDArray[np.float64]]:
        """Return how much the outputs change, to first order, if parts of weights become zero.

        Outputs are multiplied by random signs and added; the expected square of what that sum
        changes by is the squared change of all outputs.

        Parameters
        ----------
        inputs : sequence of arrays
        gates : sequence of (str, int)
            A weight, and the axis whose positions become zero one at a time.
        draws : int
            How many times signs are drawn.
        seed : int

        Returns
        -------
        dict of (str, int) to array of shape (draws, positions)
            The change of each sum; the mean of the squares over the draws is the estimate. Empty
            if no output is of floating-point numbers.
        """
        import paddle

        self._layer.train()  # gives gradients; normalisation and dropout are saved as they are
        rng = np.random.default_rng(seed)
        changes: dict[tuple[str, int], list[NDArray[np.float64]]] = {gate: [] for gate in gates}
        for _ in range(draws):
            total = None
            for output in self._outputs(inputs):
                if not paddle.is_floating_point(output):
                    continue
                signs = rng.choice(np.array([-1, 1], np.float32), output.shape)
                part = (output * paddle.to_tensor(signs)).sum()
                total = part if total is None else total + part
            if total is None:
                return {}
            with warnings.catch_warnings(), without_native_warnings():
                warnings.simplefilter("ignore")
                total.backward()
            for name, axis in gates:
                weight = self._weights[name]
                others = tuple(at for at in range(len(weight.shape)) if at != axis)
                product = np.zeros(weight.shape[axis])
                if weight.grad is not None:
                    gradient = weight.grad.numpy().astype(np.float64)
                    product = (gradient * weight.numpy()).sum(axis=others)
                changes[name, axis].append(product)
            self._layer.clear_gradients()
        return {gate: np.stack(each) for gate, each in changes.items()}

    @contextmanager
    def with_weights(self, arrays: Mapping[str, Array]) -> Iterator[None]:
        """Use other values of some weights for a while."""
        before = {name: self._weights[name].numpy() for name in arrays}
        try:
            for name, array in arrays.items():
                self._weights[name].set_value(array)
            yield
        finally:
            for name, array in before.items():
                self._weights[name].set_value(array)

    def _outputs(self, inputs: Sequence[Array]) -> list[Any]:
        import paddle
        from paddle.utils.layers_utils import flatten

        with warnings.catch_warnings(), without_native_warnings():
            warnings.simplefilter("ignore")
            outputs = flatten(self._layer(*[paddle.to_tensor(array) for array in inputs]))
        return [output for output in outputs if isinstance(output, paddle.Tensor)]
