"""Where things are: the course, the learner's home, and what lies under it."""

from __future__ import annotations

import hashlib
import os
import stat
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from .errors import CourseError, WorkbenchError

# Not imported when running: settings are read at every start of a server, pydantic is not needed.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from .contract import Language

__all__ = [
    "MEGABYTE",
    "OutputLimits",
    "Settings",
    "home_folder",
    "is_private",
    "kernels_directory",
    "language",
    "output_limits",
    "settings",
]

HOME_VARIABLE = "PADDLE_WORKBENCH_HOME"
COURSE_VARIABLE = "PADDLE_WORKBENCH_COURSE"
LANGUAGE_VARIABLE = "PADDLE_WORKBENCH_LANG"
KERNELS_VARIABLE = "PADDLE_WORKBENCH_KERNELS"
WARM_VARIABLE = "PADDLE_WORKBENCH_WARM_KERNELS"
CELL_OUTPUT_VARIABLE = "PADDLE_WORKBENCH_CELL_OUTPUT_MB"
NOTEBOOK_OUTPUT_VARIABLE = "PADDLE_WORKBENCH_NOTEBOOK_OUTPUT_MB"

MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Settings:
    """The directories of one workbench.

    Parameters
    ----------
    home : Path
        What the learner owns: lessons, progress, runs, caches.
    course : Path
        The pristine course, never written.
    """

    home: Path
    course: Path

    @property
    def lessons(self) -> Path:
        return self.home / "lessons"

    @property
    def progress_file(self) -> Path:
        return self.home / "progress.json"

    @property
    def runs(self) -> Path:
        return self.home / "runs"

    @property
    def cache(self) -> Path:
        return self.home / "cache"

    @property
    def jobs(self) -> Path:
        return self.home / "jobs"


@dataclass(frozen=True, slots=True)
class OutputLimits:
    """How much output is kept when a notebook runs; what comes after is cut, with a note.

    Parameters
    ----------
    cell_bytes : int
        Of one cell.
    notebook_bytes : int
        Of all cells together.
    """

    cell_bytes: int = 20 * MEGABYTE
    notebook_bytes: int = 100 * MEGABYTE


def settings() -> Settings:
    """Return the directories that the environment variables, or their defaults, name.

    Raises
    ------
    CourseError
        If no course is found.
    """
    return Settings(home=home_folder(), course=_course())


def home_folder() -> Path:
    """Return the learner's home, which need not exist."""
    home = os.environ.get(HOME_VARIABLE) or "~/paddle-workbench"
    return Path(home).expanduser().absolute()


def output_limits() -> OutputLimits:
    """Return the limits that the environment variables, or their defaults, name.

    Raises
    ------
    WorkbenchError
        If a variable is not a positive number.
    """
    default = OutputLimits()
    return OutputLimits(
        cell_bytes=_megabytes(CELL_OUTPUT_VARIABLE) or default.cell_bytes,
        notebook_bytes=_megabytes(NOTEBOOK_OUTPUT_VARIABLE) or default.notebook_bytes,
    )


def _megabytes(variable: str) -> int | None:
    value = os.environ.get(variable)
    if not value:
        return None
    try:
        size = float(value) * MEGABYTE
    except ValueError:
        size = 0.0
    if not 1 <= size < sys.maxsize:
        raise WorkbenchError(
            f"{variable} is {value!r}, which is not a number of megabytes.",
            f"Set it to a positive number, or unset it: unset {variable}",
        )
    return int(size)


def _course() -> Path:
    package = Path(__file__).parent
    named = os.environ.get(COURSE_VARIABLE)
    # A wheel carries the course inside the package; a checkout has it next to `workbench/`.
    places = [Path(named)] if named else [package / "notebooks", package.parents[1] / "notebooks"]
    for place in places:
        if (place / "course.json").is_file():
            return place.resolve()
    raise CourseError(
        f"No course found in {' or '.join(str(place) for place in places)}.",
        f"Unset {COURSE_VARIABLE}, or set it to a folder that contains course.json.",
    )


def kernels_directory() -> Path:
    """Return where the fork server of this user and this environment has its files.

    One directory for each user, with one in it for each environment: under
    `PADDLE_WORKBENCH_KERNELS`, the session's runtime directory, or the temporary one. Anybody can
    create a folder in the temporary one first. If the user's folder there is not private, the
    directory is in the user's cache.
    """
    identity = f"{os.path.realpath(sys.prefix)}\n{sys.version}"
    name = hashlib.sha256(identity.encode()).hexdigest()[:12]
    named = os.environ.get(KERNELS_VARIABLE)
    if named:
        return Path(named).absolute() / name
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    folders = [Path(runtime, "paddle-workbench")] if runtime and _is_own(Path(runtime)) else []
    folders.append(Path(tempfile.gettempdir(), f"paddle-workbench-{os.geteuid()}"))
    for folder in folders:
        if is_private(folder) or (not os.path.lexists(folder) and _is_writable(folder.parent)):
            return folder / name
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(cache).expanduser().absolute() / "paddle-workbench" / name


def is_private(folder: Path) -> bool:
    """Return whether a folder exists, belongs to this user, and is neither open nor a link."""
    return _is_own(folder) and not folder.lstat().st_mode & 0o077


def _is_own(folder: Path) -> bool:
    try:
        information = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(information.st_mode) and information.st_uid == os.geteuid()


def _is_writable(folder: Path) -> bool:
    return os.access(folder, os.W_OK | os.X_OK)


def language() -> Language:
    """Return the language that `PADDLE_WORKBENCH_LANG` names, else the system's."""
    named = os.environ.get(LANGUAGE_VARIABLE, "")
    if named in ("zh", "en"):
        return "zh" if named == "zh" else "en"
    system = next(
        (os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), ""
    )
    return "zh" if system.startswith("zh") else "en"
