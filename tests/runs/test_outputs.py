"""Outputs are compared cell by cell, without noise, and in bounded time."""

from __future__ import annotations

import nbformat
import pytest

from paddle_workbench.contract import OutputDifference
from paddle_workbench.runs.results.outputs import MAX_ALIGNED_CELLS, MAX_EXCERPT, output_differences
from paddle_workbench.runs.store.metrics import SCRAP_MIME_TYPE

from .folders import code, notebook_of, printed, shown

WIDGET = "application/vnd.jupyter.widget-view+json"


def differences(
    before: list[nbformat.NotebookNode], after: list[nbformat.NotebookNode]
) -> list[OutputDifference]:
    return output_differences(notebook_of(*before), notebook_of(*after), run="b")


def test_a_new_cell_does_not_shift_the_others() -> None:
    cells = [code(f"cell{i}", f"print({i})", printed(f"{i}\n")) for i in range(4)]
    new = code("new", "print('new')", printed("new\n"))
    (difference,) = differences(cells, [*cells[:2], new, *cells[2:]])
    assert (difference.cell, difference.kind, difference.after) == ("new", "added", "new")
    (difference,) = differences([*cells[:2], new, *cells[2:]], cells)
    assert (difference.cell, difference.kind, difference.before) == ("new", "missing", "new")


def test_shows_only_the_outputs_of_a_cell_that_differ() -> None:
    outputs = [shown("text/plain", f"a long enough line, number {i}") for i in range(3)]
    changed = shown("text/plain", "something that is not like the others")
    (difference,) = differences(
        [code("many", "", *outputs)], [code("many", "", *outputs[:2], changed)]
    )
    assert difference.before == "a long enough line, number 2"
    assert difference.after == "something that is not like the others"


def test_says_whether_the_code_differs_too() -> None:
    (difference,) = differences(
        [code("sum", "1 + 1", printed("2"))], [code("sum", "1 + 2", printed("3"))]
    )
    assert difference.source_changed


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([printed("a"), printed("b\n")], [printed("ab\n")]),
        ([printed("10 %\r90 %\r100 %\n")], [printed("100 %\n")]),
        ([printed("<Layer at 0x7f12a4b0c8e0>")], [printed("<Layer at 0x7f00deadbeef>")]),
        ([shown(WIDGET, {"model_id": "a"})], [shown(WIDGET, {"model_id": "b"})]),
        ([shown(SCRAP_MIME_TYPE, {"name": "a", "data": 1})], []),
    ],
)
def test_ignores_noise(
    before: list[nbformat.NotebookNode], after: list[nbformat.NotebookNode]
) -> None:
    assert differences([code("a", "", *before)], [code("a", "", *after)]) == []


def test_pictures_are_compared_by_their_digest() -> None:
    (difference,) = differences(
        [code("plot", "", shown("image/png", "AAAA"))],
        [code("plot", "", shown("image/png", "AAAB"))],
    )
    assert difference.before.startswith("[image/png, 4 characters, ")
    assert difference.before != difference.after


def test_long_outputs_are_shortened_around_the_first_difference() -> None:
    lines = [f"line {i} {'x' * 100}" for i in range(50_000)]
    changed = [*lines[:30], "changed", *lines[31:]]
    (difference,) = differences(
        [code("long", "", printed("\n".join(lines)))],
        [code("long", "", printed("\n".join(changed)))],
    )
    assert difference.before.startswith(f"…\n{lines[28]}\n{lines[29]}\n{lines[30]}")
    assert len(difference.before) <= MAX_EXCERPT + 2
    assert "changed" in difference.after


def test_a_difference_far_down_a_long_output_is_found() -> None:
    texts = ["x" * 100_000 + end for end in "ab"]
    assert len(differences(*([code("long", "", printed(text))] for text in texts))) == 1


def test_many_cells_are_aligned_by_their_ids() -> None:
    number = 10 * MAX_ALIGNED_CELLS
    before = [code(f"cell{i}", f"print({i})", printed(f"{i}\n")) for i in range(number)]
    after = [code(f"cell{i}", f"print({i})", printed(f"{i + 1}\n")) for i in range(1, number + 1)]
    kinds = [each.kind for each in differences(before, after)]
    assert kinds == ["missing", *["changed"] * (number - 1), "added"]
