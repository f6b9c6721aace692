"""A Python with Paddle Lite for the benchmarks: that of the machine, or one that is assembled."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

from paddle_workbench.errors import BundleError
from paddle_workbench.export.targets import lite

from ..export.python310 import python_with_paddle_lite

__all__ = ["paddle_lite"]


@contextmanager
def paddle_lite() -> Iterator[None]:
    """Let the target `lite` find a Python, also in child processes; say so if there is none."""
    try:
        lite.check()
    except BundleError:
        pass
    else:
        yield
        return
    with tempfile.TemporaryDirectory() as home, mock.patch.dict(os.environ):
        try:
            python = python_with_paddle_lite()
        except (subprocess.CalledProcessError, FileNotFoundError) as error:
            print(f"There is no Python with Paddle Lite, and none could be assembled: {error}")
        else:
            link = Path(home) / "lite" / "bin" / "python"
            link.parent.mkdir(parents=True)
            link.symlink_to(python)
            os.environ["PADDLE_WORKBENCH_HOME"] = home
        yield
