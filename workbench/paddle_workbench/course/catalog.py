"""The lessons there are, in order."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from pydantic import ValidationError

from ..contract import SCHEMA_VERSION, ChapterMetadata, CourseMetadata, LessonMetadata
from ..errors import CourseError, LessonNotFoundError, SchemaVersionError
from ..settings import settings
from .notebook import lesson_metadata, read_notebook, solution_cells

__all__ = ["LessonFile", "find_lesson", "read_course", "read_lessons"]


@dataclass(frozen=True, slots=True)
class LessonFile:
    """One lesson as it stands in the course."""

    notebook: Path
    chapter: ChapterMetadata
    metadata: LessonMetadata
    exercises: tuple[str, ...]
    sha256: str

    @property
    def number(self) -> str:
        """Return chapter and lesson number as shown, for example `2.1`."""
        chapter = int(self.chapter.folder.split("_", 1)[0])
        return f"{chapter}.{int(self.notebook.name.split('_', 1)[0])}"


def read_course(course: Path) -> CourseMetadata:
    """Read `course.json`.

    Raises
    ------
    CourseError
        If it cannot be read or is wrong.
    SchemaVersionError
        If a newer workbench wrote it.
    """
    path = course / "course.json"
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CourseError(f"{path} cannot be read: {error}.", "Restore the file.") from error
    version = content.get("schema_version") if isinstance(content, dict) else None
    if isinstance(version, int) and version > SCHEMA_VERSION:
        raise SchemaVersionError(
            f"{path} is of version {version}; this workbench knows {SCHEMA_VERSION}.",
            "Upgrade: pip install --upgrade paddle-workbench",
        )
    try:
        return CourseMetadata.model_validate(content)
    except ValidationError as error:
        raise CourseError(f"{path}: {error.errors()[0]['msg']}.", "Mend the file.") from error


def read_lessons(course: Path) -> list[LessonFile]:
    """Read every lesson of the course, in order.

    Raises
    ------
    CourseError
        If the course or a lesson's metadata is wrong.
    NotebookError
        If a notebook cannot be read.
    """
    lessons: list[LessonFile] = []
    for chapter in read_course(course).chapters:
        for path in sorted((course / chapter.folder).glob("[0-9][0-9]_*.ipynb")):
            status = path.stat()
            lessons.append(_read_lesson(path, chapter, status.st_mtime_ns, status.st_size))
    names = [lesson.metadata.lesson for lesson in lessons]
    for name in names:
        if names.count(name) > 1:
            raise CourseError(f"Two notebooks are called {name!r}.", "Rename one of them.")
    return lessons


# Keyed by time and size, so that a changed file is read again.
@lru_cache(maxsize=512)
def _read_lesson(
    path: Path,
    chapter: ChapterMetadata,
    _changed_ns: int,
    _size_bytes: int,
) -> LessonFile:
    notebook = read_notebook(path)
    return LessonFile(
        notebook=path,
        chapter=chapter,
        metadata=lesson_metadata(notebook, path),
        exercises=tuple(solution_cells(notebook)),
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
    )


def find_lesson(lesson: str) -> LessonFile:
    """Return the lesson of this name, or of this path in the course (`02_static_graph/01_to_static`).

    Raises
    ------
    LessonNotFoundError
        If there is none.
    """
    course = settings().course
    lessons = read_lessons(course)
    for found in lessons:
        path = found.notebook.relative_to(course).as_posix()
        if lesson in (found.metadata.lesson, path, path.removesuffix(".ipynb")):
            return found
    raise LessonNotFoundError(
        f"The course has no lesson {lesson!r}.",
        "`workbench course list` shows them: "
        + ", ".join(found.metadata.lesson for found in lessons),
    )
