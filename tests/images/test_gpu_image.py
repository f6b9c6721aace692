"""The GPU image, on a base that replaces Paddle's image: Python 3.10 with Paddle.

Paddle's own image, which no package registry has, and everything that needs a GPU are not tested.
The tests are collected only if this machine has a Python 3.10 that can be copied into the base.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from .buildah import Container, Engine, python_3_10, stand_in_archive
from .conftest import Image, describe

pytestmark = pytest.mark.build

# Differs from the default of the image, so that the setting is tested too.
UID = "2000"


@pytest.fixture(scope="module")
def gpu_image(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Image:
    prefix = python_3_10()
    assert prefix is not None
    archive = stand_in_archive(tmp_path_factory.mktemp("stand-in"), prefix)
    base = engine.add_base(archive, "localhost/paddle-stand-in:python3.10")
    archive.unlink()
    tag = "localhost/paddle-workbench:test-gpu"
    log = engine.build("gpu", base=base, tag=tag, WORKBENCH_UID=UID, WORKBENCH_GID=UID)
    return Image(engine=engine, tag=tag, base=base, log=log)


@pytest.fixture(scope="module")
def container(gpu_image: Image) -> Iterator[Container]:
    with gpu_image.engine.container(gpu_image.tag) as container:
        yield container


def test_runs_as_the_configured_account(gpu_image: Image, container: Container) -> None:
    assert gpu_image.settings["User"] == f"{UID}:{UID}"
    assert gpu_image.settings["Labels"]["paddle-workbench.flavour"] == "gpu"
    assert container.run("id").stdout.startswith(f"uid={UID}(learner) gid={UID}(learner)")


def test_keeps_the_paddle_of_its_base(container: Container) -> None:
    code = "import sys, paddle; print(*sys.version_info[:2], paddle.__version__, paddle.__file__)"
    result = container.run("python", "-c", code)
    assert result.returncode == 0, describe(result)
    *version, file = result.stdout.split()
    assert version == ["3", "10", "3.2.2"]
    assert Path(file).is_relative_to("/usr/local/lib/python3.10")
    assert not list(container.root.glob("opt/workbench/lib/python3.10/site-packages/paddlepaddle*"))


def test_doctor_finds_nothing_broken(container: Container) -> None:
    result = container.run("workbench", "doctor", "--json")
    findings = {item["check"]: item for item in json.loads(result.stdout)["findings"]}
    broken = {name: item for name, item in findings.items() if item["state"] == "broken"}
    assert (result.returncode, broken) == (0, {}), describe(result)
    assert findings["image"]["state"] == "ok", findings["image"]


def test_finds_paddle_lite(container: Container) -> None:
    code = "from paddle_workbench.export.targets.lite import LITE; LITE.check()"
    result = container.run("python", "-c", code)
    assert result.returncode == 0, describe(result)


def test_runs_lesson(container: Container) -> None:
    process = container.run("workbench", "course", "open", "start/environment")
    assert process.returncode == 0, describe(process)
    result = container.run("workbench", "run", process.stdout.strip(), "--output-dir", "/tmp/runs")
    assert result.returncode == 0, describe(result)
    (folder,) = (container.root / "tmp" / "runs").iterdir()
    assert json.loads((folder / "run.json").read_text())["state"] == "succeeded"
