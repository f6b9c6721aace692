"""Protobuf classes from installed packages, without importing the packages."""

from __future__ import annotations

import importlib.util
import sys
from functools import cache
from pathlib import Path
from typing import Any

from ...errors import ProgramError

__all__ = ["protobuf_of"]


@cache
def protobuf_of(package: str, source: str) -> Any:
    """Return the generated protobuf module at a path inside a package.

    Importing Paddle takes seconds, and the module works even if the package itself is broken.

    Raises
    ------
    ProgramError
        If the package is not installed or has no such file.
    """
    name = f"paddle_workbench._{Path(source).stem}"
    package_spec = importlib.util.find_spec(package)
    for folder in package_spec.submodule_search_locations or () if package_spec else ():
        file = Path(folder) / source
        spec = importlib.util.spec_from_file_location(name, file)
        if file.is_file() and spec is not None and spec.loader is not None:
            module = importlib.util.module_from_spec(spec)
            sys.modules[name] = module
            spec.loader.exec_module(module)
            return module
    raise ProgramError(
        f"Reading this file needs {source} of the package {package}, which is missing.",
        "make setup",
    )
