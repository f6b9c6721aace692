"""Tells the learner's code from that of Paddle, the workbench, and packages that patch Paddle."""

from __future__ import annotations

import inspect
import sysconfig
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

from . import loops

__all__ = ["STAND_IN_FILE", "Code", "is_library", "package_of", "stand_ins"]

STAND_IN_FILE = "paddle-workbench-partial-"
"""Start of the names of files with functions that call a `functools.partial`."""

Code: TypeAlias = tuple[str, str]
"""File and name of a function."""


@cache
def is_library(file: str) -> bool:
    """Return whether a file is library code of Paddle or the workbench; Paddle's models are not."""
    if file.startswith(("<frozen", STAND_IN_FILE)) or file == loops.__file__:
        return True
    package = _paddle_folder()
    path = Path(file)
    return path.is_relative_to(package) and not path.is_relative_to(package / "vision" / "models")


def stand_ins() -> tuple[frozenset[Code], frozenset[Code]]:
    """Return what other packages have put in place of Paddle's functions, and of its forwards.

    Importing paddlenlp replaces `linear`, for example. The ops of a stand-in belong to the line
    that calls it, as those of Paddle's own function do. A stand-in may itself be replaced.
    """
    from paddle import nn

    layers = [value for value in vars(nn).values() if inspect.isclass(value)]
    forwards = [layer.forward for layer in layers if issubclass(layer, nn.Layer)]
    return _foreign(vars(nn.functional).values()), _foreign(forwards)


def _foreign(functions: Iterable[Any]) -> frozenset[Code]:
    codes = {function.__code__ for function in functions if inspect.isfunction(function)}
    return frozenset(
        (code.co_filename, code.co_name) for code in codes if not is_library(code.co_filename)
    )


def package_of(file: str) -> Path | None:
    """Return the folder of the installed package or Python module that contains a file, if any."""
    path = Path(file)
    for root in (sysconfig.get_path("purelib"), sysconfig.get_path("stdlib")):
        if root and path.is_relative_to(root):
            return Path(root, path.relative_to(root).parts[0])
    return None


@cache
def _paddle_folder() -> Path:
    import paddle

    return Path(paddle.__file__).parent
