"""The real image of the hub."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from .buildah import Container, Engine
from .conftest import BASE, Image, describe

pytestmark = pytest.mark.build

TAG = "localhost/paddle-workbench:test-hub"


@pytest.fixture(scope="module")
def hub_container(engine: Engine, image: Image) -> Iterator[Container]:
    # After the learner's image, which adds the base.
    engine.build("hub", base=BASE, tag=TAG)
    with engine.container(TAG) as container:
        yield container


def test_runs_hub_and_proxy_as_unprivileged_user(hub_container: Container) -> None:
    assert hub_container.run("id", "-u").stdout.strip() == "1000"
    hub = hub_container.run("jupyterhub", "--version")
    assert hub.stdout.startswith("6."), describe(hub)
    proxy = hub_container.run("sh", "-c", '"$WORKBENCH_HUB_PROXY" --version')
    assert proxy.stdout.startswith("5."), describe(proxy)


def test_refuses_to_start_without_settings(hub_container: Container) -> None:
    command = hub_container.engine.inspect(TAG)["Docker"]["config"]["Cmd"]
    result = hub_container.run(*command)
    assert result.returncode != 0
    assert "WORKBENCH_ADMINS is empty" in result.stderr


def test_starts_with_the_settings_of_the_example(
    hub_container: Container, repository: Path
) -> None:
    settings = [
        line
        for line in (repository / "images" / "jupyterhub" / "classroom.env.example")
        .read_text()
        .splitlines()
        if line and not line.startswith("#") and not line.endswith("=")
    ]
    command = hub_container.engine.inspect(TAG)["Docker"]["config"]["Cmd"]
    result = hub_container.run("env", *settings, *command, "--show-config")
    assert result.returncode == 0, describe(result)
    assert "DockerSpawner" in result.stdout
    assert "NativeAuthenticator" in result.stdout
