"""Arrays that are not what the inputs of a program are, one sentence each."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from paddle_workbench.contract import CharacterIds, TensorSignature
from paddle_workbench.errors import BundleError
from paddle_workbench.export.misfits import check_arrays, misfit

from .records import record_with

X = TensorSignature(name="x", dtype="float32", shape=(2, 4))
STEPS = (CharacterIds(vocabulary="vocabulary.json", length=4),)


def ones(*shape: int) -> Any:
    return np.ones(shape, np.float32)


def test_what_fits_has_no_misfit() -> None:
    any_rank = X.model_copy(update={"shape": None})
    short = X.model_copy(update={"dtype": "bfloat16"})
    for signature, array in (
        (X, ones(2, 4)),
        (X, ones(2, 4).astype(">f4")),
        (X.model_copy(update={"shape": ()}), np.float32(1)),
        (any_rank, ones(3)),
        (short, np.ones((2, 4), np.uint16)),
    ):
        assert misfit(signature, np.asarray(array)) == ""


@pytest.mark.parametrize(
    ("steps", "array", "message", "hint"),
    [
        ((), ones(3, 4), "exactly 2 rows at once, and the array for x has 3", "arrays of 2 rows"),
        (STEPS, ones(1, 4), "small takes exactly 2 inputs at once, got 1", "a list of 2, or make"),
        # The batch is not what is wrong.
        ((), ones(3, 5), r"x has the shape \(3, 5\) instead of \(2, 4\)", "Pass a list"),
        ((), np.ones((3, 4)), "x is an array of float64 instead of float32", "Pass a list"),
        ((), ones(3), r"x has the shape \(3,\) instead of \(2, 4\)", "Pass a list"),
        (STEPS, ones(2, 5), r"make for x has the shape \(2, 5\)", "Pass inputs like"),
    ],
)
def test_says_what_the_program_takes(steps: Any, array: Any, message: str, hint: str) -> None:
    record = record_with({}, inputs=(X,), preprocessing=steps)
    with pytest.raises(BundleError, match=message) as caught:
        check_arrays([array], record)
    assert hint in caught.value.hint
    assert caught.value.code == "PW-X504"


def test_batch_of_one_is_passed_one_after_the_other() -> None:
    one = X.model_copy(update={"shape": (1, 4)})
    record = record_with({}, inputs=(one,), preprocessing=STEPS)
    with pytest.raises(BundleError, match="takes exactly 1 input at once, got 3") as caught:
        check_arrays([ones(3, 4)], record)
    assert caught.value.hint.startswith("Pass one after the other, or")


def test_runtime_may_divide_the_batch_itself() -> None:
    """As PaddleX does."""
    record = record_with({}, inputs=(X,))
    check_arrays([ones(5, 4)], record, is_any_batch=True)
    with pytest.raises(BundleError, match="has the shape"):
        check_arrays([ones(5, 5)], record, is_any_batch=True)
