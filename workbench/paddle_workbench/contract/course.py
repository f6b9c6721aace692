"""The part of the contract about the course: lessons, exercises, progress."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, StringConstraints

from .model import SCHEMA_VERSION, ErrorMessage, Language, Model, Text

__all__ = [
    "Catalog",
    "Chapter",
    "ChapterMetadata",
    "CourseMetadata",
    "Device",
    "DismissedNotice",
    "Exercise",
    "ExerciseId",
    "ExerciseProgress",
    "ExerciseReport",
    "ExerciseResult",
    "ExerciseState",
    "Lesson",
    "LessonId",
    "LessonMetadata",
    "LessonProgress",
    "LessonRequest",
    "LessonState",
    "Objectives",
    "OpenedLesson",
    "Progress",
    "ProgressUpdate",
    "ResetLesson",
]

Device = Literal["cpu", "gpu", "any"]
LessonState = Literal["new", "started", "done"]
ExerciseState = Literal["untried", "failed", "passed"]
LessonId = Annotated[
    str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*/[a-z][a-z0-9_]*$", max_length=120)
]
ExerciseId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=80)]


class Objectives(Model):
    """What the learner will be able to do, one sentence per entry."""

    zh: list[str]
    en: list[str]


# The course: metadata in notebooks and course.json


class ChapterMetadata(Model):
    """One chapter in `notebooks/course.json`."""

    chapter: str = Field(description="A name without a number, for example `static_graph`.")
    folder: str = Field(description="The folder in the course, for example `02_static_graph`.")
    title: Text


class CourseMetadata(Model):
    """The file `notebooks/course.json`."""

    schema_version: int
    title: Text
    chapters: list[ChapterMetadata]


class LessonMetadata(Model):
    """A notebook's metadata under `paddle_workbench`."""

    schema_version: int
    lesson: LessonId
    title: Text
    objectives: Objectives
    minutes: Annotated[int, Field(ge=1, le=600)]
    device: Device
    requires: list[LessonId]
    article: list[str] = Field(description="The claims of the article that the lesson tests.")


# The course: content of the course panel


class ExerciseProgress(Model):
    """The learner's progress in one exercise."""

    state: ExerciseState = "untried"
    attempts: int = 0
    hint: Text | None = None


class Exercise(Model):
    """An exercise of a lesson, with the learner's progress."""

    exercise: ExerciseId
    title: Text
    points: float
    progress: ExerciseProgress


class Lesson(Model):
    """A lesson in the catalog."""

    lesson: LessonId
    number: str = Field(description="Displayed chapter and lesson number, for example `2.1`.")
    title: Text
    objectives: Objectives
    minutes: int
    device: Device
    requires: list[LessonId]
    state: LessonState
    exercises: list[Exercise]
    paths: dict[Language, str] = Field(
        description="Working copies that exist, relative to the root of the Jupyter server."
    )
    outdated: bool = Field(
        description="The course has a newer version of this lesson than the working copy."
    )


class Chapter(Model):
    """A chapter in the catalog."""

    chapter: str
    number: str
    title: Text
    lessons: list[Lesson]


class Catalog(Model):
    """The whole course as the course panel shows it."""

    title: Text
    chapters: list[Chapter]
    next_lesson: LessonId | None = Field(
        description="The lesson that Continue opens; none if all lessons are done."
    )
    notices: list[ErrorMessage] = Field(
        description="Problems that did not prevent reading the course."
    )


class LessonRequest(Model):
    """A lesson and a language."""

    lesson: LessonId
    language: Language = "zh"


class OpenedLesson(Model):
    """The learner's working copy."""

    lesson: LessonId
    path: str = Field(
        description="Relative to the root of the Jupyter server, with forward slashes."
    )
    created: bool


class ResetLesson(Model):
    """A new working copy, and the backup of the old one."""

    lesson: LessonId
    path: str
    kept: str | None = Field(description="The path of the old copy; none if there was none.")


# Exercises and progress


class ExerciseResult(Model):
    """The result of checking an exercise; also the MIME bundle under the cell."""

    lesson: LessonId
    exercise: ExerciseId
    passed: bool
    points: float
    max_points: float
    attempts: int
    mistake: str | None = Field(description="The name of the recognised mistake.")
    message: Text
    expected: str | None = None
    found: str | None = None
    solution: str | None = Field(None, description="Present after the third failed attempt.")


class ExerciseReport(Model):
    """One attempt, as the notebook reports it to the server."""

    exercise: ExerciseId
    passed: bool
    message: Text


class ProgressUpdate(Model):
    """A change to one lesson's progress."""

    lesson: LessonId
    state: LessonState | None = None
    exercise: ExerciseReport | None = None


class LessonProgress(Model):
    """One lesson in `progress.json`."""

    state: LessonState = "new"
    opened_at: AwareDatetime | None = None
    done_at: AwareDatetime | None = None
    exercises: dict[ExerciseId, ExerciseProgress] = {}  # noqa: RUF012 - pydantic copies it


class Progress(Model):
    """The file `progress.json`."""

    schema_version: int = SCHEMA_VERSION
    last_lesson: LessonId | None = None
    lessons: dict[LessonId, LessonProgress] = {}  # noqa: RUF012 - pydantic copies it
    notices: tuple[ErrorMessage, ...] = ()
    """What happened to earlier files, until the learner dismisses it."""


class DismissedNotice(Model):
    """A notice of the catalog that the learner has read."""

    message: str
