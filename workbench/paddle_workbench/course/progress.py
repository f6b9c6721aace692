"""How far the learner is: the file `progress.json`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path

from ..contract import (
    ErrorMessage,
    ExerciseProgress,
    LessonProgress,
    LessonState,
    Progress,
    ProgressUpdate,
)
from ..errors import FileBrokenError, FileMissingError
from ..storage import locked, read_model, read_or_set_aside, write_model

__all__ = ["ProgressFile"]

KIND = "progress file"


class ProgressFile:
    """The learner's progress, shared by every window and server of one home.

    Each change is read, made and written under a lock, so that two windows never undo each other.

    Parameters
    ----------
    path : Path
        The file `progress.json`; it need not exist.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> tuple[Progress, list[ErrorMessage]]:
        """Return the progress, and what had to be set aside to get it.

        Raises
        ------
        SchemaVersionError
            If a newer workbench wrote the file; it is left as it is.
        StorageError
            If the file cannot be read.
        """
        try:
            return read_model(self._path, Progress, kind=KIND), []
        except FileMissingError:
            return Progress(), []
        except FileBrokenError:
            with locked(self._path):
                progress, notice = read_or_set_aside(self._path, Progress, kind=KIND)
            return progress or Progress(), [_starts_again(notice)] if notice else []

    def opened(self, lesson: str) -> None:
        """Note that a lesson was opened; a new one becomes started."""

        def change(progress: LessonProgress) -> LessonProgress:
            state: LessonState = "started" if progress.state == "new" else progress.state
            return progress.model_copy(
                update={"state": state, "opened_at": progress.opened_at or _now()}
            )

        self._change(lesson, change)

    def update(self, update: ProgressUpdate, exercises: tuple[str, ...]) -> None:
        """Apply what a window reports; a lesson whose exercises all pass is done.

        Parameters
        ----------
        update : ProgressUpdate
            A new state, an attempt at an exercise, or both.
        exercises : tuple of str
            The exercises that the lesson has.
        """

        def change(progress: LessonProgress) -> LessonProgress:
            attempts = dict(progress.exercises)
            state = progress.state
            if (report := update.exercise) is not None:
                before = attempts.get(report.exercise, ExerciseProgress())
                # Once passed, a later try does not take it away.
                passed = report.passed or before.state == "passed"
                attempts[report.exercise] = ExerciseProgress(
                    state="passed" if passed else "failed",
                    attempts=before.attempts + 1,
                    hint=None if report.passed else report.message,
                )
                all_passed = bool(exercises) and all(
                    name in attempts and attempts[name].state == "passed" for name in exercises
                )
                state = "done" if all_passed else "started" if state == "new" else state
            if update.state is not None:
                state = update.state
            done_at = (progress.done_at or _now()) if state == "done" else None
            return progress.model_copy(
                update={"state": state, "exercises": attempts, "done_at": done_at}
            )

        # Marking a lesson from the panel does not make it the one to continue with.
        self._change(update.lesson, change, is_at_work=update.exercise is not None)

    def reset(self, lesson: str) -> None:
        """Forget the attempts of a lesson whose working copy is reset."""
        self._change(
            lesson,
            lambda progress: LessonProgress(
                state="started", opened_at=progress.opened_at or _now()
            ),
        )

    def _change(
        self,
        lesson: str,
        change: Callable[[LessonProgress], LessonProgress],
        *,
        is_at_work: bool = True,
    ) -> None:
        with locked(self._path):
            stored, _notice = read_or_set_aside(self._path, Progress, kind=KIND)
            progress = stored or Progress()
            lessons = dict(progress.lessons)
            lessons[lesson] = change(lessons.get(lesson, LessonProgress()))
            last = lesson if is_at_work else progress.last_lesson
            changed = progress.model_copy(update={"lessons": lessons, "last_lesson": last})
            write_model(self._path, changed)


def _starts_again(notice: ErrorMessage) -> ErrorMessage:
    return notice.model_copy(update={"message": f"{notice.message} Progress starts again."})


def _now() -> datetime:
    return datetime.now(timezone.utc)
