"""A real CPU image on a Debian base, and containers of it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from .buildah import Container, Engine, debian_archive, missing, python_3_10

BASE = "localhost/debian-python:bookworm"
TAG = "localhost/paddle-workbench:test-cpu"
# Passed to the build like a mirror or proxy; it must not appear anywhere afterwards.
CANARY = "canary.mirror.invalid"

collect_ignore = [] if python_3_10() else ["test_gpu_image.py"]


@dataclass(frozen=True)
class Image:
    """An image, the engine that built it, and the log of the build."""

    engine: Engine
    tag: str
    base: str
    log: str

    @property
    def settings(self) -> dict[str, Any]:
        """The configuration of the image: user, command, labels."""
        config: dict[str, Any] = self.engine.inspect(self.tag)["Docker"]["config"]
        return config


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # The first test waits for the build, which takes many minutes on a busy machine.
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.timeout(2400))


@pytest.fixture
def report(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Print measurements even if the test passes."""

    def write(text: str) -> None:
        with capsys.disabled():
            print(text)  # noqa: T201 - the purpose of this fixture

    return write


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    reason = missing()
    if reason is not None:
        pytest.skip(reason)
    engine = Engine(tmp_path_factory.mktemp("buildah"))
    yield engine
    engine.close()


@pytest.fixture(scope="session")
def image(engine: Engine) -> Image:
    base = engine.add_base(debian_archive(), BASE)
    log = engine.build("cpu", base=base, tag=TAG, NO_PROXY=CANARY)
    return Image(engine=engine, tag=TAG, base=base, log=log)


@pytest.fixture(scope="session")
def untouched(image: Image) -> Iterator[Path]:
    """The files of the image, before any program has run in it."""
    with image.engine.container(image.tag) as container:
        yield container.root


@pytest.fixture(scope="session")
def base_files(image: Image) -> Iterator[Path]:
    with image.engine.container(image.base) as container:
        yield container.root


@pytest.fixture(scope="module")
def container(image: Image) -> Iterator[Container]:
    with image.engine.container(image.tag) as container:
        yield container


@pytest.fixture(scope="session")
def hub_programs(repository_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs in an environment with the hub's lock."""
    folder = tmp_path_factory.mktemp("hub") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    lock = repository_path / "workbench" / "requirements" / "hub.txt"
    uv = [Path(sys.executable).parent / "uv", "pip", "install", "--quiet", "--no-deps"]
    command = [*uv, "--python", folder / "bin" / "python", "--require-hashes", "-r", lock]
    subprocess.run(command, check=True)
    return folder / "bin"


@pytest.fixture(scope="session")
def repository_path() -> Path:
    return Path(__file__).parents[2]


def describe(result: subprocess.CompletedProcess[str]) -> str:
    """Return the status and output of a process, for a failed assertion."""
    return f"{result.args} gave {result.returncode}\n{result.stdout}\n{result.stderr}"
