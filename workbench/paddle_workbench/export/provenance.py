"""The versions with which a bundle was made and its targets were written."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from contextlib import suppress
from importlib import metadata

from ..contract import Versions

__all__ = ["package_versions", "versions"]

PACKAGES = ("paddle-workbench", "paddlepaddle", "paddlepaddle-gpu", "numpy")


def versions() -> Versions:
    """Return the versions of this Python, its platform, and the packages that make a bundle."""
    return Versions(
        python=platform.python_version(),
        platform=platform.platform(),
        packages=package_versions(PACKAGES),
    )


def package_versions(names: Sequence[str]) -> dict[str, str]:
    """Return the versions of those distributions that are installed."""
    found = {}
    for name in names:
        with suppress(metadata.PackageNotFoundError):
            found[name] = metadata.version(name)
    return found
