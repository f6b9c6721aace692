"""The lock file that this environment was installed from, and the differences from it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import Distribution, distributions
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
    "distribution_name",
    "installed_versions",
    "lock_path",
    "lock_sha256",
    "locked_versions",
]

Lock = Literal["cpu", "gpu"]


@dataclass(frozen=True, slots=True)
class Difference:
    """A locked distribution that has another version here, or is missing (None)."""

    name: str
    locked: str
    installed: str | None


def lock_path(lock: Lock | None = None) -> Path:
    """Return the path of a lock file, by default the one for the installed Paddle.

    Raises
    ------
    EnvironmentBrokenError
        If the file is missing.
    """
    if lock is None:
        lock = "gpu" if "paddlepaddle-gpu" in installed_versions() else "cpu"
    package = Path(__file__).parents[1]
    # A wheel carries the locks inside the package; a checkout has them next to it.
    paths = [folder / "requirements" / f"{lock}.txt" for folder in (package, package.parent)]
    for path in paths:
        if path.is_file():
            return path
    raise EnvironmentBrokenError(
        f"The lock file is missing: neither {paths[0]} nor {paths[1]} exists.",
        reinstall_command(),
    )


def lock_sha256(lock: Lock | None = None) -> str:
    """Return the SHA-256 of a lock file, by default the one for the installed Paddle."""
    return hashlib.sha256(lock_path(lock).read_bytes()).hexdigest()


def locked_versions(path: Path | None = None) -> dict[str, str]:
    """Return the versions that a lock pins for this Python and platform, by canonical name.

    The default is the lock for the CPU, which also pins Paddle itself.
    """
    text = (path or lock_path("cpu")).read_text(encoding="utf-8")
    # A requirement starts its line; hashes and comments are indented or start with #.
    lines = re.findall(r"^([A-Za-z0-9][^#\\\n]*)", text, flags=re.MULTILINE)
    pins: dict[str, str] = {}
    for requirement in map(Requirement, lines):
        versions = [item.version for item in requirement.specifier if item.operator == "=="]
        if versions and (requirement.marker is None or requirement.marker.evaluate()):
            pins[canonicalize_name(requirement.name)] = versions[0]
    return pins


def installed_versions() -> dict[str, str]:
    """Return the version of every distribution that this interpreter sees, by canonical name."""
    versions: dict[str, str] = {}
    for distribution in distributions():
        name = distribution_name(distribution)
        if name:
            versions.setdefault(name, distribution.version)
    return versions


def distribution_name(distribution: Distribution) -> str:
    """Return the canonical name of a distribution; empty for one that is half removed."""
    try:
        return str(canonicalize_name(distribution.metadata["Name"] or ""))
    except FileNotFoundError:  # of the package importlib_metadata, if that has been imported
        return ""


def differences(
    locked: Mapping[str, str] | None = None, installed: Mapping[str, str] | None = None
) -> list[Difference]:
    """Return the locked distributions that are missing or have another version, by name.

    `paddlepaddle-gpu` counts as `paddlepaddle`. Local version labels (`+cu126`) are ignored.
    """
    locked = locked_versions() if locked is None else locked
    installed = installed_versions() if installed is None else installed
    result = []
    for name, version in sorted(locked.items()):
        own_version = installed.get(name)
        if name == "paddlepaddle":
            own_version = installed.get("paddlepaddle-gpu", own_version)
        if own_version is None or _release(own_version) != _release(version):
            result.append(Difference(name=name, locked=version, installed=own_version))
    return result


@cache
def _release(version: str) -> Version | str:
    """Return the version without its local label."""
    try:
        return Version(Version(version).public)
    except InvalidVersion:
        return version
