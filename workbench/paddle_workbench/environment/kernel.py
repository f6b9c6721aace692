"""What a running kernel says of itself, for the status bar.

The front end evaluates `report_json()` in the learner's kernel, perhaps between two cells: it must
be quick and must not import what the learner has not imported. Hence plain json instead of the
model; a test holds the two equal.
"""

from __future__ import annotations

import json
import platform
import sys
from importlib.metadata import distributions

__all__ = ["paddle_version", "report_json"]

# Loaded where a kernel was forked, and nowhere else.
_WARM_MODULE = "paddle_workbench.kernels.warm_kernel"


def report_json() -> str:
    """Return a `contract.KernelReport` of this process as JSON, without importing Paddle."""
    return json.dumps(
        {
            "paddle": paddle_version(),
            "device": _device(),
            "python": platform.python_version(),
            "warm": _WARM_MODULE in sys.modules,
        }
    )


def paddle_version() -> str | None:
    """Return the version of the Paddle that is installed, or None."""
    names = ("paddlepaddle-gpu", "paddlepaddle")
    return next((item.version for name in names for item in distributions(name=name)), None)


def _device() -> str | None:
    # While `import paddle` runs in another thread, the module is there without its parts.
    device = getattr(sys.modules.get("paddle"), "device", None)
    get_device = getattr(device, "get_device", None)
    return None if get_device is None else str(get_device())
