"""The lessons of the course, in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from nbformat import NotebookNode

from ..contract import ChapterMetadata, CourseMetadata, LessonMetadata
from ..errors import (
    CourseError,
    LessonMetadataError,
    LessonNotFoundError,
    NotebookError,
    WorkbenchError,
)
from ..notebooks import Notebook
from ..reading import is_file, is_folder, resolved, storage_errors_as
from ..settings import settings
from ..storage import read_model
from .declarations import ExerciseFile, checkers_of, declared_exercises
from .notebook import lesson_metadata, solution_cells

__all__ = [
    "LessonFile",
    "find_lesson",
    "find_notebook",
    "find_notebooks",
    "read_course",
    "read_lessons",
    "scan_lessons",
]

ASSETS = "assets"


@dataclass(frozen=True, slots=True)
class LessonFile:
    """One lesson of the course."""

    notebook: Path
    chapter: ChapterMetadata
    metadata: LessonMetadata
    exercises: tuple[ExerciseFile, ...]
    sha256: str

    @property
    def number(self) -> str:
        """Return the displayed chapter and lesson number, for example `2.1`."""
        chapter = int(self.chapter.folder.split("_", 1)[0])
        return f"{chapter}.{int(self.notebook.name.split('_', 1)[0])}"


@storage_errors_as(CourseError)
def read_course(course: Path) -> CourseMetadata:
    """Read `course.json`.

    Raises
    ------
    CourseError
        If it cannot be read or is invalid.
    SchemaVersionError
        If a newer version of the workbench wrote it.
    """
    return read_model(
        course / "course.json",
        CourseMetadata,
        kind="course file",
        hint="Restore it; in a clone of the course: git checkout -- course.json",
    )


def read_lessons(course: Path) -> list[LessonFile]:
    """Read every lesson of the course, in order.

    Raises
    ------
    CourseError, NotebookError
        If the course, a notebook or its metadata is invalid.
    """
    lessons, problems = scan_lessons(course)
    if problems:
        raise problems[0]
    return lessons


def scan_lessons(course: Path) -> tuple[list[LessonFile], list[WorkbenchError]]:
    """Read all readable lessons, in order, and collect the errors of the others.

    Raises
    ------
    CourseError, SchemaVersionError
        If `course.json` is invalid.
    """
    lessons: dict[str, LessonFile] = {}
    problems: list[WorkbenchError] = []
    for chapter in read_course(course).chapters:
        for path in sorted((course / chapter.folder).glob("[0-9][0-9]_*.ipynb")):
            try:
                _require_inside(path, course)
                lesson = _read_lesson(path, chapter, _version_of(path))
            except (CourseError, NotebookError) as error:
                problems.append(error)
                continue
            first = lessons.setdefault(lesson.metadata.lesson, lesson)
            if first is not lesson:
                problems.append(
                    CourseError(
                        f"{first.notebook.name} and {path.name} are both called "
                        f"{lesson.metadata.lesson!r}.",
                        "Rename one of them in its metadata.",
                    )
                )
    return list(lessons.values()), problems


def _require_inside(path: Path, course: Path) -> None:
    """Raise `CourseError` if a path is a link to a file outside the course, or to itself."""
    with storage_errors_as(CourseError):
        file = resolved(path)
    if not file.is_relative_to(course.resolve()):
        raise CourseError(
            f"{path.name} points outside the course, to {file}.",
            "Copy the notebook itself into the course.",
        )


def _version_of(path: Path) -> tuple[int, ...]:
    """Return a value that changes whenever a notebook or its checker module is written."""
    checkers = checkers_of(path)
    files = [path, checkers] if checkers.is_file() else [path]
    return tuple(
        number
        for status in (file.stat() for file in files)
        for number in (status.st_mtime_ns, status.st_size)
    )


@lru_cache(maxsize=512)
def _read_lesson(path: Path, chapter: ChapterMetadata, _version: tuple[int, ...]) -> LessonFile:
    notebook = Notebook.read(path)
    return LessonFile(
        notebook=path,
        chapter=chapter,
        metadata=lesson_metadata(notebook.node, path),
        exercises=_read_exercises(notebook.node, path),
        sha256=notebook.sha256,
    )


def _read_exercises(notebook: NotebookNode, path: Path) -> tuple[ExerciseFile, ...]:
    """Return the exercises of a notebook, in the order of their solution cells."""
    declarations = declared_exercises(path)
    exercises = []
    for name in solution_cells(notebook):
        if name not in declarations:
            raise LessonMetadataError(
                f"{path.name}: the exercise {name!r} has no checker.",
                f"Write one in {path.stem}_exercises.py, decorated with @checker({name!r}, …).",
            )
        exercises.append(declarations[name])
    return tuple(exercises)


def find_lesson(lesson: str) -> LessonFile:
    """Return the lesson with this name, or with this path relative to the course.

    Raises
    ------
    LessonNotFoundError
        If the course has no such lesson.
    """
    course = settings().course
    lessons, problems = scan_lessons(course)
    for file in lessons:
        path = file.notebook.relative_to(course).as_posix()
        if lesson in (file.metadata.lesson, path, path.removesuffix(".ipynb")):
            return file
    unreadable = "".join(f" {problem.message}" for problem in problems)
    raise LessonNotFoundError(
        f"The course has no lesson {lesson!r}.{unreadable}",
        f"The course has: {', '.join(file.metadata.lesson for file in lessons) or 'none'}.",
    )


def find_notebook(name: str) -> Path:
    """Return the path of a notebook, given its path or the name of a lesson.

    Raises
    ------
    NotebookError
        If there is no such notebook or lesson.
    """
    path = Path(name)
    if is_file(path):
        return path.absolute()
    try:
        return find_lesson(name).notebook
    except LessonNotFoundError as error:
        raise NotebookError(f"There is no notebook or lesson {name!r}.", error.hint) from error


def find_notebooks(names: Sequence[str]) -> list[Path]:
    """Return the notebooks that paths, folders or lesson names refer to, without duplicates.

    Parameters
    ----------
    names : sequence of str
        If it is empty, the whole course is meant. The notebooks in `assets/`, which others run,
        are left out of folders.

    Raises
    ------
    NotebookError
        If a notebook or lesson does not exist, or a folder contains no notebook.
    """
    notebooks: list[Path] = []
    for name in names or [str(settings().course)]:
        folder = Path(name)
        if not is_folder(folder):
            notebooks.append(find_notebook(name))
            continue
        inside = [
            path
            for path in sorted(folder.rglob("*.ipynb"))
            if not any(
                part.startswith(".") or part == ASSETS for part in path.relative_to(folder).parts
            )
        ]
        if not inside:
            raise NotebookError(f"There is no notebook in {folder}.", "Check the path.")
        notebooks += inside
    with storage_errors_as(NotebookError):
        return list(dict.fromkeys(resolved(path) for path in notebooks))
