"""Where things are: the course, the learner's home, and what lies under it."""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from .errors import CourseError

# Not imported when running: settings are read at every start of a server, pydantic is not needed.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from .contract import Language

__all__ = ["Settings", "kernels_directory", "language", "settings"]

HOME_VARIABLE = "PADDLE_WORKBENCH_HOME"
COURSE_VARIABLE = "PADDLE_WORKBENCH_COURSE"
LANGUAGE_VARIABLE = "PADDLE_WORKBENCH_LANG"
KERNELS_VARIABLE = "PADDLE_WORKBENCH_KERNELS"
WARM_VARIABLE = "PADDLE_WORKBENCH_WARM_KERNELS"


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


def settings() -> Settings:
    """Return the directories that the environment variables, or their defaults, name.

    Raises
    ------
    CourseError
        If no course is found.
    """
    home = Path(os.environ.get(HOME_VARIABLE) or "~/paddle-workbench").expanduser()
    return Settings(home=home.absolute(), course=_course())


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
    `PADDLE_WORKBENCH_KERNELS`, the session's runtime directory, or the temporary one.
    """
    identity = f"{os.path.realpath(sys.prefix)}\n{sys.version}"
    name = hashlib.sha256(identity.encode()).hexdigest()[:12]
    named = os.environ.get(KERNELS_VARIABLE)
    if named:
        return Path(named).absolute() / name
    runtime = Path(os.environ.get("XDG_RUNTIME_DIR") or os.devnull)
    if runtime.is_dir() and runtime.stat().st_uid == os.geteuid():
        return runtime / "paddle-workbench" / name
    return Path(tempfile.gettempdir()) / f"paddle-workbench-{os.geteuid()}" / name


def language() -> Language:
    """Return the language that `PADDLE_WORKBENCH_LANG` names, else the system's."""
    named = os.environ.get(LANGUAGE_VARIABLE, "")
    if named in ("zh", "en"):
        return "zh" if named == "zh" else "en"
    system = next(
        (os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), ""
    )
    return "zh" if system.startswith("zh") else "en"
