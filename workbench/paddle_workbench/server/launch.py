"""Starting JupyterLab with the course."""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

from ..child_process import module_command, with_absolute_paths
from ..contract import Language
from ..errors import StorageError
from ..kernels.client import are_supported, kernel_variables, try_to_start_server
from ..reading import read_text
from ..settings import (
    COURSE_VARIABLE,
    HOME_VARIABLE,
    KERNELS_VARIABLE,
    LANGUAGE_VARIABLE,
    Settings,
    language,
    settings,
)
from ..storage import make_folder, write_whole
from .extension import LAB_VARIABLE

__all__ = ["lab_command", "lab_environment", "launch_lab"]

_LOCALES: dict[Language, str] = {"zh": "zh_CN", "en": "en"}
_LOCALE_PLUGIN = "@jupyterlab/translation-extension:plugin"
# Asks at the first start whether to fetch news from the network.
_ANNOUNCEMENTS_PLUGIN = "@jupyterlab/apputils-extension:announcements"
# JupyterHub sets it for the servers that it starts.
_HUB_VARIABLE = "JUPYTERHUB_SERVICE_URL"
# If nbgrader is installed, its lists of assignments are useful only in a class.
_GRADING_PLUGINS = "@jupyter/nbgrader"
_GRADING_ROUTES = (
    "nbgrader.server_extensions.assignment_list",
    "nbgrader.server_extensions.course_list",
    "nbgrader.server_extensions.formgrader",
    "nbgrader.server_extensions.validate_assignment",
)
# Only its comparison of notebooks is used, not its buttons and its route.
_COMPARISON_PLUGINS = "nbdime-jupyterlab"
_COMPARISON_ROUTES = "nbdime"

# A learner may set them relative to the folder that the lab is started in.
_PATH_VARIABLES = (
    HOME_VARIABLE,
    COURSE_VARIABLE,
    KERNELS_VARIABLE,
    "JUPYTERLAB_SETTINGS_DIR",
    "JUPYTERLAB_WORKSPACES_DIR",
    "JUPYTER_CONFIG_DIR",
    "JUPYTER_CONFIG_PATH",
    "JUPYTER_DATA_DIR",
    "JUPYTER_PATH",
    "JUPYTER_RUNTIME_DIR",
)

_log = logging.getLogger(__name__)


def launch_lab(options: Sequence[str], lang: Language | None) -> NoReturn:
    """Replace this process with JupyterLab, rooted at the workbench home.

    JupyterLab does not run in the current folder. Its extensions start children there, such as
    language servers, which would import or execute what a learner put into that folder. Under a
    JupyterHub, the hub chooses the folder.

    Parameters
    ----------
    options : sequence of str
        Further command-line options for JupyterLab.
    lang : {"zh", "en"} or None
        The language of JupyterLab and of new lessons; by default that of the system.

    Raises
    ------
    StorageError
        If the home cannot be created or written.
    """
    directories = settings()
    make_folder(directories.lessons)
    environment = lab_environment(directories, lang)
    command = lab_command(directories, [_with_absolute_path(option) for option in options])
    if are_supported():
        # It imports while JupyterLab starts; nothing waits for it.
        try_to_start_server({**environment, **kernel_variables()})
    sys.stdout.flush()
    if not _in_class():
        os.chdir(_own_folder(directories))
    os.execve(command[0], command, environment)  # noqa: S606 - this interpreter


def lab_command(directories: Settings, options: Sequence[str]) -> list[str]:
    """Return the command that runs JupyterLab on a home, or a single-user server of JupyterHub."""
    return module_command(
        "jupyterhub.singleuser" if _in_class() else "jupyterlab",
        f"--ServerApp.root_dir={directories.home}",
        "--MultiKernelManager.default_kernel_name=paddle",
        "--LabApp.extension_manager=readonly",
        *options,
    )


def lab_environment(directories: Settings, lang: Language | None) -> dict[str, str]:
    """Write JupyterLab's default settings, and return the environment in which they apply.

    Parameters
    ----------
    directories : Settings
    lang : {"zh", "en"} or None
        The language to use, as if it had been chosen in the menu. None makes the language of the
        system the default, which the learner's own settings override.

    Raises
    ------
    StorageError
        If the settings cannot be written.
    """
    lab_language = lang or language()
    folder = _own_folder(directories)
    defaults = {_LOCALE_PLUGIN: {"locale": _LOCALES[lab_language]}}
    _write_json(folder / "labconfig" / "default_setting_overrides.json", defaults)
    disabled = {
        _ANNOUNCEMENTS_PLUGIN: True,
        _COMPARISON_PLUGINS: True,
        _GRADING_PLUGINS: not _in_class(),
    }
    _write_json(folder / "labconfig" / "page_config.json", {"disabledExtensions": disabled})
    routes = {
        "nbgrader": () if _in_class() else _GRADING_ROUTES,
        "nbdime": (_COMPARISON_ROUTES,),
    }
    for name, disabled_routes in routes.items():
        _write_json(
            folder / "jupyter_server_config.d" / f"{name}.json",
            {"ServerApp": {"jpserver_extensions": dict.fromkeys(disabled_routes, False)}},
        )
    if lang is not None:
        _forget_locale()
    inherited = {name: _absolute_paths(os.environ.get(name, "")) for name in _PATH_VARIABLES}
    absolute = {name: paths for name, paths in inherited.items() if paths}
    paths = [str(folder), absolute.get("JUPYTER_CONFIG_PATH", "")]
    return with_absolute_paths(os.environ) | {
        **absolute,
        "JUPYTER_CONFIG_PATH": os.pathsep.join(path for path in paths if path),
        LANGUAGE_VARIABLE: lab_language,
        LAB_VARIABLE: "1",
    }


def _own_folder(found: Settings) -> Path:
    """Return the folder of JupyterLab's defaults, which only the workbench writes to."""
    return found.cache / "jupyter"


def _absolute_paths(paths: str) -> str:
    """Return the value of a variable that holds one or more paths, which are made absolute."""
    return os.pathsep.join(
        path if path.startswith("~") else str(Path(path).absolute())
        for path in paths.split(os.pathsep)
        if path
    )


def _with_absolute_path(option: str) -> str:
    """Return an option of JupyterLab in which an existing file or folder has its absolute path."""
    name, equals, value = option.partition("=") if option.startswith("-") else ("", "", option)
    # Elsewhere a number or a word is not a path, even if a file has its name.
    looks_like_path = os.sep in value or Path(value).suffix or name.endswith(("dir", "file"))
    if looks_like_path and os.access(value, os.F_OK):
        return f"{name}{equals}{Path(value).absolute()}"
    return option


def _in_class() -> bool:
    return bool(os.environ.get(_HUB_VARIABLE))


def _forget_locale() -> None:
    """Remove the language from the learner's JupyterLab settings, so that the default applies."""
    import json5
    from jupyterlab.commands import get_user_settings_dir

    plugin = "@jupyterlab/translation-extension/plugin.jupyterlab-settings"
    path = Path(get_user_settings_dir()) / plugin
    try:
        user_settings = json5.loads(read_text(path, kind="settings file"))
    except (RecursionError, StorageError, ValueError):
        return
    if isinstance(user_settings, dict) and user_settings.pop("locale", None) is not None:
        try:
            _write_json(path, user_settings)
        except StorageError as error:
            _log.warning("JupyterLab keeps its language: %s %s", error.message, error.hint)


def _write_json(path: Path, content: Mapping[str, object]) -> None:
    write_whole(path, json.dumps(content, indent=2) + "\n")
