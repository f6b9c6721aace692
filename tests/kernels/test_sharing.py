"""Many kernels at once, and one fork server for each user and environment."""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import os
import resource
import selectors
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import zmq
from jupyter_client.manager import KernelManager

import paddle_workbench
from paddle_workbench.contract import KernelServerStatus
from paddle_workbench.errors import StorageError
from paddle_workbench.kernels import client, messages
from paddle_workbench.kernels.children import MINIMUM_SPARES, Child, Children
from paddle_workbench.kernels.hidden_modules import HiddenModules
from paddle_workbench.kernels.runtime_paths import KERNELS_VARIABLE, runtime_paths

from .conftest import start
from .sessions import LIMIT_S, Session, is_running, wait_until

MakeSession = Callable[..., Session]


def test_starts_thirty_kernels_at_once(full_server: dict[str, object]) -> None:
    code = "import paddle; print(int(paddle.ones([4]).sum()), __import__('os').getpid())"
    with Session.several() as make:
        sessions = [make(ready=False) for _ in range(30)]
        for session in sessions:
            session.wait()
        assert all(session.is_warm for session in sessions), full_server
        outputs = [session.run(code).splitlines()[0].split() for session in sessions]
        status = client.read_status()
        assert status is not None
        assert status["kernels"] == 30
    assert {total for total, _ in outputs} == {"4"}
    assert len({pid for _, pid in outputs}) == 30
    wait_until(lambda: (client.read_status() or {})["kernels"] == 0)


def test_starts_warm_kernels_in_a_process_with_many_files(full_server: dict[str, object]) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, hard), hard))
    files = [os.open(os.devnull, os.O_RDONLY) for _ in range(1100)]
    try:
        with Session.several() as make:
            session = make()
            assert session.is_warm
            assert session.run("print(1)") == "1"
    finally:
        for file in files:
            os.close(file)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_reserves_ports_until_the_kernel_has_them(directory: Path) -> None:
    def take(port: int) -> None:
        with socket.socket() as other:
            other.bind(("127.0.0.1", port))

    manager = KernelManager(kernel_name="paddle")
    manager.pre_start_kernel()
    information = manager.get_connection_info()
    ports = [
        int(information[f"{name}_port"]) for name in ("shell", "iopub", "stdin", "hb", "control")
    ]
    assert len(set(ports)) == 5
    for port in ports:
        with pytest.raises(OSError, match="in use"):
            take(port)
        # As the kernel does.
        with zmq.Context() as context, context.socket(zmq.ROUTER) as listener:
            listener.bind(f"tcp://127.0.0.1:{port}")
    assert manager.provisioner is not None
    asyncio.run(manager.provisioner.cleanup(restart=True))
    for port in ports:
        with pytest.raises(OSError, match="in use"):
            take(port)
    manager.cleanup_resources()
    for port in ports:
        take(port)


def test_restarted_kernel_has_the_same_ports(
    light_server: dict[str, object], session: MakeSession
) -> None:
    kernel = session()
    before = kernel.manager.get_connection_info()
    kernel.manager.restart_kernel(now=True)
    kernel.wait()
    assert kernel.manager.get_connection_info() == before
    assert kernel.run("6 * 7") == "42"


def test_status_file_matches_the_contract(light_server: dict[str, object]) -> None:
    text = runtime_paths().status.read_text(encoding="utf-8")
    assert KernelServerStatus.model_validate_json(text).state == "ready"
    assert KernelServerStatus.model_validate(light_server).preloads[0].module == "numpy"


def test_second_fork_server_does_not_disturb_the_first(directory: Path) -> None:
    first = start("json")
    assert start("json")["pid"] == first["pid"]
    assert is_running(int(first["pid"]))


def test_retired_fork_server_does_not_overwrite_the_status(
    directory: Path, session: MakeSession
) -> None:
    first = start("json")
    kernel = session()
    assert client.stop_server()
    assert is_running(int(first["pid"]))  # it stays for its kernel
    second = start("json")
    assert second["pid"] != first["pid"]
    kernel.close()
    wait_until(lambda: not is_running(int(first["pid"])))
    status = KernelServerStatus.model_validate_json(
        runtime_paths().status.read_text(encoding="utf-8")
    )
    assert (status.pid, status.state) == (second["pid"], "ready")


def test_reads_status_again_if_the_server_moved_to_another_process(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with subprocess.Popen(["true"]) as parent:
        parent.wait()
    # The name of the module shows that a process is a fork server.
    child = subprocess.Popen(
        [sys.executable, "-c", "input()", client.MODULE], stdin=subprocess.PIPE
    )
    paths = runtime_paths()
    paths.make()
    fields = {"state": "preloading", "pid": parent.pid}
    paths.status.write_text(json.dumps(fields), encoding="utf-8")
    read = Path.read_text

    def read_then_change(path: Path, *args: str, **options: str) -> str:
        text = read(path, *args, **options)
        if path == paths.status:
            paths.status.write_text(json.dumps(fields | {"pid": child.pid}), encoding="utf-8")
        return text

    monkeypatch.setattr(Path, "read_text", read_then_change)
    try:
        assert client.read_status() == {"state": "preloading", "pid": child.pid}
    finally:
        child.communicate()
    assert client.read_status() == {"state": "ended", "pid": child.pid}


def test_dismissed_spare_does_not_become_a_kernel() -> None:
    command = [sys.executable, "-c", "import time; time.sleep(600)"]
    with selectors.DefaultSelector() as selector, contextlib.ExitStack() as stack:
        children = Children(selector, HiddenModules({}, set(sys.modules)))
        processes = {}
        for _ in range(MINIMUM_SPARES + 1):
            process = stack.enter_context(subprocess.Popen(command))
            stack.callback(process.kill)
            processes[process.pid] = process
            child = Child(process.pid, os.pidfd_open(process.pid), None)
            stack.callback(os.close, child.descriptor)
            children.spares.append(child)
        assert children.replenish() is None
        left = {child.pid for child in children.spares}
        (dismissed,) = processes.keys() - left
        assert processes[dismissed].wait(LIMIT_S) == -signal.SIGKILL
        assert [processes[pid].poll() for pid in left] == [None] * MINIMUM_SPARES


def test_spares_are_forked_at_once_until_there_are_enough() -> None:
    command = [sys.executable, "-c", "import time; time.sleep(600)"]
    with selectors.DefaultSelector() as selector, subprocess.Popen(command) as process:
        children = Children(selector, HiddenModules({}, set(sys.modules)))
        child = Child(process.pid, os.pidfd_open(process.pid), None)
        waits = []
        for _ in range(MINIMUM_SPARES):
            waits.append(children.replenish_in_s())
            children.spares.append(child)
        process.kill()
        assert waits == [0.0] * MINIMUM_SPARES
        assert children.replenish_in_s() == math.inf
    os.close(child.descriptor)


@pytest.mark.parametrize(
    "changed", ["paddle_workbench/kernels/__init__.py", "something-1.0.dist-info/RECORD"]
)
def test_changed_environment_starts_a_new_fork_server(
    changed: str,
    directory: Path,
    tmp_path: Path,
    session: MakeSession,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # A copy of the package, since the fork servers of other tests watch the original files.
    folder = tmp_path / "site-packages"
    shutil.copytree(
        Path(paddle_workbench.__file__).parent,
        folder / "paddle_workbench",
        ignore=shutil.ignore_patterns("labextension", "__pycache__"),
    )
    file = folder / changed
    file.parent.mkdir(exist_ok=True)
    file.touch()
    monkeypatch.setenv("PYTHONPATH", str(folder), prepend=os.pathsep)
    first = start("json")
    kernel = session()
    assert kernel.is_warm
    before = file.stat()
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns + 1_000_000))
    refused = session()
    assert not refused.is_warm
    wait_until(lambda: (client.read_status() or {}).get("pid") != first["pid"])
    status = client.wait_until_started()
    assert status is not None
    assert status["state"] == "ready"
    assert session().is_warm
    # The old server stays for its kernels.
    assert kernel.run("1 + 1") == "2"
    assert is_running(int(first["pid"]))
    kernel.close()
    wait_until(lambda: not is_running(int(first["pid"])))


def test_changed_module_is_noticed_without_a_request(
    directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = tmp_path / "changing.py"
    module.write_text("VALUE = 1\n", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    first = start("changing")
    module.write_text("VALUE = 22\n", encoding="utf-8")
    wait_until(lambda: (client.read_status() or {}).get("pid") != first["pid"], limit_s=40)
    client.wait_until_started()
    with Session.several() as make:
        kernel = make(env=dict(os.environ))
        assert kernel.is_warm
        assert kernel.run("import changing; changing.VALUE") == "22"


def test_directory_must_be_private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KERNELS_VARIABLE, str(tmp_path))
    tmp_path.chmod(0o755)
    with pytest.raises(StorageError, match="is not a private folder"):
        runtime_paths().make()
    tmp_path.chmod(0o700)
    runtime_paths().make()
    elsewhere = tmp_path / "link"
    elsewhere.symlink_to(tmp_path)
    monkeypatch.setenv(KERNELS_VARIABLE, str(elsewhere))
    with pytest.raises(StorageError, match="is not a private folder"):
        runtime_paths().make()


def test_rejects_path_that_is_too_long_for_a_socket(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KERNELS_VARIABLE, str(tmp_path / ("x" * 100)))
    with pytest.raises(StorageError, match="too long"):
        runtime_paths()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs a second user, so needs root")
def test_sends_nothing_to_another_user(directory: Path) -> None:
    paths = runtime_paths()
    paths.make()
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(str(paths.socket))
        # The credentials of a listener are those of the process that made it one.
        os.seteuid(65534)
        try:
            listener.listen()
        finally:
            os.seteuid(0)
        with pytest.raises(PermissionError, match="belongs to user 65534"):
            messages.connect(paths.socket, timeout_s=LIMIT_S)
        paths.socket.unlink()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs a second user, so needs root")
def test_every_user_has_a_separate_fork_server(directory: Path) -> None:
    ours = start("json")
    # The other user may not be allowed to start this interpreter: a running one changes its user.
    code = """
import importlib, os, time
from paddle_workbench.kernels import client, fork_server, runtime_paths
for name in fork_server.KERNEL_MODULES:
    importlib.import_module(name)
os.setgid(65534)
os.setuid(65534)
for name in ("PADDLE_WORKBENCH_KERNELS", "XDG_RUNTIME_DIR"):
    os.environ.pop(name, None)
if os.fork() == 0:
    fork_server.main(["--preload", "", "--idle", "30"])
    os._exit(0)
while (client.read_status() or {}).get("state") != "ready":
    time.sleep(0.1)
status = client.read_status()
owner = os.stat(f"/proc/{status['pid']}").st_uid
print(status["pid"], status["state"], owner, runtime_paths.runtime_paths().directory)
client.stop_server()
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd="/",
        timeout=LIMIT_S,
    )
    pid, state, owner, folder = done.stdout.split()
    assert state == "ready"
    assert owner == "65534"
    assert int(pid) != ours["pid"]
    assert Path(folder) != runtime_paths().directory
    assert is_running(int(ours["pid"]))
