"""Notebooks on a Ray cluster of two nodes: one for all tests, since Ray starts slowly."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import nbformat
import pytest

from paddle_workbench.contract import RunLive, RunRecord
from paddle_workbench.errors import StorageError
from paddle_workbench.runs.reports.description import describe
from paddle_workbench.runs.store.folders import LIVE_FILE, run_folders
from paddle_workbench.runs.store.records import list_records
from paddle_workbench.storage import read_model

from ...kernels.sessions import wait_until
from ..conftest import make_notebook
from .nodes import Nodes

pytest.importorskip("ray")
pytestmark = pytest.mark.kernel

SLOW_S = 300.0
SESSION = Path(__file__).with_name("session.py")
FOREVER = """\
import os, time
print(os.getpid(), flush=True)
while True:
    time.sleep(0.1)
"""


class Session:
    """The process of a run."""

    def __init__(self, nodes: Nodes, source: Path, **options: Any) -> None:
        self.folder = source.parent
        self._process = subprocess.Popen(
            [sys.executable, str(SESSION), nodes.address, str(source), json.dumps(options)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=nodes.environment,
            text=True,
        )
        self.seen: list[dict[str, Any]] = []

    def until(self, key: str) -> dict[str, Any]:
        """Wait for a line with a key, and return it."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.seen.append(json.loads(line))
            if key in self.seen[-1]:
                return self.seen[-1]
        raise AssertionError(self.seen)

    def stop(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()

    def end(self) -> dict[str, Any]:
        """Wait for the end, and return what it says."""
        self.until("ending")
        self._process.communicate()
        return self.seen[-1]

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        with self._process:
            self._process.kill()

    def output(self) -> nbformat.NotebookNode:
        return nbformat.read(self.folder.parent / "output.ipynb", as_version=4)


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nodes]:
    nodes = Nodes()
    try:
        yield nodes
    finally:
        nodes.close()


def write(tmp_path: Path, *cells: tuple[str, str]) -> Path:
    (tmp_path / "work").mkdir()
    return make_notebook(tmp_path / "work" / "a.ipynb", cells, kernel="python3")


def test_outputs_and_files_come_back(nodes: Nodes, tmp_path: Path) -> None:
    source = write(
        tmp_path,
        ("read", "from pathlib import Path\nprint(Path('data/in.txt').read_text())"),
        ("write", "Path('made').mkdir()\nPath('made/out.txt').write_text('new')"),
        ("remove", "Path('data/old.txt').unlink()"),
        ("secret", "import os\nprint(os.environ['TOKEN_OF_TEST'][::-1])"),
        ("show", "handle = display('first', display_id=True)"),
        ("update", "handle.update('second')\nprint(1)\nprint(2, flush=True)"),
        ("clear", "from IPython.display import clear_output\nprint(3)\nclear_output()\nprint(4)"),
        ("folder", "os.getcwd()"),
    )
    data = source.parent / "data"
    data.mkdir()
    (data / "in.txt").write_text("from here", encoding="utf-8")
    (data / "old.txt").touch()
    with Session(nodes, source, variables={"TOKEN_OF_TEST": "abc"}) as session:
        ending = session.end()
    assert (ending["ending"], ending["memory"] > 0) == ("completed", True)
    place = next(each for each in session.seen if "place" in each)
    assert (place["machine"]["threads"], "127.0.0.1" in place["place"]) == (1, True)
    cells = {cell.id: cell for cell in session.output().cells}
    assert cells["read"].outputs[0].text == "from here\n"
    assert cells["secret"].outputs[0].text == "cba\n"
    assert cells["show"].outputs[0].data["text/plain"] == "'second'"
    assert cells["update"].outputs[0].text == "1\n2\n"
    assert [output.text for output in cells["clear"].outputs] == ["4\n"]
    assert str(tmp_path) not in cells["folder"].outputs[0].data["text/plain"]
    assert cells["folder"].execution_count == len(cells)
    files = sorted(path.name for path in source.parent.rglob("*") if path.is_file())
    assert files == ["a.ipynb", "in.txt", "out.txt"]
    assert (source.parent / "made" / "out.txt").read_text(encoding="utf-8") == "new"
    assert nodes.listeners() <= {"127.0.0.1", "::ffff:127.0.0.1", "::1"}


def test_stops_a_cell(nodes: Nodes, tmp_path: Path) -> None:
    with Session(nodes, write(tmp_path, ("stuck", FOREVER))) as session:
        session.until("outputs")
        session.stop()
        ending = session.end()
    assert (ending["ending"], ending["cell"]) == ("cancelled", 1)
    assert session.output().cells[1].outputs[-1].ename == "KeyboardInterrupt"


def test_stops_at_the_time_limit(nodes: Nodes, tmp_path: Path) -> None:
    with Session(nodes, write(tmp_path, ("stuck", FOREVER)), time_limit_s=2.0) as session:
        assert session.end()["ending"] == "timed_out"


def test_says_which_cell_failed(nodes: Nodes, tmp_path: Path) -> None:
    with Session(nodes, write(tmp_path, ("fail", "1 / 0"), ("never", "print(1)"))) as session:
        ending = session.end()
    assert (ending["ending"], ending["cell"]) == ("cell_failed", 1)
    assert "ZeroDivisionError" in ending["reason"]
    assert {"started": 2} not in session.seen


def test_rejects_files_that_are_too_large(nodes: Nodes, tmp_path: Path) -> None:
    source = write(tmp_path)
    with (source.parent / "large.bin").open("wb") as file:
        file.truncate(501_000_000)
    with Session(nodes, source) as session:
        error = session.until("error")
    assert ("501 MB" in error["error"], "RAY_FILES_MB" in error["hint"]) == (True, True)


def test_says_that_there_is_no_cluster(nodes: Nodes, tmp_path: Path) -> None:
    nowhere = Nodes.__new__(Nodes)
    nowhere.address, nowhere.environment = "127.0.0.1:1", nodes.environment
    with Session(nowhere, write(tmp_path)) as session:
        error = session.until("error")
    assert ("no cluster at 127.0.0.1:1" in error["error"], "ray start" in error["hint"]) == (
        True,
        True,
    )


class Command:
    """`workbench run`, in a process of its own."""

    def __init__(self, nodes: Nodes, source: Path, parent: Path, *options: str) -> None:
        self.parent = parent
        options = ("--backend", "ray", "--output-dir", str(parent), *options)
        environment = {**nodes.environment, "RAY_ADDRESS": nodes.address}
        environment["PADDLE_WORKBENCH_HOME"] = str(parent / "home")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "paddle_workbench.cli", "run", str(source), *options],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def records(self) -> list[RunRecord]:
        return list_records(self.parent)[0]

    def printed(self) -> str:
        """Return what the only cell has printed so far."""
        for folder in run_folders(self.parent):
            with suppress(StorageError):
                text = read_model(folder / LIVE_FILE, RunLive, kind="state").output
                if text:
                    return text
        return ""

    def end(self) -> tuple[int, str]:
        text, _ = self._process.communicate()
        return self._process.returncode, text

    def interrupt(self) -> None:
        self._process.send_signal(signal.SIGINT)

    def __enter__(self) -> Command:
        return self

    def __exit__(self, *_: object) -> None:
        with self._process:
            self._process.kill()


def test_a_cancelled_run_says_so(nodes: Nodes, tmp_path: Path) -> None:
    source = write(tmp_path, ("stuck", FOREVER))
    with Command(nodes, source, tmp_path / "runs") as command:
        wait_until(lambda: command.printed() != "", limit_s=SLOW_S)
        command.interrupt()
        status, text = command.end()
    (record,) = command.records()
    assert (status, record.state, record.stop) == (1, "cancelled", "interrupted"), text
    assert (record.backend, record.address) == ("ray", nodes.address)
    assert ("node", record.node) in describe(record)["Run"]


def test_a_secret_is_in_no_file(
    nodes: Nodes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = "only-in-memory-of-test"  # noqa: S105 - it is none
    monkeypatch.setitem(nodes.environment, "TOKEN", secret)
    (tmp_path / "work").mkdir()
    source = make_notebook(
        tmp_path / "work" / "a.ipynb",
        [("show", "print(len(token), token)")],
        parameters='token = ""',
        kernel="python3",
    )
    with Command(nodes, source, tmp_path / "runs", "--secret", "token") as command:
        status, text = command.end()
    assert status == 0, text
    (folder,) = run_folders(command.parent)
    output = nbformat.read(folder / "output.ipynb", as_version=4)
    assert output.cells[-1].outputs[0].text == f"{len(secret)} [secret]\n"
    for parent in (tmp_path / "runs", nodes.folder):
        files = [path for path in parent.rglob("*") if path.is_file()]
        assert [path for path in files if secret.encode() in path.read_bytes()] == []


# The last test, since it leaves one node.
def test_a_run_is_repeated_if_its_node_is_lost(nodes: Nodes, tmp_path: Path) -> None:
    goes_on = tmp_path / "goes-on"
    cell = FOREVER.replace("True", f"not os.path.exists({str(goes_on)!r})")
    source = write(tmp_path, ("wait", cell), ("value", "6 * 7"))
    with ExitStack() as stack:
        commands = []
        for name in ("one", "two"):
            command = Command(nodes, source, tmp_path / name, "--retries", "1")
            commands.append(stack.enter_context(command))
        wait_until(lambda: all(each.printed() for each in commands), limit_s=SLOW_S)
        second = {process.pid for process in nodes.second.children(recursive=True)}
        commands.sort(key=lambda each: int(each.printed()) in second)
        steady, lost = commands
        (first,) = lost.records()
        nodes.kill_second()
        wait_until(lambda: lost.records()[0].state == "lost", limit_s=SLOW_S)
        goes_on.touch()
        assert steady.end()[0] == 0
        status, text = lost.end()
    assert status == 0, text
    before, after = lost.records()
    assert (before.id, before.state, before.failed_cell) == (first.id, "lost", "wait")
    assert before.error is not None
    assert before.node is not None
    assert before.node in before.error.message
    assert (after.state, after.attempt, after.previous) == ("succeeded", 2, before.id)
    assert after.node == steady.records()[0].node != before.node
    output = nbformat.read(run_folders(lost.parent)[1] / "output.ipynb", as_version=4)
    assert output.cells[-1].outputs[0].data["text/plain"] == "42"
