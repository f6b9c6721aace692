"""Locks, the conda environment and the reasons for dependencies are consistent."""

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

LOCKS = [
    *("cpu", "gpu", "test", "build", "node", "classroom", "hub"),
    *("sbom", "lite", "scale", "mlflow", "tritonclient", "crate"),
]


@pytest.fixture
def requirements(repository: Path) -> Path:
    return repository / "workbench" / "requirements"


def locked_packages(path: Path) -> dict[str, set[str]]:
    """Return the versions of each package; a universal lock may have several."""
    packages: dict[str, set[str]] = {}
    pattern = r"^([a-z0-9._-]+)(?:\[[^]]*\])?==(\S+)"
    for name, version in re.findall(pattern, path.read_text(), re.M):
        packages.setdefault(name, set()).add(version)
    return packages


def direct_requirements(path: Path) -> list[Requirement]:
    lines = [line.split("#")[0].strip() for line in path.read_text().splitlines()]
    direct = []
    for line in filter(None, lines):
        if line.startswith("-r "):
            direct += direct_requirements(path.with_name(line[3:].strip()))
        else:
            direct.append(Requirement(line))
    return direct


@pytest.mark.parametrize("name", LOCKS)
def test_lock_has_hashes_and_no_urls(requirements: Path, name: str) -> None:
    text = (requirements / f"{name}.txt").read_text()
    entries = re.split(r"^(?=[a-z0-9])", text, flags=re.M)[1:]
    assert entries
    assert all("--hash=sha256:" in entry for entry in entries)
    assert "://" not in text
    assert "--index-url" not in text


@pytest.mark.parametrize("name", LOCKS)
def test_lock_satisfies_its_input(requirements: Path, name: str) -> None:
    versions = locked_packages(requirements / f"{name}.txt")
    for requirement in direct_requirements(requirements / f"{name}.in"):
        locked = versions[requirement.name.lower().replace("_", "-")]
        assert all(version in requirement.specifier for version in locked), (requirement, locked)


def test_locks_agree_with_each_other(requirements: Path) -> None:
    cpu = locked_packages(requirements / "cpu.txt")
    for name in ("gpu", "test", "build", "classroom", "lite", "scale", "mlflow"):
        for package, versions in locked_packages(requirements / f"{name}.txt").items():
            assert versions == cpu.get(package, versions), f"{name}: {package}"
    assert "paddlepaddle" not in locked_packages(requirements / "gpu.txt")
    # The hub, its servers and the tests use the same JupyterHub.
    hubs = [
        locked_packages(requirements / f"{name}.txt")["jupyterhub"]
        for name in ("hub", "classroom", "test")
    ]
    assert hubs == [hubs[0]] * 3


def test_conda_environment_installs_the_same_lock(repository: Path, requirements: Path) -> None:
    environment = yaml.safe_load((repository / "environment.yml").read_text())
    python = next(item for item in environment["dependencies"] if str(item).startswith("python="))
    (pip,) = (item["pip"] for item in environment["dependencies"] if isinstance(item, dict))
    assert "--require-hashes" in pip
    (lock,) = (item.removeprefix("-r ") for item in pip if item.startswith("-r "))
    assert (repository / lock).resolve() == (requirements / "cpu.txt").resolve()
    assert len(pip) == 2, "Additional packages would differ from the lock."
    project = tomllib.loads((repository / "workbench" / "pyproject.toml").read_text())["project"]
    assert python.removeprefix("python=") in SpecifierSet(project["requires-python"])


def test_lock_covers_requirements_of_the_package(repository: Path, requirements: Path) -> None:
    versions = locked_packages(requirements / "cpu.txt")
    project = tomllib.loads((repository / "workbench" / "pyproject.toml").read_text())["project"]
    for text in [*project["dependencies"], *project["optional-dependencies"]["cpu"]]:
        requirement = Requirement(text)
        locked = versions[requirement.name.lower()]
        assert all(version in requirement.specifier for version in locked), (text, locked)


def test_every_direct_dependency_has_a_reason(requirements: Path) -> None:
    reasons = (requirements / "README.md").read_text()
    for name in LOCKS:
        for requirement in direct_requirements(requirements / f"{name}.in"):
            assert f"`{requirement.name}`" in reasons, f"{requirement.name} is not in README.md"
