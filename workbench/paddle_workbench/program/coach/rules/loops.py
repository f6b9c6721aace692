"""Loops that never end during tracing, and loops whose results Paddle may free."""

from __future__ import annotations

from .rule import Rule

__all__ = ["LOOPS"]

LOOPS: tuple[Rule, ...] = (
    Rule("yield-in-loop", "ast"),
    Rule("freed-loop-result", "ast"),
)
