"""A little of what tests/benchmarks/serving_stress.py does to a server."""

from __future__ import annotations

import pytest

from paddle_workbench.export.bundle import Bundle

from ..benchmarks.serving_stress import BODIES, ROUTES, Outcome, Trial
from .running import RunningServer

TEXTS = ["房间很干净", "很小", "下次还会住", "但是很干净"]


@pytest.mark.parametrize("step", ["bad_requests", "connections", "half_bodies", "huge_bodies"])
def test_nothing_is_wrong(server: RunningServer, bundles: dict[str, Bundle], step: str) -> None:
    requests = 2 * len(BODIES) * len(ROUTES)
    trial = Trial(server, bundles["sentiment"], TEXTS, requests=requests)
    outcome = Outcome()
    getattr(trial, step)(outcome)
    trial.check(outcome)
    assert outcome.wrong == 0, outcome.answers
