"""docs/what-works.md is that of the installed versions; `make bench` measures it again."""

from __future__ import annotations

from typing import Any

from .benchmarks import what_works


def test_page_is_that_of_the_installed_versions() -> None:
    assert not what_works.problems()


def test_every_format_and_verdict_has_its_words() -> None:
    formats: dict[str, Any] = {
        kind: {
            "write": {"verdict": "works"},
            "right": {"verdict": "equal", "difference": 1e-7},
            "other": {"verdict": "wrong", "difference": 0.5},
            "gone": {"verdict": "fails", "reason": "RuntimeError: a | b"},
        }
        for kind in what_works.FORMATS
    }
    rows = {"small": {"a": {"onnx": {"verdict": "equal"}}, "b": {}}}
    matrix = {"targets": ["onnx"], "networks": rows}
    for language in what_works.PAGES:
        page = what_works.page({"versions": {"onnx": "1"}, "formats": formats}, matrix, language)
        assert "a \\| b" in page
        assert page.endswith("| onnx | 1 | 1 |\n")
