"""The learner's progress: the file `progress.json`."""

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

    Each change is made under a lock, so that two windows never overwrite each other's changes.

    Parameters
    ----------
    path : Path
        The file `progress.json`, which need not exist yet.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> Progress:
        """Return the progress; set a broken file aside, and start again with a notice about it.

        Raises
        ------
        SchemaVersionError
            If a newer version of the workbench wrote the file, which is left unchanged.
        StorageError
            If the file cannot be read.
        """
        try:
            return read_model(self._path, Progress, kind=KIND)
        except FileMissingError:
            return Progress()
        except FileBrokenError:
            with locked(self._path):
                progress = self._read_locked()
                # On disk: the window that reads the broken file first may be closed by then.
                write_model(self._path, progress)
            return progress

    def dismiss(self, message: str) -> None:
        """Remove a notice that the learner has read; nothing happens if there is none."""
        with locked(self._path):
            progress = self._read_locked()
            notices = tuple(each for each in progress.notices if each.message != message)
            if notices != progress.notices:
                write_model(self._path, progress.model_copy(update={"notices": notices}))

    def mark_opened(self, lesson: str) -> None:
        """Record that a lesson was opened; a new lesson becomes started."""

        def change(progress: LessonProgress) -> LessonProgress:
            state: LessonState = "started" if progress.state == "new" else progress.state
            return progress.model_copy(
                update={"state": state, "opened_at": progress.opened_at or _now()}
            )

        self._change(lesson, change)

    def update(self, update: ProgressUpdate, exercises: tuple[str, ...]) -> None:
        """Apply a change that a browser window reports; a lesson is done once all exercises pass.

        Parameters
        ----------
        update : ProgressUpdate
            A new state, an attempt at an exercise, or both.
        exercises : tuple of str
            The names of the lesson's exercises.
        """

        def change(progress: LessonProgress) -> LessonProgress:
            attempts = dict(progress.exercises)
            state = progress.state
            if (report := update.exercise) is not None:
                previous = attempts.get(report.exercise, ExerciseProgress())
                # A passed exercise stays passed.
                has_passed = report.passed or previous.state == "passed"
                attempts[report.exercise] = ExerciseProgress(
                    state="passed" if has_passed else "failed",
                    attempts=previous.attempts + 1,
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

        # Marking a lesson as done in the panel does not make it the one to continue with.
        self._change(update.lesson, change, is_current=update.exercise is not None)

    def reset(self, lesson: str) -> None:
        """Discard the attempts at a lesson whose working copy was reset."""
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
        is_current: bool = True,
    ) -> None:
        with locked(self._path):
            progress = self._read_locked()
            lessons = dict(progress.lessons)
            lessons[lesson] = change(lessons.get(lesson, LessonProgress()))
            last = lesson if is_current else progress.last_lesson
            changes = {"lessons": lessons, "last_lesson": last}
            write_model(self._path, progress.model_copy(update=changes))

    def _read_locked(self) -> Progress:
        progress, notice = read_or_set_aside(self._path, Progress, kind=KIND)
        notices = (_starts_again(notice),) if notice else ()
        return progress or Progress(notices=notices)


def _starts_again(notice: ErrorMessage) -> ErrorMessage:
    return notice.model_copy(update={"message": f"{notice.message} Progress starts again."})


def _now() -> datetime:
    return datetime.now(timezone.utc)
