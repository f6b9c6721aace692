"""Examine the version of JupyterLab, and which Python the kernel starts."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from packaging.requirements import Requirement

from ...contract import Text
from ..lock import locked_versions
from ..repairs import install_command, reinstall_command
from .findings import Observation
from .jupyter_files import first_folder, read_object, unhide_command

__all__ = ["examine_jupyterlab", "examine_kernel"]

KERNEL = "paddle"


def examine_jupyterlab() -> Iterator[Observation]:
    """Compare the version of JupyterLab with the range that the package requires."""
    title = Text(zh="JupyterLab 版本", en="JupyterLab version")
    version_range = next(
        requirement.specifier
        for requirement in map(Requirement, requires("paddle-workbench") or [])
        if requirement.name == "jupyterlab"
    )
    repair = install_command(f"jupyterlab=={locked_versions()['jupyterlab']}")
    try:
        installed_version = version("jupyterlab")
    except PackageNotFoundError:
        detail = Text(zh="没有安装 JupyterLab。", en="JupyterLab is not installed.")
        yield Observation("jupyterlab", title, "broken", detail, repair)
        return
    if version_range.contains(installed_version, prereleases=True):
        detail = Text(zh=installed_version, en=installed_version)
        yield Observation("jupyterlab", title, "ok", detail)
    else:
        detail = Text(
            zh=f"{installed_version} 不在 {version_range} 之内。",
            en=f"{installed_version} is not within {version_range}.",
        )
        yield Observation("jupyterlab", title, "broken", detail, repair)


def examine_kernel() -> Iterator[Observation]:
    """Find the kernel `paddle` as Jupyter does, and compare its interpreter with this one."""
    title = Text(zh="内核 paddle", en="Kernel paddle")
    folder = first_folder("kernels", KERNEL, "kernel.json")
    if folder is None:
        detail = Text(zh=f"没有找到内核 {KERNEL}。", en=f"There is no kernel {KERNEL}.")
        yield Observation("kernel", title, "broken", detail, reinstall_command())
        return
    program = str((read_object(folder / "kernel.json").get("argv") or [""])[0])
    if _is_this_python(program):
        yield Observation("kernel", title, "ok", Text(zh=str(folder), en=str(folder)))
        return
    # A kernel in another folder, for example the user's, hides this environment's.
    is_own = folder.is_relative_to(sys.prefix)
    detail = Text(
        zh=f"{folder} 启动的是 {program or '(空)'}，而不是 {sys.executable}。",
        en=f"{folder} starts {program or '(nothing)'}, not {sys.executable}.",
    )
    repair = reinstall_command() if is_own else unhide_command(folder)
    yield Observation("kernel", title, "broken", detail, repair)


def _is_this_python(program: str) -> bool:
    # jupyter_client replaces these names by the interpreter of the server that starts the kernel.
    major, minor = sys.version_info[:2]
    if program in {"python", f"python{major}", f"python{major}.{minor}"}:
        return True
    # An environment has several names for its interpreter, all in one folder.
    return bool(program) and Path(program).parent == Path(sys.executable).parent
