"""Whichever process is killed, no other work is lost and nothing is left behind."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from paddle_workbench.kernels import client
from paddle_workbench.kernels.children import MINIMUM_SPARES
from paddle_workbench.kernels.messages import connect, receive, send
from paddle_workbench.kernels.runtime_paths import runtime_paths
from paddle_workbench.kernels.warm_process import UNKNOWN_STATUS

from .conftest import start
from .sessions import LIMIT_S, Session, descriptors, is_running, wait_until

MakeSession = Callable[..., Session]


def server_pid() -> int:
    status = client.read_status()
    assert status is not None
    return int(status["pid"])


def children_of(pid: int) -> list[int]:
    pids = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8")
    return [int(pid) for pid in pids.split()]


def test_reports_that_a_kernel_was_killed_and_removes_what_it_left(
    directory: Path, session: MakeSession
) -> None:
    start("json")
    kernel, other = session(), session()
    make = "import tempfile; folder = tempfile.TemporaryDirectory(); print(folder.name)"
    left, kept = Path(kernel.run(make)), Path(other.run(make))
    os.kill(kernel.pid, signal.SIGKILL)
    assert kernel.process.wait(timeout=LIMIT_S) == -signal.SIGKILL
    kernel.manager.restart_kernel()
    kernel.wait()
    assert kernel.is_warm
    assert not left.parent.exists()
    assert Path(kernel.run(make)).parent.parent == left.parent.parent
    assert other.run("1 + 1") == "2"
    assert kept.is_dir()


def test_late_shutdown_request_does_not_end_the_next_kernel(
    directory: Path, session: MakeSession
) -> None:
    start("json")
    kernel = session()
    # Reconnecting every millisecond, the request reaches the next kernel almost every time.
    kernel.manager.context.reconnect_ivl = 1
    kernel.manager.restart_kernel(now=True)
    for _ in range(6):
        kernel.wait()
        os.kill(kernel.pid, signal.SIGKILL)
        kernel.process.wait(timeout=LIMIT_S)
        kernel.manager.restart_kernel()
        kernel.wait()
        time.sleep(0.5)  # a kernel that is going to end may still answer
        assert kernel.manager.is_alive()


def test_kernels_outlive_the_fork_server(directory: Path, session: MakeSession) -> None:
    start("json")
    kernel, other = session(), session()
    kernel.run("x = 41")
    first = server_pid()
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: not is_running(first))
    time.sleep(2)  # ipykernel checks for a lost parent every second
    assert kernel.run("x + 1") == "42"
    assert kernel.manager.is_alive()
    # The next kernel starts cold, and starts a new fork server for the one after it.
    cold = session()
    assert not cold.is_warm
    assert cold.run("1 + 1") == "2"
    wait_until(lambda: (client.read_status() or {}).get("state") == "ready", limit_s=90)
    assert server_pid() != first
    assert session().is_warm
    # Kernels of the old server are watched and can be stopped.
    process = kernel.process
    kernel.manager.interrupt_kernel()
    kernel.manager.shutdown_kernel(now=True)
    assert process.returncode == UNKNOWN_STATUS
    os.kill(other.pid, signal.SIGKILL)
    wait_until(lambda: not other.manager.is_alive())


def test_kernel_ends_when_its_client_is_killed(directory: Path) -> None:
    start("json")
    code = """
import sys, time
from jupyter_client.manager import start_new_kernel
manager, client = start_new_kernel(kernel_name="paddle")
print(manager.provisioner.pid, type(manager.provisioner.process).__name__, flush=True)
time.sleep(600)
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        pid, kind = owner.stdout.readline().split()
        assert kind == "WarmProcess"
        owner.kill()
    wait_until(lambda: not is_running(int(pid)))
    wait_until(lambda: client.read_status() is not None and client.read_status()["kernels"] == 0)


def test_restarts_during_a_long_call_in_c(
    directory: Path, session: MakeSession, tmp_path: Path
) -> None:
    start("json")
    kernel = session()
    first = kernel.pid
    # The call holds the interpreter's lock. With it ipykernel cannot send what the cell has
    # printed before, flushed or not.
    begun = tmp_path / "begun"
    kernel.client.execute(
        f"import ctypes, pathlib; pathlib.Path({str(begun)!r}).touch()\n"
        "ctypes.PyDLL(None).sleep(600)"
    )
    wait_until(begun.exists, limit_s=LIMIT_S)
    kernel.manager.restart_kernel(now=True)
    kernel.wait()
    assert kernel.is_warm
    assert kernel.run("1 + 1") == "2"
    wait_until(lambda: not is_running(first))


def test_nothing_is_left_after_a_hundred_kernels(directory: Path) -> None:
    start("json")
    server = server_pid()
    with Session.several() as make:  # opens what is opened only once
        make()
    wait_until(lambda: client.read_status()["kernels"] == 0)
    wait_until(lambda: client.read_status()["spares"] == MINIMUM_SPARES, limit_s=90)
    ours, theirs = descriptors(), descriptors(server)
    folders = sorted(directory.rglob("*"))
    for _ in range(100):
        process = _start_and_end()
        assert process.poll() is not None
    wait_until(lambda: client.read_status()["kernels"] == 0)
    # The number of spares follows the demand; without demand it is this.
    wait_until(lambda: len(children_of(server)) <= MINIMUM_SPARES, limit_s=90)
    wait_until(lambda: len(descriptors()) <= len(ours))
    wait_until(lambda: len(descriptors(server)) <= len(theirs))
    # The status is first written to another file.
    wait_until(lambda: sorted(directory.rglob("*")) == folders)
    assert client.read_status()["launched"] == 101
    assert not [pid for pid in children_of(server) if not is_running(pid)]


def _start_and_end() -> subprocess.Popen[bytes]:
    """Start a kernel through the provisioner and end it, without waiting until it answers."""
    from jupyter_client.manager import KernelManager

    manager = KernelManager(kernel_name="paddle")
    manager.start_kernel()
    process = manager.provisioner.process
    assert type(process).__name__ == "WarmProcess"
    manager.shutdown_kernel(now=True)
    manager.cleanup_resources()
    manager.context.term()
    return process  # type: ignore[no-any-return]


def test_nonsense_on_the_socket_does_no_harm(directory: Path, session: MakeSession) -> None:
    start("json")
    path = runtime_paths().socket
    for message in (
        b"",
        b"{",
        b"[]",
        b'"x"',
        b'{"do": "dance"}',
        b'{"do": "launch"}',
        b'{"do": "launch", "protocol": 3, "attributes": [], "env": {}}',
        b"x" * 9000,
        b"[" * 100_000,
    ):
        with contextlib.closing(socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)) as raw:
            raw.connect(str(path))
            raw.send(message)
            raw.settimeout(5)
            with contextlib.suppress(ConnectionResetError):
                answer = raw.recv(1000)
                assert answer == b"" or b"refused" in answer
    # The launch of a client with another protocol is declined with a reason.
    with connect(path, timeout_s=5) as connection:
        send(connection, {"do": "launch", "protocol": 0, "attributes": {}, "env": {}})
        answer = receive(connection)
    assert answer is not None
    assert "protocol 0" in answer[0]["refused"]
    assert session().is_warm


def test_stopping_the_fork_server_keeps_its_kernels(directory: Path, session: MakeSession) -> None:
    start("json")
    kernel = session()
    server = server_pid()
    assert client.stop_server()
    assert not client.stop_server()
    assert kernel.run("1 + 1") == "2"
    process = kernel.process
    kernel.manager.shutdown_kernel()
    assert process.returncode == 0
    wait_until(lambda: not is_running(server))


def test_fork_server_ends_when_idle(directory: Path, session: MakeSession) -> None:
    while True:
        start("json", idle=6)
        server = server_pid()
        kernel = session()
        if kernel.is_warm:
            break
        # A busy machine took longer than the server waits for a kernel.
        kernel.close()
    time.sleep(8)
    assert is_running(server)  # it has a kernel
    kernel.close()
    wait_until(lambda: not is_running(server))
    status = client.read_status()
    assert status is not None
    assert status["state"] == "ended"


@pytest.mark.skipif(os.geteuid() != 0, reason="needs a second user, so needs root")
def test_other_users_cannot_connect(directory: Path) -> None:
    start("json")
    path = runtime_paths().socket
    assert path.parent.stat().st_mode & 0o077 == 0
    nobody = 65534
    # The mode of the directory keeps others out. If it is changed, the fork server does.
    for opened in (False, True):
        if opened:
            for folder in (directory, path.parent):
                folder.chmod(0o755)
            path.chmod(0o666)
        code = f"""
import os, socket
os.setgid({nobody}); os.setuid({nobody})
connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
connection.connect({str(path)!r})
connection.send(b'{{"do": "status"}}')
print(connection.recv(1000))
"""
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=False
        )
        if opened:
            closed = ("ConnectionResetError", "BrokenPipeError")
            assert done.stdout.strip() == "b''" or any(name in done.stderr for name in closed)
        else:
            assert "PermissionError" in done.stderr
    for folder in (directory, path.parent):
        folder.chmod(0o700)
