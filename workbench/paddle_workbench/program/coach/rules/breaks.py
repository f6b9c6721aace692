"""Why SOT breaks a graph, most specific reason first."""

from __future__ import annotations

from .rule import Rule

__all__ = ["BREAKS"]

BREAKS: tuple[Rule, ...] = (
    Rule("break-tensor-value", "sot", r"Calling `Tensor\.(numpy|item|tolist)`|numpy|tolist"),
    Rule("break-python-number", "sot", r"builtin function: <class '(int|float|bool)'>"),
    Rule("break-print", "sot", r"builtin function: print"),
    Rule("break-python-random", "sot", r"Random(State)?\.\w+|builtin function: \w*rand"),
    Rule("break-clock", "sot", r"builtin function: (time|perf_counter|monotonic|process_time)\b"),
    Rule("break-import", "sot", r"IMPORT_(NAME|FROM)"),
    Rule("break-generator", "sot", r"GENERATOR|YIELD|generator"),
    Rule("break-format", "sot", r"format"),
    Rule("break-by-request", "sot", r"psdb"),
    Rule("break-loop", "sot", r"A loop runs over"),
    Rule("break-branch", "sot", r"A branch depends|simulate control flow"),
    Rule("break-builtin", "sot", r"builtin function"),
    Rule("ambiguous-global", "sot", r"truth value of a (DataFrame|Series)"),
)
