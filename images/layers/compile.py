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
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

MODE = py_compile.PycInvalidationMode.UNCHECKED_HASH


def compile_one(path: str) -> None:
    warnings.simplefilter("ignore", SyntaxWarning)  # of other people's packages, at build time
    try:
        py_compile.compile(path, doraise=True, invalidation_mode=MODE)
    except (py_compile.PyCompileError, SyntaxError, UnicodeDecodeError):
        return  # packages carry templates and tests that no Python 3 can read


def main(folder: Path) -> None:
    missing = [
        str(path)
        for path in sorted(folder.rglob("*.py"))
        if not Path(importlib.util.cache_from_source(str(path))).exists()
    ]
    # A process for few files each: what was compiled before would show in the bytes.
    with ProcessPoolExecutor(max_workers=os.cpu_count()) as pool:
        for _ in pool.map(compile_one, missing, chunksize=64):
            pass


if __name__ == "__main__":
    main(Path(sys.argv[1]))
