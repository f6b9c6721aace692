"""The environment variables that change what a notebook computes, or where its run is mirrored.

They are recorded, so that a queued run has those of whoever queued it, and not those of the process
that happened to start the queue. Others, such as PATH, are not recorded: some hold secrets.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, MutableMapping
from pathlib import Path

from ..parameters.secrets import MASK, is_secret

__all__ = ["apply_variables", "read_variables", "thread_limits", "variable_warnings"]

# What limits the threads of NumPy, Paddle, ONNX Runtime and the libraries below them.
THREAD_VARIABLES = (
    "BLIS_NUM_THREADS",
    "CPU_NUM",
    "GOTO_NUM_THREADS",
    "KMP_AFFINITY",
    "MKL_DYNAMIC",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "OMP_NUM_THREADS",
    "OMP_PROC_BIND",
    "OMP_THREAD_LIMIT",
    "OPENBLAS_NUM_THREADS",
    "RAYON_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)
# Of Paddle's flags, and of the parts of a locale, there are many.
_PATTERN = re.compile(
    r"""FLAGS_\w+ | LC_[A-Z]+ | LANG | LANGUAGE | TZ | PYTHONHASHSEED
    | CUDA_(VISIBLE_DEVICES|DEVICE_ORDER|LAUNCH_BLOCKING) | CUBLAS_WORKSPACE_CONFIG
    | NVIDIA_TF32_OVERRIDE | KMP_BLOCKTIME | MKL_(CBWR|DEBUG_CPU_TYPE)
    | MLFLOW_(TRACKING_URI|EXPERIMENT_(ID|NAME))
    | PADDLE_WORKBENCH_(COURSE|LANG|WARM_KERNELS|CELL_OUTPUT_MB|NOTEBOOK_OUTPUT_MB)""",
    re.VERBOSE,
)
# `https://user:password@host`, `https://host/?api_key=...`
_CREDENTIALS = re.compile(r"//[^/\s]*@")
_FIELD = re.compile(r"(\w+)=")


def thread_limits(environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the variables that limit the threads of libraries."""
    variables = os.environ if environment is None else environment
    return {name: variables[name] for name in THREAD_VARIABLES if name in variables}


def read_variables(environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the further variables that are recorded.

    Parameters
    ----------
    environment : mapping, optional
        By default that of this process.

    Returns
    -------
    dict
        Instead of a value that may hold a secret there is `[secret]`; the home is `~` in paths.
    """
    variables = os.environ if environment is None else environment
    return {
        name: MASK if _may_be_secret(name, value) else _without_home(value)
        for name, value in sorted(variables.items())
        if _PATTERN.fullmatch(name)
    }


def apply_variables(
    recorded: Mapping[str, str],
    limits: Mapping[str, str],
    environment: MutableMapping[str, str] | None = None,
) -> None:
    """Set the variables that were recorded, and remove those that could have been.

    One whose value was not recorded, since it may hold a secret, stays as it is.

    Parameters
    ----------
    recorded : mapping
        What `read_variables` has returned in the process of the user.
    limits : mapping
        What `thread_limits` has returned there.
    environment : mutable mapping, optional
        By default that of this process.
    """
    variables = os.environ if environment is None else environment
    for name in list(variables):
        if (_PATTERN.fullmatch(name) or name in THREAD_VARIABLES) and name not in recorded:
            del variables[name]
    for name, value in {**recorded, **limits}.items():
        # A record may come from elsewhere, and must not set others, such as LD_PRELOAD.
        if name in THREAD_VARIABLES or (_PATTERN.fullmatch(name) and value != MASK):
            variables[name] = _with_home(value)


def variable_warnings(recorded: Mapping[str, str]) -> list[str]:
    """Return a warning for each variable whose value a queued run cannot get from its record."""
    return [
        f"The value of {name} may hold a secret, so it is not recorded: the run has that of the "
        "process that starts queued runs, if any."
        for name, value in recorded.items()
        if value == MASK
    ]


def _may_be_secret(name: str, value: str) -> bool:
    fields = _FIELD.findall(value)
    if is_secret(name) or any(is_secret(field) for field in fields) or _CREDENTIALS.search(value):
        return True
    try:
        value.encode()
    except UnicodeEncodeError:  # JSON cannot hold it
        return True
    return False


def _without_home(value: str) -> str:
    """Return a path or URI without the name of the home."""
    home = str(Path.home())
    return re.sub(rf"^(\w+:/*)?{re.escape(home)}(?=/|$)", r"\1~", value) if len(home) > 1 else value


def _with_home(value: str) -> str:
    home = str(Path.home())
    return re.sub(r"^(\w+:/*)?~(?=/|$)", lambda match: f"{match[1] or ''}{home}", value)
