"""Predictors that several threads may run are found, and correct programs pass."""

from __future__ import annotations

import pytest

from paddle_workbench.checks.shared_predictors import Cell, find_shared_predictors

from .shared_programs import HEAD, RIGHT, WRONG


def lines(source: str) -> list[int]:
    return [each.used.line for each in find_shared_predictors([Cell("a", source)])]


@pytest.mark.parametrize("name", WRONG)
def test_finds_a_shared_predictor(name: str) -> None:
    program = HEAD + WRONG[name]
    marked = [n for n, line in enumerate(program.splitlines(), 1) if line.endswith("# here")]
    assert lines(program) == marked
    assert len(marked) == 1


@pytest.mark.parametrize("name", RIGHT)
def test_correct_program_passes(name: str) -> None:
    assert lines(HEAD + RIGHT[name]) == []


CELLS = [
    Cell("open", HEAD + "predictor = create_predictor(config)"),
    Cell("broken", "def ("),
    Cell("shell", "%%bash\nls"),
    Cell("ask", "%%time\n!ls\n\ndef ask(x):\n    predictor.run()"),
    Cell("threads", "\n\nwith ThreadPoolExecutor(2) as pool:\n    pool.map(ask, range(3))"),
]


def test_names_cells_and_lines_of_a_notebook() -> None:
    (found,) = find_shared_predictors(CELLS)
    assert (found.used.cell, found.used.line) == ("ask", 5)
    assert (found.created.cell, found.created.line) == ("open", 7)
    assert found.message.startswith(
        "PW-S101 Line 5: `predictor.run()` runs the predictor of line 7 of `open` "
        "(`create_predictor(…)`) in threads of `pool.map`"
    )


def test_looks_into_files_that_a_cell_writes() -> None:
    program = HEAD + WRONG["Flask"]
    (line,) = lines(program)
    written = Cell("server", "%%writefile server.py\n" + program)
    (found,) = find_shared_predictors([*CELLS[:1], written])
    assert (found.used.cell, found.used.line) == ("server", line + 1)
    assert find_shared_predictors([Cell("a", "%%writefile a.txt\n" + program)]) == []


@pytest.mark.parametrize(
    "source", ["x = " + "+".join(["1"] * 3000), "x" + ".a" * 500, "x = '\0'", "(" * 300]
)
def test_code_that_python_can_hardly_read_is_passed_over(source: str) -> None:
    (found,) = find_shared_predictors([*CELLS, Cell("strange", source)])
    assert found.used.cell == "ask"


@pytest.mark.parametrize(
    ("comment", "count"),
    [
        ("# PW-S101: to show the accident", 0),
        ("# PW-S101:", 1),
        ("# PW-S102: another code", 1),
    ],
)
def test_comment_with_a_reason_leaves_a_line_out(comment: str, count: int) -> None:
    run, opened = CELLS[3].source + "  " + comment, CELLS[0].source + "  " + comment
    for changed in ({"ask": run}, {"open": opened}):
        cells = [Cell(each.name, changed.get(each.name or "", each.source)) for each in CELLS]
        assert len(find_shared_predictors(cells)) == count
