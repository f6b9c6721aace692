"""The exact commands that repair an environment, ready to be pasted into a shell."""

from __future__ import annotations

import json
import shlex
import sys
from importlib.machinery import PathFinder
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

__all__ = [
    "checkout",
    "install_command",
    "install_paddle_command",
    "python_command",
    "reinstall_command",
    "shell_path",
    "uninstall_command",
]

# The CUDA builds of Paddle 3.2.2, each with an index of its own; not on PyPI.
_PADDLE_INDEX = "https://www.paddlepaddle.org.cn/packages/stable/{build}/"
_CUDA_BUILDS = {(11, 8): "cu118", (12, 6): "cu126", (12, 9): "cu129", (13, 0): "cu130"}


def shell_path(path: str | Path) -> str:
    """Quote a path for a shell, with the user's home as `~`."""
    absolute = Path(path).absolute()
    home = Path.home()
    if absolute == home:
        return "~"
    if home != Path(home.anchor) and absolute.is_relative_to(home):
        return f"~/{shlex.quote(absolute.relative_to(home).as_posix())}"
    return shlex.quote(str(absolute))


def python_command(*arguments: str) -> str:
    """Return a command that runs this interpreter; the arguments are not quoted."""
    return " ".join([shell_path(sys.executable), *arguments])


def install_command(*arguments: str) -> str:
    """Return the command that installs distributions into this environment."""
    return " ".join([_pip("install"), *map(shlex.quote, arguments)])


def uninstall_command(*names: str) -> str:
    """Return the command that removes distributions from this environment."""
    options = ["-y"] if _has_pip() else []
    return " ".join([_pip("uninstall"), *options, *names])


def _pip(verb: str) -> str:
    if _has_pip():
        return python_command("-m", "pip", verb)
    return f"uv pip {verb} --python {shell_path(sys.executable)}"


def _has_pip() -> bool:
    """Whether there is a pip; an environment that uv created has none."""
    # Whoever asks all finders for pip is taken for pip by that of setuptools, which then no longer
    # provides distutils, so that this process cannot import setuptools any more.
    return PathFinder.find_spec("pip") is not None


def install_paddle_command(version: str, driver_cuda: tuple[int, int] | None = None) -> str:
    """Return the command that installs Paddle.

    Parameters
    ----------
    version : str
    driver_cuda : (int, int), optional
        The newest CUDA version that the graphics driver supports; by default the build for the CPU.
    """
    if driver_cuda is None:
        return install_command(f"paddlepaddle=={version}")
    builds = [build for cuda, build in _CUDA_BUILDS.items() if cuda <= driver_cuda]
    index = _PADDLE_INDEX.format(build=builds[-1] if builds else _CUDA_BUILDS[11, 8])
    return install_command(f"paddlepaddle-gpu=={version}", "-i", index)


def reinstall_command() -> str:
    """Return the command that reinstalls Paddle Workbench from the source it came from."""
    options = ("--force-reinstall", "--no-deps")
    try:
        workbench = distribution("paddle-workbench")
    except PackageNotFoundError:
        return install_command(*options, "paddle-workbench")
    origin = json.loads(workbench.read_text("direct_url.json") or "{}")
    url = str(origin.get("url", ""))
    if origin.get("dir_info", {}).get("editable"):
        folder = shell_path(url.removeprefix("file://"))
        return f"{install_command(*options)} -e {folder}"
    return install_command(*options, url or f"paddle-workbench=={workbench.version}")


def checkout() -> Path | None:
    """Return the root of the checkout that this package runs from; None in an installed wheel."""
    root = Path(__file__).parents[3]
    return root if (root / "workbench" / "pyproject.toml").is_file() else None
