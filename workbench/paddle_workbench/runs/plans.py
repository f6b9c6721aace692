"""Plans for the runs of a sweep."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from ..contract import RunGroup
from .running.runner import Plan

__all__ = ["sweep_plans"]


def sweep_plans(
    plan: Plan, axes: Sequence[str], combinations: Sequence[Mapping[str, Any]]
) -> list[Plan]:
    """Return a plan for each combination of a sweep, in one group; without axes the plan alone.

    Parameters
    ----------
    plan : Plan
        What the runs have in common.
    axes : sequence of str
        The parameters that are swept.
    combinations : sequence of mapping
        Their values for each run.
    """
    if not axes:
        return [plan]
    now = datetime.now().astimezone()
    group = RunGroup(
        id=f"{now:%Y%m%d-%H%M%S}-sweep-{secrets.token_hex(2)}",
        axes=list(axes),
        size=len(combinations),
    )
    return [
        replace(plan, parameters={**plan.parameters, **values}, group=group)
        for values in combinations
    ]
