"""Snapshots of real kernels, and kernels that continue from them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from paddle_workbench.errors import SnapshotLostError
from paddle_workbench.kernels.snapshot_folder import (
    KEPT,
    end_snapshot,
    read_snapshots,
    snapshot_expression,
    sockets,
)
from paddle_workbench.settings import WARM_VARIABLE

from .sessions import LIMIT_S, Session, is_running, wait_until

pytestmark = pytest.mark.kernel

Sessions = Callable[..., Session]
TRAIN = """
import paddle
paddle.seed(1)
net = paddle.nn.Sequential(
    paddle.nn.Conv2D(1, 4, 3), paddle.nn.Flatten(), paddle.nn.Dropout(), paddle.nn.Linear(144, 2)
)
optimizer = paddle.optimizer.Adam(parameters=net.parameters())
images, labels = paddle.randn([16, 1, 8, 8]), paddle.randint(0, 2, [16])
def step():
    loss = paddle.nn.functional.cross_entropy(net(images), labels)
    loss.backward(); optimizer.step(); optimizer.clear_grad()
    return float(loss)
first = [step() for _ in range(3)]
"""


@pytest.fixture(autouse=True)
def cold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(WARM_VARIABLE, "0")


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder for snapshots, which end after the test."""
    yield tmp_path
    for path in sockets(tmp_path):
        end_snapshot(path)


def take(session: Session, folder: Path, name: str = "0") -> str:
    """Take a snapshot, and return the problem."""
    request = session.client.execute(
        "",
        silent=True,
        user_expressions={"problem": snapshot_expression(folder, name, keep_s=600)},
    )
    while True:
        reply: dict[str, Any] = session.client.get_shell_msg(timeout=LIMIT_S)
        if reply["parent_header"]["msg_id"] == request:
            problem = reply["content"]["user_expressions"]["problem"]
            assert problem["status"] == "ok", problem
            return str(problem["data"]["text/plain"].strip("'\""))


def resume(session: Sessions, folder: Path, name: str = "0") -> Session:
    return session(snapshot=folder / f"{name}.socket")


def test_resumed_kernel_continues_with_the_variables(session: Sessions, folder: Path) -> None:
    kernel = session()
    kernel.run("import numpy as np, random, sys\nnp.random.seed(3)\nx = [1]; log = sys.stdout")
    kernel.run("x.append(2)")
    assert take(kernel, folder) == ""
    numbers = kernel.run("x.clear(); (np.random.rand(2).tolist(), random.random())")
    kernel.close()
    resumed = resume(session, folder)
    assert resumed.run("x, len(In)") == "([1, 2], 4)"
    assert resumed.run("(np.random.rand(2).tolist(), random.random())") == numbers
    assert resumed.run("log.write('kept') and None") == "kept"


def test_snapshot_survives_its_kernel_and_several_resumptions(
    session: Sessions, folder: Path
) -> None:
    kernel = session()
    kernel.run("x = 1")
    assert take(kernel, folder) == ""
    kernel.close()
    (snapshot,) = read_snapshots(folder)
    assert snapshot.memory_bytes > 0
    for _ in range(2):
        resumed = resume(session, folder)
        assert resumed.run("x += 1; x") == "2"
        resumed.close()
    end_snapshot(snapshot.path)
    wait_until(lambda: not is_running(snapshot.pid))
    with pytest.raises(SnapshotLostError):
        resume(session, folder)


def test_resumed_kernel_is_interrupted_prints_and_displays(session: Sessions, folder: Path) -> None:
    kernel = session()
    kernel.run("import threading, time, os, sys\nimport matplotlib.pyplot as plt")
    assert take(kernel, folder) == ""
    kernel.close()
    resumed = resume(session, folder)
    resumed.client.execute("time.sleep(60)")
    wait_until(lambda: resumed.client.get_iopub_msg()["msg_type"] == "execute_input")
    resumed.manager.interrupt_kernel()
    assert resumed.client.get_shell_msg(timeout=LIMIT_S)["content"]["ename"] == "KeyboardInterrupt"
    threaded = "t = threading.Thread(target=print, args=('thread',)); t.start(); t.join()"
    assert resumed.run(threaded) == "thread"
    assert resumed.run("1 / 0") == "ZeroDivisionError: division by zero"
    assert "Figure" in resumed.run("plt.plot([1, 2]); plt.show()")


def test_positions_in_files_are_those_of_the_snapshot(
    session: Sessions, folder: Path, tmp_path: Path
) -> None:
    path = tmp_path / "text"
    path.write_text("one\ntwo\n", encoding="utf-8")
    kernel = session()
    kernel.run(f"import os; file = os.open({str(path)!r}, os.O_RDONLY); os.read(file, 4)")
    assert take(kernel, folder) == ""
    kernel.run("os.read(file, 4)")
    assert resume(session, folder).run("os.read(file, 4)") == "b'two\\n'"


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (
            "import threading, time; threading.Thread(target=time.sleep, args=(30,)).start()",
            "thread",
        ),
        ("import subprocess; child = subprocess.Popen(['sleep', '30'])", "process"),
    ],
)
def test_refuses_what_a_fork_would_lack(
    session: Sessions, folder: Path, code: str, words: str
) -> None:
    kernel = session()
    kernel.run(code)
    assert words in take(kernel, folder)
    assert not sockets(folder)
    if words == "process":
        kernel.run("child.kill()")


def test_keeps_the_newest(session: Sessions, folder: Path) -> None:
    kernel = session()
    for index in range(KEPT + 2):
        assert take(kernel, folder, str(index)) == ""
    assert [each.name for each in read_snapshots(folder)] == ["2", "3", "4"]


def test_ends_with_its_folder(session: Sessions, tmp_path: Path) -> None:
    place = tmp_path / "place"
    place.mkdir()
    kernel = session()
    assert take(kernel, place) == ""
    (snapshot,) = read_snapshots(place)
    place.rename(tmp_path / "trash")
    wait_until(lambda: not is_running(snapshot.pid))


@pytest.mark.paddle
def test_training_continues_with_the_same_losses(session: Sessions, folder: Path) -> None:
    kernel = session()
    kernel.run(TRAIN)
    assert kernel.run("len(first)") == "3"
    assert take(kernel, folder) == ""
    losses = kernel.run("[step() for _ in range(3)]")
    kernel.close()
    assert resume(session, folder).run("[step() for _ in range(3)]") == losses
