"""Fork servers in temporary directories, and kernels from them."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from paddle_workbench.kernels import client
from paddle_workbench.kernels.preloading import DEFAULT_PRELOADS
from paddle_workbench.kernels.runtime_paths import KERNELS_VARIABLE
from paddle_workbench.settings import WARM_VARIABLE

from .sessions import Session, is_running, wait_until

StartServer = Callable[..., dict[str, Any]]


@contextmanager
def kernels_directory() -> Iterator[Path]:
    """Provide a directory whose path is short enough for a socket."""
    folder = Path(tempfile.mkdtemp(prefix="pw-"))
    before = {name: os.environ.get(name) for name in (KERNELS_VARIABLE, WARM_VARIABLE)}
    os.environ[KERNELS_VARIABLE] = str(folder)
    os.environ.pop(WARM_VARIABLE, None)
    try:
        yield folder
    finally:
        status = client.read_status()
        client.stop_server()
        if status is not None:
            wait_until(lambda: not is_running(int(status["pid"])))
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
        shutil.rmtree(folder)


def start(*preloads: str, **options: float) -> dict[str, Any]:
    """Start a fork server in the current kernels directory, and return its status."""
    arguments = ["--preload", ",".join(preloads)]
    for name, value in options.items():
        arguments += [f"--{name.replace('_', '-')}", str(value)]
    client.start_server({**os.environ, **client.kernel_variables()}, arguments)
    status = client.wait_until_started()
    assert status is not None
    return status


@pytest.fixture
def directory() -> Iterator[Path]:
    """An empty directory for a fork server that a test starts."""
    with kernels_directory() as folder:
        yield folder


@pytest.fixture(scope="module")
def light_server() -> Iterator[dict[str, Any]]:
    """A fork server that has imported numpy and little else."""
    with kernels_directory():
        yield start("numpy")


@pytest.fixture(scope="module")
def full_server() -> Iterator[dict[str, Any]]:
    """A fork server that has imported the default preloads.

    It has a fixed hash seed, as do its kernels, so that sets have the same order in a cold kernel.
    """
    with kernels_directory(), pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONHASHSEED", "0")
        status = start(*DEFAULT_PRELOADS)
        assert status["state"] == "ready", status
        assert not [preload for preload in status["preloads"] if preload["problem"]]
        yield status


@pytest.fixture
def session() -> Iterator[Callable[..., Session]]:
    """Start kernels, which end after the test."""
    with Session.several() as make:
        yield make
