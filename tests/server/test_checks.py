import asyncio
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from tornado.httpclient import HTTPClientError

from paddle_workbench.contract import ErrorMessage, Job, LessonCheck, OpenedLesson

from ..broken_files import NOT_JSON, NOT_REGULAR, Maker, make_pipe
from .conftest import find_jobs, wait_for_job

pytestmark = pytest.mark.kernel


@pytest.fixture(autouse=True)
def _paddle_kernel(jp_data_dir: Path, repository: Path) -> None:
    """Install the kernel of the lessons for the server, whose Jupyter folders are empty."""
    spec = repository / "workbench" / "jupyter-config" / "kernels" / "paddle"
    shutil.copytree(spec, jp_data_dir / "kernels" / "paddle")


async def open_lesson(jp_fetch: Any, lesson: str) -> str:
    body = json.dumps({"lesson": lesson, "language": "zh"})
    answer = await jp_fetch("paddle-workbench", "course", "open", method="POST", body=body)
    return OpenedLesson.model_validate_json(answer.body).path


async def start_check(jp_fetch: Any, path: str) -> Job:
    body = json.dumps({"path": path})
    answer = await jp_fetch("paddle-workbench", "checks", method="POST", body=body)
    return Job.model_validate_json(answer.body)


async def check_notebook(jp_fetch: Any, jp_ws_fetch: Any, path: str) -> LessonCheck:
    job = await start_check(jp_fetch, path)
    job = await wait_for_job(jp_ws_fetch, job.id)
    assert job.state == "succeeded", job.error
    answer = await jp_fetch("paddle-workbench", "jobs", "result", params={"id": job.id})
    return LessonCheck.model_validate_json(answer.body)


def edit(path: Path, change: Callable[[dict[str, nbformat.NotebookNode]], None]) -> None:
    notebook = nbformat.read(path, as_version=4)
    change({cell.id: cell for cell in notebook.cells})
    nbformat.write(notebook, path)


async def test_untouched_copy_matches_the_lesson(
    jp_fetch: Any, jp_ws_fetch: Any, home: Path
) -> None:
    path = await open_lesson(jp_fetch, "basics/products")
    content = (home / path).read_bytes()
    check = await check_notebook(jp_fetch, jp_ws_fetch, path)
    assert (check.path, check.lesson) == (path, "basics/products")
    assert [(cell.cell, cell.outcome) for cell in check.cells] == [
        ("parameters", "compared"),
        ("total", "compared"),
    ]
    (job,) = await find_jobs(jp_fetch, kind="check", subject=path)
    assert (job.progress.done, job.progress.total) == (2, 2)
    assert (home / path).read_bytes() == content


async def test_concurrent_requests_share_one_check(
    jp_fetch: Any, jp_ws_fetch: Any, home: Path
) -> None:
    path = await open_lesson(jp_fetch, "basics/products")
    runs = home / "runs.txt"
    marker = home / "marker.txt"

    def change(cells: dict[str, nbformat.NotebookNode]) -> None:
        cells["parameters"].source = (
            f"with open({str(runs)!r}, 'a') as file:\n    file.write('x')\n"
            f"import os, time\nwhile not os.path.exists({str(marker)!r}): time.sleep(0.05)\nn = 3"
        )

    edit(home / path, change)
    one, other = await asyncio.gather(start_check(jp_fetch, path), start_check(jp_fetch, path))
    assert one.id == other.id
    marker.touch()
    assert (await wait_for_job(jp_ws_fetch, one.id)).state == "succeeded"
    assert runs.read_text() == "x"


async def test_runs_changed_cells_without_comparing_them(
    jp_fetch: Any, jp_ws_fetch: Any, home: Path
) -> None:
    path = await open_lesson(jp_fetch, "basics/products")

    def change(cells: dict[str, nbformat.NotebookNode]) -> None:
        cells["parameters"].source = "n = 5"

    edit(home / path, change)
    check = await check_notebook(jp_fetch, jp_ws_fetch, path)
    parameters, total = check.cells
    assert (parameters.outcome, parameters.reason) == ("not_compared", "changed")
    # The next cell is unchanged, and its output follows from the change.
    (difference,) = total.differences
    assert (difference.expected, difference.found) == ("3", "10")


async def test_does_not_compare_exercises_and_reports_errors(
    jp_fetch: Any, jp_ws_fetch: Any
) -> None:
    check = await check_notebook(jp_fetch, jp_ws_fetch, await open_lesson(jp_fetch, "basics/sums"))
    cells = {cell.cell: cell for cell in check.cells}
    assert (cells["double"].outcome, cells["double"].reason) == ("not_compared", "exercise")
    # This small lesson does not import `exercises`.
    assert cells["double-check"].outcome == "raised"
    assert "NameError" in cells["double-check"].traceback
    assert cells["half"].outcome == "not_run"


async def test_finds_mistakes_in_the_code(jp_fetch: Any, jp_ws_fetch: Any, home: Path) -> None:
    path = await open_lesson(jp_fetch, "basics/products")

    def change(cells: dict[str, nbformat.NotebookNode]) -> None:
        work = "ThreadPoolExecutor(2).map(PaddleOCR().predict, [])"
        cells["parameters"].source = f"n = 3\nif n < 0:\n    {work}"

    edit(home / path, change)
    check = await check_notebook(jp_fetch, jp_ws_fetch, path)
    (finding,) = check.findings
    assert (finding.code, finding.cell, finding.line) == ("PW-S101", "parameters", 3)


async def test_cancels_check(jp_fetch: Any, jp_ws_fetch: Any, home: Path) -> None:
    path = await open_lesson(jp_fetch, "basics/products")

    def change(cells: dict[str, nbformat.NotebookNode]) -> None:
        cells["parameters"].source = "import time\ntime.sleep(600)"

    edit(home / path, change)
    job = await start_check(jp_fetch, path)
    body = json.dumps({"id": job.id})
    await jp_fetch("paddle-workbench", "jobs", "cancel", method="POST", body=body)
    assert (await wait_for_job(jp_ws_fetch, job.id)).state == "cancelled"


@pytest.mark.parametrize(
    ("path", "status", "message"),
    [
        ("../outside.ipynb", 403, "outside the root folder"),
        ("missing.ipynb", 422, "no notebook"),
        ("plain.ipynb", 422, "no metadata"),
    ],
)
async def test_rejects_notebooks_that_cannot_be_checked(
    path: str, status: int, message: str, jp_fetch: Any, home: Path
) -> None:
    nbformat.write(nbformat.v4.new_notebook(), home / "plain.ipynb")
    with pytest.raises(HTTPClientError) as caught:
        await start_check(jp_fetch, path)
    assert caught.value.code == status
    assert message in ErrorMessage.model_validate_json(caught.value.response.body).message


@pytest.mark.parametrize(("make", "reason"), [*NOT_REGULAR, *NOT_JSON[2:5]])
async def test_rejects_unreadable_notebook(
    make: Maker, reason: str, jp_fetch: Any, home: Path
) -> None:
    make(home / "some.ipynb")
    with pytest.raises(HTTPClientError) as caught:
        await start_check(jp_fetch, "some.ipynb")
    assert caught.value.code in (403, 422)
    message = ErrorMessage.model_validate_json(caught.value.response.body).message
    # The device is a link out of the root folder.
    assert reason in message or "outside the root folder" in message


async def test_pipes_do_not_block_threads(jp_fetch: Any, home: Path) -> None:
    make_pipe(home / "pipe.ipynb")
    # More requests than the server has threads.
    requests = [start_check(jp_fetch, "pipe.ipynb") for _ in range(40)]
    answers = await asyncio.gather(*requests, return_exceptions=True)
    codes = [answer.code for answer in answers if isinstance(answer, HTTPClientError)]
    assert codes == [422] * len(requests)
    assert (await jp_fetch("paddle-workbench", "course")).code == 200
