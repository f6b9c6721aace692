"""Shared by all tests: marks, a home for each test, a small course, and no skipping in CI."""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest

from paddle_workbench.scratch import PREFIX, remove_leftovers

pytest_plugins = ["pytest_jupyter.jupyter_server"]

REPOSITORY = Path(__file__).parents[1]
PACKAGE = REPOSITORY / "workbench" / "paddle_workbench"
HEAVY = ("paddle", "kernel", "browser", "build")
# Marks that follow from the folder or the fixtures of a test; other tests have their own marks.
MARK_OF_FOLDER = {"kernels": "kernel", "ui": "browser"}
MARK_OF_FIXTURE = {"imported_paddle": "paddle", "wheel": "build"}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--quick",
        action="store_true",
        help=f"Run only tests without the marks {', '.join(HEAVY)}, and enforce their absence.",
    )


def pytest_configure(config: pytest.Config) -> None:
    # A shell makes its scripts in the background ignore SIGINT, and all commands that tests start
    # would, too. A `preexec_fn` for each needs a fork, in which gRPC's threads end the process.
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if config.getoption("--quick"):
        config.option.markexpr = f"not ({' or '.join(HEAVY)})"
        sys.addaudithook(_forbid_heavy_work)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """With `--quick`, do not import folders in which every test has a mark."""
    is_heavy = collection_path.parent == Path(__file__).parent and (
        collection_path.name in MARK_OF_FOLDER
    )
    return True if is_heavy and config.getoption("--quick") else None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        folder = item.path.relative_to(Path(__file__).parent).parts[0]
        fixtures = getattr(item, "fixturenames", ())
        marks = [MARK_OF_FOLDER.get(folder), *map(MARK_OF_FIXTURE.get, fixtures)]
        for mark in filter(None, marks):
            item.add_marker(mark)


def pytest_collection_finish() -> None:
    """Keep thousands of tests, which stay until the end, out of every garbage collection."""
    gc.freeze()


def _forbid_heavy_work(event: str, arguments: tuple[object, ...]) -> None:
    """Fail a quick test that imports Paddle or starts a kernel without the mark."""
    if event == "import" and str(arguments[0]).partition(".")[0] == "paddle":
        raise ImportError("A quick test imports Paddle. Mark it: pytest.mark.paddle")
    if event == "subprocess.Popen" and "ipykernel_launcher" in map(str, arguments[1]):
        raise PermissionError("A quick test starts a kernel. Mark it: pytest.mark.kernel")


@pytest.fixture(scope="session")
def imported_paddle() -> None:
    """Import Paddle once without its warnings, which depend on earlier imports."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import paddle.inference
        import paddle.static  # noqa: F401


@pytest.fixture(scope="session", autouse=True)
def _no_temporary_folder_is_left(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Fail if the package, in this process or a fork of it, has made a folder and left it.

    A scratch folder that is still there is in use: it is removed at the end of this process.
    """
    record = tmp_path_factory.mktemp("temporary") / "folders.txt"
    # A file, since a fork has its own memory; open, since some tests give up the rights to open it.
    file = record.open("ab", buffering=0)

    def note(event: str, arguments: tuple[object, ...]) -> None:
        if event == "tempfile.mkdtemp" and not file.closed and _is_called_by_package():
            file.write(f"{arguments[0]}\n".encode())

    sys.addaudithook(note)
    yield
    file.close()
    remove_leftovers()
    made = map(Path, record.read_text(encoding="utf-8").splitlines())
    assert [path for path in made if path.is_dir() and not path.name.startswith(PREFIX)] == []


def _is_called_by_package() -> bool:
    """Return whether the function that calls tempfile is in the package."""
    frame = sys._getframe(2)
    while frame.f_back is not None and frame.f_code.co_filename == tempfile.__file__:
        frame = frame.f_back
    return Path(frame.f_code.co_filename).is_relative_to(PACKAGE)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]):
    """In CI, fail skipped tests: whatever they need must be installed."""
    report = yield
    if os.environ.get("CI") == "true" and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"Skipped, and CI=true: {report.longrepr}"
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print how the planted defects were detected."""
    defects = [
        value
        for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed")
        for name, value in report.user_properties
        if name == "planted defect"
    ]
    if defects:
        terminalreporter.section(f"{len(defects)} planted defects")
    for name, lesson, cell, message in defects:
        line = f"{name:42} {lesson.split('/')[1]:16} {cell:19} {message}"
        terminalreporter.write_line(line.replace("\n", " ")[:150])


# pytest-jupyter applies these two to every test. Only tests of the server need them, and restore
# them in their conftest.py. They conflict with Playwright, which runs an event loop itself.
@pytest.fixture
def jp_asyncio_loop() -> None:
    """Do not start an event loop."""


@pytest.fixture
def jp_server_cleanup() -> None:
    """Do not clean up a server."""


@pytest.fixture
def repository() -> Path:
    return REPOSITORY


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty workbench home."""
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("PADDLE_WORKBENCH_HOME", str(folder))
    monkeypatch.delenv("PADDLE_WORKBENCH_LANG", raising=False)
    return folder


@pytest.fixture
def small_course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A course of two lessons, the first with two exercises."""
    course = tmp_path / "course"
    chapter = course / "01_basics"
    (chapter / "assets").mkdir(parents=True)
    (chapter / "assets" / "numbers.txt").write_text("1 2 3\n", encoding="utf-8")
    (course / "locale" / "en").mkdir(parents=True)
    (course / "course.json").write_text(
        json.dumps(
            {
                "schema_version": 1,
                "title": {"zh": "小课程", "en": "Small course"},
                "chapters": [
                    {
                        "chapter": "basics",
                        "folder": "01_basics",
                        "title": {"zh": "基础", "en": "Basics"},
                    }
                ],
            }
        ),
        encoding="utf-8",
    )
    write_lesson(chapter / "01_sums.ipynb", "basics/sums", exercises=("double", "half"))
    write_lesson(chapter / "02_products.ipynb", "basics/products", requires=("basics/sums",))
    (chapter / "01_sums_exercises.py").write_text(_CHECKERS, encoding="utf-8")
    (course / "locale" / "en" / "sums.po").write_text(_CATALOG, encoding="utf-8")
    monkeypatch.setenv("PADDLE_WORKBENCH_COURSE", str(course))
    return course


def write_lesson(
    path: Path, lesson: str, *, exercises: tuple[str, ...] = (), requires: tuple[str, ...] = ()
) -> None:
    """Write a lesson with stored outputs and exercises."""
    new = nbformat.v4
    cells = [
        new.new_markdown_cell("# 求和", id="title"),
        new.new_code_cell("n = 3", id="parameters", metadata={"tags": ["parameters"]}),
        new.new_code_cell(
            "sum(range(n))",
            id="total",
            execution_count=2,
            outputs=[new.new_output("execute_result", {"text/plain": "3"}, execution_count=2)],
        ),
    ]
    for name in exercises:
        cells += [
            new.new_code_cell(
                f"def {name}(x):\n    ### BEGIN SOLUTION\n    return {_SOLUTIONS[name]}\n"
                "    ### END SOLUTION",
                id=name,
                metadata={"nbgrader": _grading(name, solution=True)},
            ),
            new.new_code_cell(
                f'exercises("{lesson}").check("{name}", {name})',
                id=f"{name}-check",
                metadata={"nbgrader": _grading(f"{name}_check", grade=True)},
            ),
        ]
    notebook = new.new_notebook(
        cells=cells,
        metadata={
            "kernelspec": {
                "name": "paddle",
                "display_name": "Paddle (Python 3)",
                "language": "python",
            },
            "paddle_workbench": {
                "schema_version": 1,
                "lesson": lesson,
                "title": {"zh": "求和", "en": "Sums"},
                "objectives": {"zh": ["会求和"], "en": ["Add numbers"]},
                "minutes": 5,
                "device": "any",
                "requires": list(requires),
                "article": [],
            },
        },
    )
    nbformat.write(notebook, path)


_SOLUTIONS = {"double": "2 * x", "half": "x / 2"}


def _grading(name: str, *, solution: bool = False, grade: bool = False) -> dict[str, object]:
    points = {"points": 2} if grade else {}
    return {
        "grade": grade,
        "grade_id": name,
        "locked": grade,
        "schema_version": 3,
        "solution": solution,
        "task": False,
        **points,
    }


_CHECKERS = """
from paddle_workbench.contract import Text
from paddle_workbench.course.exercises import Mistake, checker


@checker("double", title=Text(zh="加倍", en="Double it"), points=2, limit_s=1)
def check_double(double):
    found = double(3)
    if found == 9:
        raise Mistake("squares", Text(zh="这是平方。", en="That squares."), expected=6, found=found)
    if found != 6:
        raise Mistake("wrong", Text(zh="不是两倍。", en="Not twice."), expected=6, found=found)


@checker("half", title=Text(zh="减半", en="Halve it"), points=2)
def check_half(half):
    if half(3) != 1.5:
        raise Mistake("wrong", Text(zh="不是一半。", en="Not a half."), expected=1.5, found=half(3))
"""

_CATALOG = """msgid ""
msgstr "Content-Type: text/plain; charset=UTF-8\\n"

#. basics/sums title
msgid "# 求和"
msgstr "# Sums"
"""
