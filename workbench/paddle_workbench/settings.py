"""Settings from environment variables: folders, language, and limits on output."""

from __future__ import annotations

import hashlib
import os
import stat
import sys
from pathlib import Path
from typing import NamedTuple

from .errors import CourseError, WorkbenchError

# Not imported at run time: every start of a server reads settings and does not need pydantic.
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


# Named tuples, since importing dataclasses takes a fifth of the time before a fork is asked for.
class Settings(NamedTuple):
    """The folders of one workbench.

    Parameters
    ----------
    home : Path
        The learner's files: lessons, progress, runs, jobs and caches.
    course : Path
        The course, which is never changed.
    """

    home: Path
    course: Path

    @property
    def lessons(self) -> Path:
        """The folder of the working copies."""
        return self.home / "lessons"

    @property
    def progress_file(self) -> Path:
        """The file with the learner's progress."""
        return self.home / "progress.json"

    @property
    def runs(self) -> Path:
        """The folder of the run folders."""
        return self.home / "runs"

    @property
    def cache(self) -> Path:
        """The folder of files that can be deleted at any time."""
        return self.home / "cache"

    @property
    def jobs(self) -> Path:
        """The folder of the server's background jobs."""
        return self.home / "jobs"


class OutputLimits(NamedTuple):
    """Limits on the output that is kept when a notebook runs; the rest is replaced by a note.

    Parameters
    ----------
    cell_bytes : int
        The limit for one cell.
    notebook_bytes : int
        The limit for all cells together.
    """

    cell_bytes: int = 20 * MEGABYTE
    notebook_bytes: int = 100 * MEGABYTE


def settings() -> Settings:
    """Return the folders from the environment variables, or their defaults.

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
    """Return the limits from the environment variables, or their defaults.

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
    value = os.environ.get(COURSE_VARIABLE)
    # A wheel contains the course in the package; in a checkout it is next to `workbench/`.
    folders = [Path(value)] if value else [package / "notebooks", package.parents[1] / "notebooks"]
    for folder in folders:
        if (folder / "course.json").is_file():
            return folder.resolve()
    raise CourseError(
        f"No course found in {' or '.join(str(folder) for folder in folders)}.",
        f"Unset {COURSE_VARIABLE}, or set it to a folder that contains course.json.",
    )


def kernels_directory() -> Path:
    """Return the folder for the fork server's files, one for each user and environment.

    One directory for each user, with one in it for each environment: under
    `PADDLE_WORKBENCH_KERNELS`, the session's runtime directory, or the temporary one. Anybody can
    create a folder in the temporary one first. If the user's folder there is not private, the
    directory is in the user's cache.
    """
    from .scratch import shared_folder

    identity = f"{os.path.realpath(sys.prefix)}\n{sys.version}"
    name = hashlib.sha256(identity.encode()).hexdigest()[:12]
    named = os.environ.get(KERNELS_VARIABLE)
    if named:
        return Path(named).absolute() / name
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    folders = [Path(runtime, "paddle-workbench")] if runtime and _is_own(Path(runtime)) else []
    folders.append(shared_folder() / f"paddle-workbench-{os.geteuid()}")
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
    """Return the language in `PADDLE_WORKBENCH_LANG`, by default that of the system."""
    value = os.environ.get(LANGUAGE_VARIABLE, "")
    if value in ("zh", "en"):
        return "zh" if value == "zh" else "en"
    system = next(
        (os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), ""
    )
    return "zh" if system.startswith("zh") else "en"
