"""Compile what is not compiled yet: nobody who runs the image waits, and two builds are alike.

What is compiled never looks at its source again: in the image neither changes, and the time of
the source is not the builder's.
"""

from __future__ import annotations

import importlib.util
import os
import py_compile
import sys
import warnings
from contextlib import suppress
from multiprocessing import Pool
from pathlib import Path

MODE = py_compile.PycInvalidationMode.UNCHECKED_HASH


def compile_all(paths: list[str]) -> None:
    warnings.simplefilter("ignore", SyntaxWarning)  # of other people's packages, at build time
    for path in paths:
        # Packages carry templates and tests that no Python 3 can read.
        with suppress(py_compile.PyCompileError, SyntaxError, UnicodeDecodeError):
            py_compile.compile(path, doraise=True, invalidation_mode=MODE)


def main(environment: Path) -> None:
    folders: dict[Path, list[str]] = {}
    for path in sorted(environment.rglob("*.py")):
        if not Path(importlib.util.cache_from_source(str(path))).exists():
            folders.setdefault(path.parent, []).append(str(path))
    # What an interpreter compiled before shows in the bytes, so each folder has a fresh one.
    with Pool(os.cpu_count(), maxtasksperchild=1) as pool:
        pool.map(compile_all, folders.values(), chunksize=1)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
