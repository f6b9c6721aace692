"""The learner's working copies of lessons.

A copy is named after its lesson, without numbers (`lessons/static_graph/to_static.ipynb`, in
English `to_static.en.ipynb`), so that renumbering the course does not orphan it.
"""

from __future__ import annotations

import platform
import shutil
import sys
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import nbformat

from ..contract import (
    Catalog,
    Chapter,
    ErrorMessage,
    Exercise,
    ExerciseProgress,
    Language,
    Lesson,
    LessonProgress,
    ProgressUpdate,
)
from ..errors import ExerciseNotFoundError, NotebookError
from ..notebooks import read_json, read_notebook
from ..settings import Settings
from ..storage import free_sibling, locked, make_folder, storage_error, write_whole
from .catalog import LessonFile, find_lesson, read_course, scan_lessons
from .notebook import METADATA_KEY, blank_solutions, clear_outputs
from .progress import ProgressFile
from .translation import read_catalog, translate

__all__ = ["WorkingCopy", "Workspace"]

LANGUAGES: tuple[Language, ...] = ("zh", "en")


@dataclass(frozen=True, slots=True)
class WorkingCopy:
    """A learner's copy of a lesson.

    Parameters
    ----------
    lesson : LessonFile
    path : Path
    created : bool
        Whether the copy is new.
    backup : Path, optional
        The previous copy, if it was replaced.
    """

    lesson: LessonFile
    path: Path
    created: bool = False
    backup: Path | None = None


class Workspace:
    """The course with the working copies and the progress of one learner.

    Parameters
    ----------
    settings : Settings
        The folders of the course and the home.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._progress = ProgressFile(settings.progress_file)

    def catalog(self) -> Catalog:
        """Return every lesson, in order, with the learner's progress.

        Its paths are relative to the home.

        Raises
        ------
        CourseError
            If the course is invalid.
        SchemaVersionError, StorageError
            If the progress cannot be read.
        """
        course = read_course(self._settings.course)
        files, problems = scan_lessons(self._settings.course)
        progress = self._progress.read()
        notices = [
            *progress.notices,
            *(ErrorMessage(message=each.message, hint=each.hint) for each in problems),
        ]
        chapters = []
        for metadata in course.chapters:
            lessons = [
                self._lesson(file, progress.lessons.get(file.metadata.lesson, LessonProgress()))
                for file in files
                if file.chapter.chapter == metadata.chapter
            ]
            number = metadata.folder.split("_", 1)[0]
            chapters.append(
                Chapter(
                    chapter=metadata.chapter, number=number, title=metadata.title, lessons=lessons
                )
            )
        lessons = [lesson for chapter in chapters for lesson in chapter.lessons]
        return Catalog(
            title=course.title,
            chapters=chapters,
            next_lesson=_next_lesson(lessons, progress.last_lesson),
            notices=notices,
        )

    def open(self, name: str, language: Language) -> WorkingCopy:
        """Return the working copy of a lesson; create it if it does not exist.

        Raises
        ------
        LessonNotFoundError
            If the course has no such lesson.
        StorageError
            If the copy cannot be written.
        """
        lesson = find_lesson(name)
        path = self.path_of(lesson, language)
        with locked(self._settings.progress_file.with_name("lessons")):
            created = not path.exists()
            if created:
                self._write_copy(lesson, path, language)
        self._progress.mark_opened(lesson.metadata.lesson)
        return WorkingCopy(lesson, path, created=created)

    def reset(self, name: str, language: Language) -> WorkingCopy:
        """Replace a working copy with a new one, and keep the old one next to it.

        Raises
        ------
        LessonNotFoundError
            If the course has no such lesson.
        StorageError
            If the copy cannot be written; the old one is then unchanged.
        """
        lesson = find_lesson(name)
        path = self.path_of(lesson, language)
        backup: Path | None = None
        with locked(self._settings.progress_file.with_name("lessons")):
            if path.exists():
                # Copied, not moved, so that there is a complete notebook at the path at any time.
                backup = free_sibling(path, "kept")
                try:
                    shutil.copy2(path, backup)
                except OSError as error:
                    backup.unlink(missing_ok=True)
                    raise storage_error(backup, error) from error
            self._write_copy(lesson, path, language)
        self._progress.reset(lesson.metadata.lesson)
        return WorkingCopy(lesson, path, created=True, backup=backup)

    def update_progress(self, update: ProgressUpdate) -> None:
        """Apply a change of progress that a browser window reports.

        Raises
        ------
        LessonNotFoundError, ExerciseNotFoundError
            If the course has no such lesson, or the lesson has no such exercise.
        """
        lesson = find_lesson(update.lesson)
        names = tuple(exercise.name for exercise in lesson.exercises)
        if update.exercise is not None and update.exercise.exercise not in names:
            raise ExerciseNotFoundError(
                f"{update.lesson} has no exercise {update.exercise.exercise!r}.",
                f"It has: {', '.join(names) or 'none'}.",
            )
        self._progress.update(update, names)

    def dismiss(self, message: str) -> None:
        """Remove a notice about an earlier progress file that the learner has read."""
        self._progress.dismiss(message)

    def path_of(self, lesson: LessonFile, language: Language) -> Path:
        """Return the path of a lesson's working copy, whether or not it exists."""
        chapter, name = lesson.metadata.lesson.split("/")
        ending = ".ipynb" if language == "zh" else f".{language}.ipynb"
        return self._settings.lessons / chapter / f"{name}{ending}"

    def _write_copy(self, lesson: LessonFile, path: Path, language: Language) -> None:
        notebook = read_notebook(lesson.notebook)
        clear_outputs(notebook)
        blank_solutions(notebook)
        if language != "zh":
            translate(notebook, read_catalog(lesson, language))
        notebook.metadata["language_info"] = _language_info()
        notebook.metadata[METADATA_KEY] |= {"language": language, "source_sha256": lesson.sha256}
        assets = lesson.notebook.parent / "assets"
        make_folder(path.parent)
        if assets.is_dir():
            try:
                shutil.copytree(assets, path.parent / "assets", dirs_exist_ok=True)
            except OSError as error:
                raise storage_error(path.parent / "assets", error) from error
        write_whole(path, nbformat.writes(notebook) + "\n")

    def _lesson(self, lesson: LessonFile, progress: LessonProgress) -> Lesson:
        metadata = lesson.metadata
        copies = {language: self.path_of(lesson, language) for language in LANGUAGES}
        paths = {language: path for language, path in copies.items() if path.is_file()}
        return Lesson(
            lesson=metadata.lesson,
            number=lesson.number,
            title=metadata.title,
            objectives=metadata.objectives,
            minutes=metadata.minutes,
            device=metadata.device,
            requires=metadata.requires,
            state=progress.state,
            exercises=[
                Exercise(
                    exercise=exercise.name,
                    title=exercise.title,
                    points=exercise.points,
                    progress=progress.exercises.get(exercise.name, ExerciseProgress()),
                )
                for exercise in lesson.exercises
            ],
            paths={
                language: path.relative_to(self._settings.home).as_posix()
                for language, path in paths.items()
            },
            outdated=any(_source_of(path) not in (None, lesson.sha256) for path in paths.values()),
        )


def _next_lesson(lessons: list[Lesson], last_lesson: str | None) -> str | None:
    """Return the last opened lesson if it is not done, otherwise the next one that is not."""
    open_lessons = [lesson.lesson for lesson in lessons if lesson.state != "done"]
    if last_lesson in open_lessons:
        return last_lesson
    names = [lesson.lesson for lesson in lessons]
    start = names.index(last_lesson) if last_lesson in names else 0
    following = [name for name in names[start:] if name in open_lessons]
    return next(iter(following or open_lessons), None)


def _language_info() -> dict[str, object]:
    """Return the kernel's language information.

    JupyterLab writes it into the notebook when the kernel starts. A copy that has it already does
    not change when it is opened.
    """
    return {
        "codemirror_mode": {"name": "ipython", "version": sys.version_info.major},
        "file_extension": ".py",
        "mimetype": "text/x-python",
        "name": "python",
        "nbconvert_exporter": "python",
        "pygments_lexer": f"ipython{sys.version_info.major}",
        "version": platform.python_version(),
    }


def _source_of(path: Path) -> str | None:
    """Return the SHA-256 of the lesson a copy was made from; None if the copy lacks it."""
    status = path.stat()
    return _read_source(path, status.st_mtime_ns, status.st_size)


# Keyed by time and size, so that an unchanged copy, which may be large, is read only once.
@lru_cache(maxsize=512)
def _read_source(path: Path, _changed_ns: int, _size_bytes: int) -> str | None:
    try:
        metadata = read_json(path)["metadata"][METADATA_KEY]
        return str(metadata["source_sha256"])
    except (NotebookError, KeyError, TypeError):
        # Learners may do anything to their copies; that must not hide the catalog.
        return None
