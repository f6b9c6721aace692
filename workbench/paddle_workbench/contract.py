"""Everything that crosses a wire or is written to a file, as pydantic models.

`src/contract.ts` and `server/openapi.json` are made from these classes by `make build`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)

__all__ = [
    "SCHEMA_VERSION",
    "Catalog",
    "Chapter",
    "ChapterMetadata",
    "CourseMetadata",
    "DoctorReport",
    "ErrorMessage",
    "Exercise",
    "ExerciseProgress",
    "ExerciseReport",
    "ExerciseResult",
    "Finding",
    "KernelReport",
    "KernelServerState",
    "KernelServerStatus",
    "Language",
    "Lesson",
    "LessonMetadata",
    "LessonProgress",
    "LessonRequest",
    "LessonState",
    "Objectives",
    "OpenedLesson",
    "Parameter",
    "Preload",
    "ProgramPicture",
    "ProgramRequest",
    "Progress",
    "ProgressUpdate",
    "Provenance",
    "ResetLesson",
    "RunEvent",
    "RunRecord",
    "Text",
    "invalid_field",
]

SCHEMA_VERSION = 1

Language = Literal["zh", "en"]
Device = Literal["cpu", "gpu", "any"]
LessonState = Literal["new", "started", "done"]
ExerciseState = Literal["untried", "failed", "passed"]
FindingState = Literal["ok", "warning", "broken"]
RunState = Literal["queued", "running", "succeeded", "failed", "cancelled", "timed_out", "lost"]
LessonId = Annotated[
    str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*/[a-z][a-z0-9_]*$", max_length=120)
]
ExerciseId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=80)]


class Model(BaseModel):
    """The base of every model: unknown fields are refused, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def invalid_field(error: ValidationError) -> str:
    """Return what is wrong in the first field that does not fit, as half a sentence."""
    first = error.errors(include_url=False)[0]
    field = ".".join(str(part) for part in first["loc"])
    if not field:
        return "it is not a JSON object"
    if first["type"] == "missing":
        return f"field {field!r} is missing"
    if first["type"] == "extra_forbidden":
        return f"field {field!r} is unknown"
    reason = first["msg"][:1].lower() + first["msg"][1:]
    return f"field {field!r} is {first['input']!r:.80} ({reason})"


class Text(Model):
    """A sentence in both languages of the course."""

    zh: str
    en: str

    def in_language(self, language: Language) -> str:
        """Return the sentence in one of the languages."""
        return self.zh if language == "zh" else self.en


class Objectives(Model):
    """What the learner will be able to do, one sentence an entry."""

    zh: list[str]
    en: list[str]


# The course: what notebooks and course.json say


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


# The course: what the panel shows


class ExerciseProgress(Model):
    """How far one exercise is."""

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
    number: str = Field(description="Chapter and lesson number as shown, for example `2.1`.")
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
    next_lesson: LessonId | None = Field(description="What Continue opens; none when all is done.")
    notices: list[ErrorMessage] = Field(description="What went wrong and was repaired on the way.")


class LessonRequest(Model):
    """Which lesson, in which language."""

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
    """A fresh working copy, and where the old one went."""

    lesson: LessonId
    path: str
    kept: str | None = Field(description="The old copy; none if there was nothing to keep.")


# Exercises and progress


class ExerciseResult(Model):
    """What a check of an exercise found; also the MIME bundle shown under the cell."""

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
    solution: str | None = Field(None, description="Given from the third failed attempt.")


class ExerciseReport(Model):
    """One attempt, as the notebook tells it to the server."""

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
    exercises: dict[ExerciseId, ExerciseProgress] = {}


class Progress(Model):
    """The file `progress.json`."""

    schema_version: int = SCHEMA_VERSION
    last_lesson: LessonId | None = None
    lessons: dict[LessonId, LessonProgress] = {}


# The environment


class Finding(Model):
    """One thing the doctor looked at."""

    check: str = Field(description="A name without spaces, for example `onednn`.")
    title: Text
    state: FindingState
    detail: str
    repair: str = Field("", description="The exact command that fixes it; empty when ok.")


class DoctorReport(Model):
    """Everything the doctor found, the broken first."""

    findings: list[Finding]
    summary: Text
    created_at: AwareDatetime


class KernelReport(Model):
    """What a running kernel says of itself for the status bar."""

    paddle: str | None = Field(description="Version of Paddle; none if it is not installed.")
    device: str | None = Field(description="`cpu` or `gpu:0`; none until Paddle is imported.")
    python: str
    warm: bool = Field(
        description="Whether it was forked from a process that had imported the stack."
    )


class Preload(Model):
    """One import of the fork server."""

    module: str
    seconds: float
    problem: str = Field(description="Why it was left out; empty if it was not.")


KernelServerState = Literal["preloading", "ready", "retired", "unfit", "ended"]


class KernelServerStatus(Model):
    """What the fork server of warm kernels says of itself, as in its file `status.json`."""

    schema_version: int = SCHEMA_VERSION
    state: KernelServerState = Field(
        description="`ready` takes requests; `retired` only waits for its kernels to end; `unfit` "
        "found that a fork is not safe here; `ended` is a process that is gone."
    )
    pid: int = Field(ge=1, lt=2**31)
    started_at: float = Field(description="Seconds since the epoch.")
    preloads: list[Preload]
    waiting: list[str] = Field(description="Modules that are not imported yet.")
    problem: str = Field(description="Why it starts no kernels; empty if it does.")
    environment: str = Field(description="A digest of the packages it has imported.")
    kernels: int
    spares: int
    launched: int = Field(description="Kernels that it has started so far.")


# Saved programs


class ProgramRequest(Model):
    """A saved program to show."""

    path: str = Field(description="As the contents API names it.")


class ProgramPicture(Model):
    """A saved program, ready to be drawn."""

    path: str
    format: str = Field(description="pir, pdmodel, onnx or capture.")
    version: str
    columns: str = Field(description="What `program.columns` writes, in base64.")


# Runs


class Parameter(Model):
    """One parameter of a notebook, read from its `parameters` cell."""

    name: str
    type: Literal["int", "float", "bool", "str", "list", "dict", "none"]
    default: Any
    help: str = ""


class Provenance(Model):
    """What is needed to verify and repeat a run."""

    notebook: str
    notebook_sha256: str
    lock_sha256: str | None
    git_commit: str | None
    git_dirty: bool | None
    versions: dict[str, str]
    python: str
    platform: str
    processor: str
    device: str
    threads: int


class RunRecord(Model):
    """The file `run.json` of a run folder."""

    schema_version: int = SCHEMA_VERSION
    id: str
    notebook: str
    state: RunState
    parameters: dict[str, Any]
    created_at: AwareDatetime
    started_at: AwareDatetime | None = None
    finished_at: AwareDatetime | None = None
    timeout_s: float | None = None
    attempt: int = 1
    process_id: int | None = Field(None, ge=1, lt=2**31)
    cells_done: int = 0
    cells_total: int = 0
    metrics: dict[str, Any] = {}
    error: ErrorMessage | None = None
    failed_cell: str | None = None
    provenance: Provenance | None = None


class RunEvent(Model):
    """One line of `events.jsonl`."""

    time: AwareDatetime
    event: Literal["queued", "started", "cell_started", "cell_finished", "finished"]
    cell: str | None = None
    index: int | None = None
    duration_s: float | None = None
    state: RunState | None = None


class ErrorMessage(Model):
    """The body of every failed request."""

    message: str
    hint: str = ""


Catalog.model_rebuild()
RunRecord.model_rebuild()
