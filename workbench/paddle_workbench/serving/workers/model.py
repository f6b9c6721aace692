"""A bundle in a worker: one predictor, which answers batches of inputs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from ...contract import BundleRecord
from ...errors import BundleError, PictureError, WorkbenchError
from ...export.bundle_files import read_record
from ...export.misfits import check_arrays
from ...export.pipeline import open_runner
from ...export.processing import Prediction, placements, postprocess, prepare
from ...export.samples import reason_of
from .frames import Array

__all__ = ["Answer", "Item", "ServedModel"]

REJECTED, FAILED = 422, 500


@dataclass(frozen=True, slots=True)
class Item:
    """One input of a batch: a raw value, or arrays for the inputs of the program.

    Parameters
    ----------
    text : str, optional
    picture : bytes-like, optional
        The content of a picture file.
    arrays : tuple of arrays, optional
        In the order of the bundle, with the same number of rows.
    """

    text: str | None = None
    picture: bytes | memoryview | None = None
    arrays: tuple[Array, ...] | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of an item.

    Parameters
    ----------
    result : dict, optional
        Of a raw value, as its route returns it.
    arrays : tuple of arrays
        The outputs for arrays.
    status : int
        422 if the input is at fault, 500 if it is not.
    error, hint : str
        Empty unless it failed.
    """

    result: dict[str, Any] | None = None
    arrays: tuple[Array, ...] = ()
    status: int = 200
    error: str = ""
    hint: str = ""


class ServedModel:
    """Opens a target of a bundle, and answers items.

    An answer does not depend on the items next to it: only arrays of equal sizes share a call of
    the predictor, and nothing is padded to the size of a neighbour.

    Parameters
    ----------
    folder : Path
        The bundle, whose files were compared with their digests.
    target : str
    threads : int

    Attributes
    ----------
    is_batchable : bool
        Whether several items may share a call.

    Raises
    ------
    BundleError
        If the bundle was not exported to the target, or it does not run here.
    """

    def __init__(self, folder: Path, target: str, threads: int) -> None:
        self.record: BundleRecord = read_record(folder)
        self._runner = open_runner(self.record, folder, target, threads)
        self._prepare = prepare(self.record.preprocessing, folder)
        self._seconds = 0.0
        # A program whose inputs have a fixed number of rows, or whose outputs mix them, takes one
        # item at a time.
        self.is_batchable = all(
            signature.shape is not None and signature.shape[:1] == (None,)
            for signature in self.record.inputs
        )

    def answer(self, items: Sequence[Item]) -> list[Answer]:
        """Return the answers to items, in their order; errors are answers, too."""
        answers: list[Answer | None] = [None] * len(items)
        prepared: list[tuple[int, Any, tuple[Array, ...]]] = []
        for number, item in enumerate(items):
            try:
                value = _value_of(item)
                arrays = item.arrays
                if arrays is None:
                    arrays = self._prepare([value])
                check_arrays(arrays, self.record)
                prepared.append((number, value, arrays))
            except Exception as error:  # noqa: PERF203 - each item has its own
                answers[number] = _failure(error)
        for group in self._groups(prepared):
            for number, answer in self._run(group):
                answers[number] = answer
        return [answer for answer in answers if answer is not None]

    def run(self, arrays: Sequence[Array]) -> list[Array]:
        """Run the program on arrays in the order of the bundle."""
        start = perf_counter()
        try:
            return [np.asarray(output) for output in self._runner.run(arrays)]
        finally:
            self._seconds += perf_counter() - start

    def take_seconds(self) -> float:
        """Return the seconds spent in the predictor since the last call."""
        seconds, self._seconds = self._seconds, 0.0
        return seconds

    def _groups(self, prepared: list[tuple[int, Any, tuple[Array, ...]]]) -> Iterator[list[Any]]:
        if not self.is_batchable:
            yield from ([each] for each in prepared)
            return
        groups: dict[Any, list[Any]] = {}
        for each in prepared:
            sizes = tuple((array.dtype.str, array.shape[1:]) for array in each[2])
            groups.setdefault(sizes, []).append(each)
        yield from groups.values()

    def _run(self, group: list[Any]) -> Iterator[tuple[int, Answer]]:
        try:
            outputs = self._outputs(group)
        except Exception as error:
            if len(group) == 1:
                number, value, _ = group[0]
                # What steps make of a raw value fits; arrays of a client may contain any numbers.
                yield number, _failure(error) if value is not None else _refusal(error)
                return
            for each in group:  # what one of them caused is not the others' fault
                yield from self._run([each])
            return
        for (number, value, _), arrays in zip(group, outputs, strict=True):
            yield number, self._answer(value, arrays)

    def _outputs(self, group: list[Any]) -> list[tuple[Array, ...]]:
        """Return the outputs of each item of a group."""
        if len(group) == 1:
            return [tuple(self.run(group[0][2]))]
        rows = [each[2][0].shape[0] for each in group]
        joined = [
            np.concatenate(arrays) for arrays in zip(*(each[2] for each in group), strict=True)
        ]
        outputs = self.run(joined)
        if any(output.ndim == 0 or output.shape[0] != sum(rows) for output in outputs):
            self.is_batchable = False
            return [self._outputs([each])[0] for each in group]
        ends = np.cumsum(rows)
        return [
            tuple(output[end - count : end] for output in outputs)
            for count, end in zip(rows, ends, strict=True)
        ]

    def _answer(self, value: Any, outputs: tuple[Array, ...]) -> Answer:
        if value is None:
            return Answer(arrays=outputs)
        record = self.record
        try:
            places = placements([value], record.preprocessing, record.postprocessing)
            (result,) = postprocess(outputs, record.postprocessing, record.labels, places)
        except Exception as error:
            return _failure(error)
        return Answer(_result(result))


def _value_of(item: Item) -> Any:
    """Return the raw value of an item, decoded; None if it has arrays."""
    if item.picture is not None:
        from ...picture_files.picture import decode_page

        pixels, _, _ = decode_page(bytes(item.picture), "The picture", 0)
        return pixels
    return item.text


def _result(prediction: Prediction) -> dict[str, Any]:
    if prediction.boxes or not prediction.label:
        return {"boxes": [box.model_dump() for box in prediction.boxes]}
    if prediction.scores:
        scores = {label: float(score) for label, score in prediction.scores.items()}
        return {"label": prediction.label, "score": float(prediction.score), "scores": scores}
    return {"text": prediction.label, "score": float(prediction.score)}


def _refusal(error: Exception) -> Answer:
    return Answer(
        status=REJECTED,
        error=f"The program refuses the input: {reason_of(error)}.",
        hint="Send values as the bundle's preprocessing makes them.",
    )


def _failure(error: Exception) -> Answer:
    if isinstance(error, BundleError | PictureError):
        return Answer(status=REJECTED, error=error.message, hint=error.hint)
    if isinstance(error, WorkbenchError):
        return Answer(status=FAILED, error=error.message, hint=error.hint)
    return Answer(status=FAILED, error=f"The model failed: {reason_of(error)}.")
