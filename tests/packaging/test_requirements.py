"""The locks, what conda users install, and why each dependency is there, all agree."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10
    import tomli as tomllib

LOCKS = ["cpu", "gpu", "test", "build", "node", "classroom", "hub", "sbom"]


@pytest.fixture
def requirements(repository: Path) -> Path:
    return repository / "workbench" / "requirements"


def locked(path: Path) -> dict[str, set[str]]:
    """Versions of each package; universal locks may have one for each Python."""
    found: dict[str, set[str]] = {}
    pattern = r"^([a-z0-9._-]+)(?:\[[^]]*\])?==(\S+)"
    for name, version in re.findall(pattern, path.read_text(), re.M):
        found.setdefault(name, set()).add(version)
    return found


def direct(path: Path) -> list[Requirement]:
    lines = [line.split("#")[0].strip() for line in path.read_text().splitlines()]
    found = []
    for line in filter(None, lines):
        if line.startswith("-r "):
            found += direct(path.with_name(line[3:].strip()))
        else:
            found.append(Requirement(line))
    return found


@pytest.mark.parametrize("name", LOCKS)
def test_every_locked_package_has_hashes_and_the_file_no_address(
    requirements: Path, name: str
) -> None:
    text = (requirements / f"{name}.txt").read_text()
    entries = re.split(r"^(?=[a-z0-9])", text, flags=re.M)[1:]
    assert entries
    assert all("--hash=sha256:" in entry for entry in entries)
    assert "://" not in text
    assert "--index-url" not in text


@pytest.mark.parametrize("name", LOCKS)
def test_lock_satisfies_its_input(requirements: Path, name: str) -> None:
    versions = locked(requirements / f"{name}.txt")
    for wanted in direct(requirements / f"{name}.in"):
        found = versions[wanted.name.lower().replace("_", "-")]
        assert all(version in wanted.specifier for version in found), (wanted, found)


def test_locks_agree_with_each_other(requirements: Path) -> None:
    cpu = locked(requirements / "cpu.txt")
    for name in ("gpu", "test", "build", "classroom"):
        for package, versions in locked(requirements / f"{name}.txt").items():
            assert versions == cpu.get(package, versions), f"{name}: {package}"
    assert "paddlepaddle" not in locked(requirements / "gpu.txt")
    # A hub, what it starts, and what the tests try are one JupyterHub.
    hubs = [
        locked(requirements / f"{name}.txt")["jupyterhub"] for name in ("hub", "classroom", "test")
    ]
    assert hubs == [hubs[0]] * 3


def test_conda_environment_installs_the_same_lock(repository: Path, requirements: Path) -> None:
    environment = yaml.safe_load((repository / "environment.yml").read_text())
    python = next(item for item in environment["dependencies"] if str(item).startswith("python="))
    (pip,) = (item["pip"] for item in environment["dependencies"] if isinstance(item, dict))
    assert "--require-hashes" in pip
    (lock,) = (item.removeprefix("-r ") for item in pip if item.startswith("-r "))
    assert (repository / lock).resolve() == (requirements / "cpu.txt").resolve()
    assert len(pip) == 2, "a package of its own would differ from the lock"
    project = tomllib.loads((repository / "workbench" / "pyproject.toml").read_text())["project"]
    assert python.removeprefix("python=") in SpecifierSet(project["requires-python"])


def test_lock_covers_requirements_of_the_package(repository: Path, requirements: Path) -> None:
    versions = locked(requirements / "cpu.txt")
    project = tomllib.loads((repository / "workbench" / "pyproject.toml").read_text())["project"]
    for text in [*project["dependencies"], *project["optional-dependencies"]["cpu"]]:
        wanted = Requirement(text)
        found = versions[wanted.name.lower()]
        assert all(version in wanted.specifier for version in found), (text, found)


def test_every_direct_dependency_has_its_reason(requirements: Path) -> None:
    reasons = (requirements / "README.md").read_text()
    for name in LOCKS:
        for wanted in direct(requirements / f"{name}.in"):
            assert f"`{wanted.name}`" in reasons, f"{wanted.name} has no line in README.md"
