"""Errors about the body of a request."""

from __future__ import annotations

import pytest

from paddle_workbench.contract.serving import ModelSettingsChange
from paddle_workbench.serving.problems import InvalidRequestError, read_json


@pytest.mark.parametrize(
    ("content", "place", "message", "hint"),
    [
        (b'{"bach": 3}', "bach", "The field 'bach' is unknown.", "Did you mean batch?"),
        (b'{"threads": 3}', "threads", "The field 'threads' is unknown.", "See /docs."),
        (b'{"batch": "x"}', "batch", "'x'", ""),
        (b"x", "body", "not valid", "Send JSON."),
    ],
)
def test_names_the_field_that_is_wrong(content: bytes, place: str, message: str, hint: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        read_json(content, ModelSettingsChange)
    problem = caught.value.problem
    assert (problem.place, problem.hint) == (place, hint)
    assert message in problem.error
