"""Examine the extension: both halves must be installed, of one version, and enabled."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from jupyter_core.paths import jupyter_config_dir

from ...contract import Text
from ..repairs import checkout, python_command, reinstall_command, shell_path
from .findings import Observation
from .jupyter_files import (
    first_folder,
    lab_pages,
    read_object,
    server_configurations,
    unhide_command,
)

__all__ = ["examine_extension"]

LAB_EXTENSION = "paddle-workbench"
SERVER_EXTENSION = "paddle_workbench"

_LAB_TITLE = Text(zh="JupyterLab 扩展", en="JupyterLab extension")
_SERVER_TITLE = Text(zh="Jupyter 服务器扩展", en="Jupyter Server extension")


def examine_extension() -> Iterator[Observation]:
    """Examine the JupyterLab extension, then the server extension."""
    yield _judge_lab()
    yield _judge_server()


def _judge_lab() -> Observation:
    folder = first_folder("labextensions", LAB_EXTENSION, "package.json")
    if folder is None:
        return _lab_broken(
            f"没有找到 {LAB_EXTENSION}。", f"{LAB_EXTENSION} was not found.", _build_repair()
        )
    # An extension in another folder, for example the user's, hides this environment's.
    is_own = folder.is_relative_to(sys.prefix)
    repair = _build_repair() if is_own else unhide_command(folder)
    package = read_object(folder / "package.json")
    lab_version, package_version = str(package.get("version")), version("paddle-workbench")
    if lab_version != package_version:
        return _lab_broken(
            f"{folder} 的版本是 {lab_version}，而 Python 包是 {package_version}。",
            f"{folder} has version {lab_version}, but the Python package has {package_version}.",
            repair,
        )
    load = package.get("jupyterlab", {}).get("_build", {}).get("load")
    if not load or not (folder / load).is_file():
        return _lab_broken(f"{folder} 里没有构建结果。", f"{folder} contains no build.", repair)
    disabling = _find_disabling()
    if disabling is not None:
        name, file = disabling
        level = _level(file).replace("-", "_")
        return _lab_broken(
            f"{file} 停用了 {name}。",
            f"{file} disables {name}.",
            python_command("-m", "jupyter", "labextension", "enable", f"--level={level}", name),
        )
    return Observation("labextension", _LAB_TITLE, "ok", Text(zh=lab_version, en=lab_version))


def _lab_broken(zh: str, en: str, repair: str) -> Observation:
    return Observation("labextension", _LAB_TITLE, "broken", Text(zh=zh, en=en), repair)


def _build_repair() -> str:
    root = checkout()
    if root is None:
        return reinstall_command()
    # -W pretends that package.json changed: make does not notice that a build was removed.
    return f"make -C {shell_path(root)} -W workbench/package.json setup"


def _level(file: Path) -> str:
    """Return the level of a configuration file, as Jupyter's commands name it."""
    if file.is_relative_to(sys.prefix):
        return "sys-prefix"
    return "user" if file.is_relative_to(jupyter_config_dir()) else "system"


def _find_disabling() -> tuple[str, Path] | None:
    """Return the disabled extension or plugin and the file that disables it; None if none is."""
    states: dict[str, tuple[bool, Path]] = {}
    for file, page in lab_pages():
        extensions = page.get("disabledExtensions", {})
        if not isinstance(extensions, dict):  # older versions of JupyterLab wrote a list
            extensions = dict.fromkeys(extensions, True)
        for name, is_disabled in extensions.items():
            if name == LAB_EXTENSION or name.startswith(f"{LAB_EXTENSION}:"):
                states[name] = bool(is_disabled), file
    return next(((name, file) for name, (is_disabled, file) in states.items() if is_disabled), None)


def _judge_server() -> Observation:
    is_enabled: bool | None = None
    source = Path()
    for file, content in server_configurations():
        extensions = content.get("ServerApp", {}).get("jpserver_extensions", {})
        if SERVER_EXTENSION in extensions:
            is_enabled, source = bool(extensions[SERVER_EXTENSION]), file
    if is_enabled:
        detail = Text(zh="已启用。", en="Enabled.")
        return Observation("server_extension", _SERVER_TITLE, "ok", detail)
    if is_enabled is None:
        detail = Text(zh="没有启用它的配置。", en="No configuration enables it.")
        repair = reinstall_command()
    else:
        detail = Text(zh=f"被 {source} 停用。", en=f"{source} disables it.")
        command = ("jupyter", "server", "extension", "enable")
        repair = python_command("-m", *command, f"--{_level(source)}", SERVER_EXTENSION)
    return Observation("server_extension", _SERVER_TITLE, "broken", detail, repair)
