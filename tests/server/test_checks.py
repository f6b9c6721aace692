import asyncio
import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from tornado.httpclient import HTTPClientError

from paddle_workbench.contract import ErrorMessage, LessonCheck, OpenedLesson

from ..broken_files import NOT_JSON, NOT_REGULAR, Maker, make_pipe

pytestmark = pytest.mark.kernel

LIMIT_S = 120.0


@pytest.fixture(autouse=True)
def _paddle_kernel(jp_data_dir: Path, repository: Path) -> None:
    """Give the server, whose Jupyter folders are empty, the kernel that lessons ask for."""
    spec = repository / "workbench" / "jupyter-config" / "kernels" / "paddle"
    shutil.copytree(spec, jp_data_dir / "kernels" / "paddle")


async def opened(jp_fetch: Any, lesson: str) -> str:
    body = json.dumps({"lesson": lesson, "language": "zh"})
    answer = await jp_fetch("paddle-workbench", "course", "open", method="POST", body=body)
    return OpenedLesson.model_validate_json(answer.body).path


async def posted(jp_fetch: Any, path: str, *route: str) -> LessonCheck:
    answer = await jp_fetch(
        "paddle-workbench", "checks", *route, method="POST", body=json.dumps({"path": path})
    )
    return LessonCheck.model_validate_json(answer.body)


async def ended(jp_fetch: Any, path: str) -> LessonCheck:
    end = time.monotonic() + LIMIT_S
    while time.monotonic() < end:
        answer = await jp_fetch("paddle-workbench", "checks", params={"path": path})
        check = LessonCheck.model_validate_json(answer.body)
        if check.state != "running":
            return check
        await asyncio.sleep(0.2)
    raise TimeoutError(path)


def edit(path: Path, change: Callable[[dict[str, nbformat.NotebookNode]], None]) -> None:
    notebook = nbformat.read(path, as_version=4)
    change({cell.id: cell for cell in notebook.cells})
    nbformat.write(notebook, path)


async def test_untouched_copy_is_as_the_lesson(jp_fetch: Any, home: Path) -> None:
    path = await opened(jp_fetch, "basics/products")
    before = (home / path).read_bytes()
    started = await posted(jp_fetch, path)
    assert (started.state, started.lesson) == ("running", "basics/products")
    # The second click finds the first check.
    assert (await posted(jp_fetch, path)).state == "running"
    check = await ended(jp_fetch, path)
    assert check.state == "done"
    assert [(cell.cell, cell.outcome) for cell in check.cells] == [
        ("parameters", "compared"),
        ("total", "compared"),
    ]
    assert (check.cells_done, check.cells_total) == (2, 2)
    assert (home / path).read_bytes() == before


async def test_two_clicks_at_once_are_one_check(jp_fetch: Any, home: Path) -> None:
    path = await opened(jp_fetch, "basics/products")
    runs = home / "runs.txt"

    def change(cells: dict[str, nbformat.NotebookNode]) -> None:
        cells["parameters"].source = (
            f"with open({str(runs)!r}, 'a') as file:\n    file.write('x')\n"
            "import time\ntime.sleep(5)\nn = 3"
        )

    edit(home / path, change)
    both = await asyncio.gather(posted(jp_fetch, path), posted(jp_fetch, path))
    assert [check.state for check in both] == ["running", "running"]
    assert (await ended(jp_fetch, path)).state == "done"
    assert runs.read_text() == "x"


async def test_cells_changed_by_the_learner_run_without_comparison(
    jp_fetch: Any, home: Path
) -> None:
    path = await opened(jp_fetch, "basics/products")

    def change(cells: dict[str, nbformat.NotebookNode]) -> None:
        cells["parameters"].source = "n = 5"

    edit(home / path, change)
    await posted(jp_fetch, path)
    check = await ended(jp_fetch, path)
    parameters, total = check.cells
    assert (parameters.outcome, parameters.reason) == ("not_compared", "changed")
    # The cell below is the lesson's, and shows what follows from the change.
    (difference,) = total.differences
    assert (difference.expected, difference.found) == ("3", "10")


async def test_does_not_compare_exercises_and_reports_errors(jp_fetch: Any) -> None:
    path = await opened(jp_fetch, "basics/sums")
    await posted(jp_fetch, path)
    check = await ended(jp_fetch, path)
    cells = {cell.cell: cell for cell in check.cells}
    assert (cells["double"].outcome, cells["double"].reason) == ("not_compared", "exercise")
    # This small lesson forgets to import what it checks with.
    assert cells["double-check"].outcome == "raised"
    assert "NameError" in cells["double-check"].traceback
    assert cells["half"].outcome == "not_run"


async def test_check_is_cancelled(jp_fetch: Any, home: Path) -> None:
    path = await opened(jp_fetch, "basics/products")

    def change(cells: dict[str, nbformat.NotebookNode]) -> None:
        cells["parameters"].source = "import time\ntime.sleep(600)"

    edit(home / path, change)
    await posted(jp_fetch, path)
    await posted(jp_fetch, path, "cancel")
    assert (await ended(jp_fetch, path)).state == "cancelled"


@pytest.mark.parametrize(
    ("path", "status", "message"),
    [
        ("../outside.ipynb", 422, "outside the root folder"),
        ("missing.ipynb", 422, "no notebook"),
        ("plain.ipynb", 500, "no metadata"),
    ],
)
async def test_rejects_notebooks_that_cannot_be_checked(
    path: str, status: int, message: str, jp_fetch: Any, home: Path
) -> None:
    nbformat.write(nbformat.v4.new_notebook(), home / "plain.ipynb")
    with pytest.raises(HTTPClientError) as caught:
        await posted(jp_fetch, path)
    assert caught.value.code == status
    assert message in ErrorMessage.model_validate_json(caught.value.response.body).message


@pytest.mark.parametrize(("make", "reason"), [*NOT_REGULAR, *NOT_JSON[2:5]])
async def test_notebook_that_cannot_be_read_is_refused(
    make: Maker, reason: str, jp_fetch: Any, home: Path
) -> None:
    make(home / "some.ipynb")
    with pytest.raises(HTTPClientError) as caught:
        await posted(jp_fetch, "some.ipynb")
    assert caught.value.code == 422
    message = ErrorMessage.model_validate_json(caught.value.response.body).message
    # The device is a link out of the folder.
    assert reason in message or "outside the root folder" in message


async def test_pipes_hold_up_no_thread(jp_fetch: Any, home: Path) -> None:
    make_pipe(home / "pipe.ipynb")
    # More than the server has threads for such work.
    requests = [posted(jp_fetch, "pipe.ipynb") for _ in range(40)]
    answers = await asyncio.gather(*requests, return_exceptions=True)
    codes = [answer.code for answer in answers if isinstance(answer, HTTPClientError)]
    assert codes == [422] * len(requests)
    assert (await jp_fetch("paddle-workbench", "course")).code == 200


async def test_a_notebook_that_was_never_checked_is_not_found(jp_fetch: Any) -> None:
    with pytest.raises(HTTPClientError) as caught:
        await jp_fetch("paddle-workbench", "checks", params={"path": "a.ipynb"})
    assert caught.value.code == 404
