"""The lock that this environment was installed from, and what differs from it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import distributions
from pathlib import Path
from typing import Literal

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from ..errors import EnvironmentBrokenError
from .repairs import reinstall_command

__all__ = [
    "Difference",
    "Lock",
    "differences",
    "installed_versions",
    "lock_path",
    "lock_sha256",
    "locked_versions",
]

Lock = Literal["cpu", "gpu"]


@dataclass(frozen=True, slots=True)
class Difference:
    """A distribution whose installed version is not the locked one; None if it is missing."""

    name: str
    locked: str
    installed: str | None


def lock_path(lock: Lock | None = None) -> Path:
    """Return the lock file: the one named, or the one that fits the installed Paddle.

    Raises
    ------
    EnvironmentBrokenError
        If the file is missing.
    """
    if lock is None:
        lock = "gpu" if "paddlepaddle-gpu" in installed_versions() else "cpu"
    package = Path(__file__).parents[1]
    # A wheel carries the locks inside the package; a checkout has them next to it.
    places = [folder / "requirements" / f"{lock}.txt" for folder in (package, package.parent)]
    for place in places:
        if place.is_file():
            return place
    raise EnvironmentBrokenError(
        f"The lock {lock}.txt is neither {places[0]} nor {places[1]}.", reinstall_command()
    )


def lock_sha256(lock: Lock | None = None) -> str:
    """Return the SHA-256 of a lock: the one named, or the one that fits this environment."""
    return hashlib.sha256(lock_path(lock).read_bytes()).hexdigest()


def locked_versions(path: Path | None = None) -> dict[str, str]:
    """Return what a lock pins for this Python and platform, by canonical name.

    Without a path it is the lock for the CPU, which also pins Paddle itself.
    """
    text = (path or lock_path("cpu")).read_text(encoding="utf-8")
    # A requirement starts its line; hashes and comments are indented or start with #.
    lines = re.findall(r"^([A-Za-z0-9][^#\\\n]*)", text, flags=re.MULTILINE)
    pins: dict[str, str] = {}
    for requirement in map(Requirement, lines):
        exact = [item.version for item in requirement.specifier if item.operator == "=="]
        if exact and (requirement.marker is None or requirement.marker.evaluate()):
            pins[canonicalize_name(requirement.name)] = exact[0]
    return pins


def installed_versions() -> dict[str, str]:
    """Return the version of every distribution that this interpreter sees, by canonical name."""
    found: dict[str, str] = {}
    for item in distributions():
        name = item.metadata["Name"]
        if name:  # a half-removed distribution has none
            found.setdefault(canonicalize_name(name), item.version)
    return found


def differences(
    locked: Mapping[str, str] | None = None, installed: Mapping[str, str] | None = None
) -> list[Difference]:
    """Return every locked distribution that is missing or has another version, by name.

    `paddlepaddle-gpu` counts as `paddlepaddle`; a local label (`+cu126`) does not matter.
    """
    locked = locked_versions() if locked is None else locked
    installed = installed_versions() if installed is None else installed
    found = []
    for name, version in sorted(locked.items()):
        present = installed.get(name)
        if name == "paddlepaddle":
            present = installed.get("paddlepaddle-gpu", present)
        if present is None or _release(present) != _release(version):
            found.append(Difference(name=name, locked=version, installed=present))
    return found


@cache
def _release(version: str) -> Version | str:
    """Return the version without its local label."""
    try:
        return Version(Version(version).public)
    except InvalidVersion:
        return version
