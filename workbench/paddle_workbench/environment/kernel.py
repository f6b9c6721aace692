"""What a running kernel reports about itself, for the status bar.

The front end evaluates `report_json()` in the learner's kernel, possibly between two cells. It must
be fast and must not import anything that the learner has not imported. That is why it writes plain
JSON instead of using the model; a test compares the two.
"""

from __future__ import annotations

import json
import platform
import sys
from importlib.metadata import distributions

__all__ = ["paddle_version", "report_json"]

# Loaded only in kernels that were forked.
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
    """Return the version of the installed Paddle, or None."""
    names = ("paddlepaddle-gpu", "paddlepaddle")
    return next((item.version for name in names for item in distributions(name=name)), None)


def _device() -> str | None:
    # While `import paddle` runs in another thread, the module exists without its attributes.
    device = getattr(sys.modules.get("paddle"), "device", None)
    get_device = getattr(device, "get_device", None)
    return None if get_device is None else str(get_device())
