"""What clients read in the answers of a server."""

from __future__ import annotations

import math
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime

from pydantic import ValidationError

from ..contract.serving import BoxesResult, LabelResult, ServingProblem, TextResult
from ..errors import ServingError
from ..export.processing import Prediction

__all__ = ["prediction_of", "problem_of", "retry_after"]


def problem_of(status: int, content: bytes) -> ServingError:
    """Return the error that an answer with a status of failure describes."""
    try:
        problem = ServingProblem.model_validate_json(content)
    except ValidationError:
        start = content[:200].decode(errors="replace").strip()
        if start.startswith("<"):
            start = "a web page"
        return ServingError(
            f"The answer has the status {status}: {start or 'nothing else'}.",
            "Check that the address is that of `workbench serve`.",
            status=status,
        )
    return ServingError(problem.error, problem.hint, place=problem.place, status=status)


def retry_after(value: str) -> float:
    """Return the seconds of a Retry-After; 0 if it is not valid."""
    try:
        seconds = float(value)
        return seconds if math.isfinite(seconds) else 0.0
    except ValueError:
        pass
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return 0.0
    return (moment - datetime.now(timezone.utc)).total_seconds() if moment.tzinfo else 0.0


def prediction_of(result: LabelResult | TextResult | BoxesResult) -> Prediction:
    """Return a result as `Bundle.predict` does."""
    if isinstance(result, LabelResult):
        return Prediction(result.label, result.score, result.scores)
    if isinstance(result, TextResult):
        return Prediction(result.text, result.score, {})
    label, score = (result.boxes[0].label, result.boxes[0].score) if result.boxes else ("", 0.0)
    return Prediction(label, score, {}, result.boxes)
