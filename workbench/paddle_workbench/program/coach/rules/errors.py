"""What AST conversion rejects, most specific message first."""

from __future__ import annotations

from .rule import Rule

__all__ = ["ERRORS"]

ERRORS: tuple[Rule, ...] = (
    Rule("branch-dtype", "ast", r"The dtype in output\[\d+\] of true_block"),
    Rule("branch-rank", "ast", r"rank inconsistency"),
    Rule("branch-structure", "ast", r"Your if/else have different"),
    Rule("loop-becomes-tensor", "ast", r"python while pred change from bool to variable"),
    Rule("tensor-recursion", "ast"),
    Rule("tolist", "ast", r"'tolist' only can be called"),
    Rule("python-number", "ast", r"x\.astype\(.(float64|int64|float32).\)|float\(x\)|int\(x\)"),
    Rule("python-truth", "ast", r"paddle\.static\.nn\.cond\(pred"),
    Rule("view-in-place", "ast", r"viewed Tensor in dygraph"),
    Rule(
        "tensor-attribute", "ast", r"'paddle\.base\.libpaddle\.pir\.Value' object has no attribute"
    ),
    Rule("raise-in-branch", "ast"),
    Rule("recursion-limit", "ast"),
    Rule("lambda", "ast"),
    Rule("error-in-code", "ast"),
)
