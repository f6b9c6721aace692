"""Sessions of ONNX Runtime for programs in memory, with errors that are one sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from numpy.typing import NDArray

from ...errors import CompressionError, clause_of

__all__ = ["opened_model", "results_of"]


def opened_model(model: Any, *, threads: int = 0) -> Any:
    """Return a session of ONNX Runtime with a model; 0 threads are as many as there are cores."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # What goes wrong, the error says.
    options.intra_op_num_threads = threads
    return onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )


def results_of(
    session: Any, feed: Mapping[str, NDArray[Any]], names: Sequence[str] | None = None
) -> list[NDArray[Any]]:
    """Return the outputs of a program for a batch.

    Parameters
    ----------
    session : onnxruntime.InferenceSession
    feed : mapping of str to array
        The inputs by their names.
    names : sequence of str, optional
        Of the outputs; by default all.

    Raises
    ------
    CompressionError
        If an op does not take what it gets, such as a number that an embedding does not have.
    """
    try:
        return list(session.run(names, dict(feed)))
    except Exception as error:
        # "[ONNXRuntimeError] : 2 : … running Gather node. Name:'…' Status Message: indices …"
        reason = clause_of(error).rsplit("Status Message: ", 1)[-1]
        raise CompressionError(
            f"The program refuses the inputs: {reason}.",
            "Pass inputs like those that the network was trained with.",
        ) from error
