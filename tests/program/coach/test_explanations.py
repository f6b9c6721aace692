"""Every rule applies to its example, on the right line, and its repair works on this Paddle."""

from __future__ import annotations

import linecache
import re
from typing import Any

import pytest

from paddle_workbench import capture
from paddle_workbench.codes import page
from paddle_workbench.program.coach.explanations import (
    RULES,
    explain_sources,
    function_of,
    is_proven,
)
from paddle_workbench.program.coach.rules.rule import Rule
from paddle_workbench.program.model.capture import Capture, Explanation

# The line of each example that the rule applies to; None if Paddle reports no line.
LINES = {
    "break-tensor-value": 3, "break-python-number": 2, "break-print": 3,
    "break-python-random": 2, "break-clock": 2, "break-import": 2, "break-generator": 2,
    "break-format": 2, "break-by-request": 3, "break-loop": 4, "break-branch": 2,
    "break-builtin": 2, "branch-dtype": 2, "branch-rank": 2, "branch-structure": 2,
    "loop-becomes-tensor": 2, "tensor-recursion": 2, "tolist": 2, "python-number": 2,
    "python-truth": 2, "view-in-place": 4, "tensor-attribute": 2, "raise-in-branch": 3,
    "numpy-under-ast": 2, "side-effect": 5, "frozen-random": 2, "undefined-in-branch": 2,
    "match-statement": 2, "isinstance-tensor": 2, "tensor-as-text": 2, "layer-in-forward": 2,
    "self-by-another-name": 2, "yield-in-loop": 4, "small-graph": 2, "sot-gave-up": None,
    "ambiguous-global": None, "in-place-statement": 3,
    "freed-loop-result": 2, "recursion-limit": 4, "lambda": 1, "error-in-code": 2,
}  # fmt: skip


def captured(source: str, name: str, spec: Any, *, sot: bool) -> Capture:
    input_spec = [spec([3], "float32", "x")]
    return capture(function_of(source, name), input_spec=input_spec, pipeline=None, sot=sot)


def test_every_rule_has_an_example_line() -> None:
    assert set(LINES) == set(RULES)
    assert len(RULES) >= 15


def report_of(cell: str, name: str) -> Capture:
    """Run a cell of a page, and return its report."""
    file = f"paddle-workbench-cell-{name}.py"
    linecache.cache[file] = len(cell), None, cell.splitlines(keepends=True), file
    names: dict[str, Any] = {"__name__": "__paddle_workbench_cell__"}
    exec(compile(cell, file, "exec"), names)  # noqa: S102 - the page's own
    return names["report"]


@pytest.mark.usefixtures("imported_paddle")
@pytest.mark.parametrize("kind", sorted(RULES))
def test_rule_applies_to_the_cell_of_its_page_and_not_to_its_repair(kind: str) -> None:
    rule = RULES[kind]
    result = report_of(page(rule.code, "en").shows, kind)
    explanations: list[Explanation] = [item for item in result.explanations if item.kind == kind]
    assert explanations, [(item.kind, item.message[-700:]) for item in result.explanations]
    (line,) = {item.line.line if item.line else None for item in explanations[:1]}
    first_line = page(rule.code, "en").shows.partition(rule.broken)[0].count("\n")
    assert (line and line - first_line) == LINES[kind]
    assert explanations[0].code == rule.code
    assert explanations[0].proven
    assert is_proven(kind)
    repaired = report_of(page(rule.code, "en").repaired, f"{kind}-again")
    assert kind not in {item.kind for item in repaired.explanations}
    assert repaired.program is not None


@pytest.mark.parametrize("rule", RULES.values(), ids=list(RULES))
def test_rule_has_a_text_in_both_languages(rule: Any) -> None:
    for text in (rule.rule, rule.repair):
        assert re.search("[一-鿿]", text.zh)
        assert text.en.isascii()
        assert text.zh.endswith("。")
        assert text.en.endswith(".")


def test_untraceable_function_has_an_explanation(spec: Any) -> None:
    result = captured(RULES["branch-dtype"].broken, "refused", spec, sot=False)
    assert result.program is None
    assert result.stages == ()
    assert result.sources[0].text.startswith("def f(x)")
    (explanation,) = result.explanations
    assert "dtype" in explanation.message


@pytest.mark.usefixtures("imported_paddle")
def test_repair_that_does_not_work_is_not_proven(monkeypatch: pytest.MonkeyPatch) -> None:
    class WrongRule(Rule):
        @property
        def repaired(self) -> str:
            return self.broken

    monkeypatch.setitem(RULES, "wrong", WrongRule("branch-dtype", "ast"))
    assert not is_proven("wrong")


def test_reports_sub_graphs_and_guards(spec: Any) -> None:
    result = captured(RULES["break-branch"].broken, "graphs", spec, sot=True)
    assert len(result.subgraphs) == 2
    assert all(graph.eager for graph in result.subgraphs)
    assert [line.line for line in result.subgraphs[0].lines] == [2]
    assert [line.line for line in result.subgraphs[1].lines] == [3]
    assert any("shape" in guard.expression for guard in result.guards)
    assert {guard.function for guard in result.guards} == {"f"}


def test_does_not_change_the_caches_of_sot(spec: Any) -> None:
    from paddle.jit.sot.opcode_translator.executor.executor_cache import OpcodeExecutorCache
    from paddle.jit.sot.symbolic.compile_cache import FallbackWrapper

    cache = OpcodeExecutorCache()
    before = dict(cache.cache), FallbackWrapper.collect_subgraph_info
    captured(RULES["small-graph"].broken, "leaves", spec, sot=True)
    assert (dict(cache.cache), FallbackWrapper.collect_subgraph_info) == before


def test_ignores_branch_of_a_package_that_was_traced(imported_paddle: None) -> None:
    from paddle.vision.models import DenseNet

    def kinds(*, is_traced: bool) -> set[str]:
        return {item.kind for item in explain_sources([DenseNet.forward], is_traced=is_traced)}

    assert kinds(is_traced=False) - kinds(is_traced=True) == {"undefined-in-branch"}
