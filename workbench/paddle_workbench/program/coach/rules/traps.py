"""What Paddle accepts silently but converts to something different."""

from __future__ import annotations

from .rule import Rule

__all__ = ["TRAPS"]

TRAPS: tuple[Rule, ...] = (
    Rule("numpy-under-ast", "ast"),
    Rule("side-effect", "ast"),
    Rule("frozen-random", "ast"),
    Rule("undefined-in-branch", "ast"),
    Rule("match-statement", "ast"),
    Rule("isinstance-tensor", "ast"),
    Rule("tensor-as-text", "ast"),
    Rule("layer-in-forward", "ast"),
    Rule("self-by-another-name", "ast"),
    Rule("small-graph", "sot"),
    Rule("sot-gave-up", "sot"),
    Rule("in-place-statement", "ast"),
)
