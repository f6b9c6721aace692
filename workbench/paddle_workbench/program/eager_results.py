"""The inputs that a capture is checked with, and what the network makes of them eagerly."""

from __future__ import annotations

import io
import warnings
from collections.abc import Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from typing import Any

from ..errors import CaptureError
from ..time_limit import TimeLimitExceeded, time_limit
from .model.structure import Program
from .passes.comparison import Array, array_of
from .tracing.targets import eager, input_spec_of, known_spec

__all__ = ["EagerResults", "eager_error", "example_arguments", "input_arrays", "run_eagerly"]

EAGER_LIMIT_S = 5.0
"""For a run that only looks for an error."""


@dataclass(frozen=True, slots=True)
class EagerResults:
    """Inputs and the eager results, as the Predictor takes and returns them.

    Parameters
    ----------
    inputs : list of arrays
        One for each input of the program.
    expected : list of arrays, or None
        The results, each once: the Predictor returns a value that is returned twice only once.
        None if the program has not an output for each of them.
    dtypes : list of str
        The dtypes of these results in the program.
    """

    inputs: list[Array]
    expected: list[Array] | None
    dtypes: list[str]


def run_eagerly(
    target: Any, arguments: Sequence[Any], program: Program, *, training: bool
) -> EagerResults:
    """Run a network or function on the arguments, without changing it.

    Parameters
    ----------
    target : paddle.nn.Layer, method or function
    arguments : sequence of arrays, tensors, numbers, or lists and dictionaries of them
        Arrays get the dtypes of the program's inputs.
    program : Program
        The traced program.
    training : bool

    Raises
    ------
    CaptureError
        If there are not as many arrays as the program has inputs, or the network raises an error.
    """
    import paddle
    from paddle.utils.layers_utils import flatten, map_structure

    structure = [_with_arrays(argument) for argument in arguments]
    arrays = input_arrays([leaf for leaf in flatten(structure) if _is_array(leaf)], program)
    dtypes: list[Any] = [program.values[value].dtype for value in program.inputs]
    tensors = iter(
        [paddle.to_tensor(one, dtype=dtype) for one, dtype in zip(arrays, dtypes, strict=True)]
    )
    tensor_arguments = map_structure(
        lambda leaf: next(tensors) if _is_array(leaf) else leaf, structure
    )
    try:
        with (
            warnings.catch_warnings(),
            paddle.no_grad(),
            eager(target, training=training) as function,
        ):
            warnings.simplefilter("ignore")
            outputs = flatten(function(*tensor_arguments))
    except Exception as error:
        raise CaptureError(
            f"The network cannot run on check_with: {type(error).__name__}: {error}",
            "Pass arrays with the shapes in input_spec.",
        ) from error
    # None and Python's numbers are not outputs of the program.
    results = [array_of(output) for output in outputs if isinstance(output, paddle.Tensor)]
    if len(results) != len(program.outputs):
        return EagerResults(arrays, None, [])
    once = dict(zip(program.outputs, results, strict=True))
    return EagerResults(
        arrays, list(once.values()), [program.values[value].dtype for value in once]
    )


def eager_error(target: Any, arguments: Sequence[Any], *, training: bool) -> BaseException | None:
    """Run a network or function eagerly, and return the error that it raises, if any."""
    import numpy as np
    import paddle
    from paddle.utils.layers_utils import map_structure

    def tensor_of(leaf: Any) -> Any:
        return paddle.to_tensor(np.asarray(leaf)) if _is_array(leaf) else leaf

    tensors = [map_structure(tensor_of, _with_arrays(argument)) for argument in arguments]
    with (
        warnings.catch_warnings(),
        paddle.no_grad(),
        eager(target, training=training) as function,
        redirect_stdout(io.StringIO()),
    ):
        warnings.simplefilter("ignore")
        try:
            with time_limit(EAGER_LIMIT_S):
                function(*tensors)
        except (Exception, TimeLimitExceeded) as error:
            return error
    return None


def example_arguments(target: Any, input_spec: Sequence[Any] | None) -> list[Any]:
    """Return ones for arguments; unknown sizes become 2, since 1 would be special."""
    spec = input_spec if input_spec is not None else known_spec(target)
    return [_ones(input_spec_of(item)) for item in spec or ()]


def _ones(spec: Any) -> Any:
    import numpy as np
    from paddle.static import InputSpec

    if isinstance(spec, (list, tuple)):
        return type(spec)(map(_ones, spec))
    if isinstance(spec, dict):
        return {name: _ones(item) for name, item in spec.items()}
    if not isinstance(spec, InputSpec):
        return spec
    shape = [2 if size is None or size < 0 else size for size in spec.shape]
    return np.ones(shape, str(spec.dtype).rpartition(".")[2])


def input_arrays(values: Sequence[Any], program: Program) -> list[Array]:
    """Return arrays or tensors as arrays with the dtypes of the program's inputs.

    Raises
    ------
    CaptureError
        If there are not as many as the program has inputs.
    """
    if len(values) != len(program.inputs):
        names = ", ".join(program.values[value].name for value in program.inputs)
        raise CaptureError(
            f"The program has {len(program.inputs)} inputs ({names}), got {len(values)} arrays.",
            "Pass one array for each input, in this order.",
        )
    return [
        _array(value, program.values[number].dtype)
        for value, number in zip(values, program.inputs, strict=True)
    ]


def _array(value: Any, dtype: str) -> Array:
    import numpy as np
    import paddle

    array = array_of(value) if isinstance(value, paddle.Tensor) else np.asarray(value)
    return array.astype("float32" if dtype == "bfloat16" else dtype, copy=False)


def _with_arrays(argument: Any) -> Any:
    """Return a list of numbers as an array, and everything else unchanged."""
    import numpy as np
    from paddle.utils.layers_utils import flatten

    is_list = isinstance(argument, (list, tuple))
    if is_list and all(isinstance(leaf, (int, float)) for leaf in flatten(argument)):
        return np.asarray(argument)
    return argument


def _is_array(leaf: Any) -> bool:
    return hasattr(leaf, "shape") and hasattr(leaf, "dtype")
