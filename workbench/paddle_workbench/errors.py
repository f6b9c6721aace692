"""The exceptions of the workbench.

* WorkbenchError
  * CourseError
    * LessonNotFoundError
    * LessonMetadataError
    * ExerciseNotFoundError
  * StorageError
    * FileMissingError
    * FileBrokenError
  * SchemaVersionError
  * NotebookError
    * ParameterError
  * ProgramError
    * CaptureError
  * BundleError
    * ExportError
  * CodeNotFoundError
  * RunNotFoundError
  * RunActiveError
  * JobNotFoundError
  * ForbiddenPathError
  * EnvironmentBrokenError
  * ClusterError
  * ShapeError
  * BoxError
  * TextError
  * PictureError
    * PictureLimitError
  * AnnotationError
  * DeskError
  * DetectionError
    * TrainingError
  * CompressionError
    * DistillationError
  * ServingError
  * SnapshotLostError
  * WidgetError
"""

from __future__ import annotations

from typing import Any

from .terminal_text import printable

__all__ = [
    "AnnotationError",
    "BoxError",
    "BundleError",
    "CaptureError",
    "ClusterError",
    "CodeNotFoundError",
    "CompressionError",
    "CourseError",
    "DeskError",
    "DetectionError",
    "DistillationError",
    "EnvironmentBrokenError",
    "ExerciseNotFoundError",
    "ExportError",
    "FileBrokenError",
    "FileMissingError",
    "ForbiddenPathError",
    "JobNotFoundError",
    "LessonMetadataError",
    "LessonNotFoundError",
    "NotebookError",
    "ParameterError",
    "PictureError",
    "PictureLimitError",
    "ProgramError",
    "RunActiveError",
    "RunNotFoundError",
    "SchemaVersionError",
    "ServingError",
    "ShapeError",
    "SnapshotLostError",
    "StorageError",
    "TextError",
    "TrainingError",
    "WidgetError",
    "WorkbenchError",
    "clause_of",
]

LONGEST_CLAUSE = 300


class WorkbenchError(Exception):
    """The base of all errors of the workbench: a message and a hint.

    Parameters
    ----------
    message : str
        What happened, including the wrong value.
    hint : str
        What to do next, as an exact command, cell or setting. It may be empty.
    code : str
        Of the page that explains it, such as `PW-X402`; see `workbench explain`. Empty if there
        is none.
    """

    def __init__(self, message: str, hint: str = "", *, code: str = "") -> None:
        # Errors are shown on terminals and in logs, and the wrong value may be anything.
        self.message = printable(message)
        self.hint = printable(hint)
        self.code = code
        super().__init__(self.message)

    @property
    def sentence(self) -> str:
        """The message after its code, if it has one."""
        return f"{self.code} {self.message}" if self.code else self.message

    def __str__(self) -> str:
        return f"{self.sentence}\n{self.hint}" if self.hint else self.sentence


class CourseError(WorkbenchError):
    """The course is invalid."""


class LessonNotFoundError(CourseError):
    """The course has no lesson with this name."""


class LessonMetadataError(CourseError):
    """The `paddle_workbench` metadata of a notebook is missing or invalid."""


class ExerciseNotFoundError(CourseError):
    """The lesson has no exercise with this name."""


class StorageError(WorkbenchError):
    """A file in the workbench home cannot be read or written."""


class FileMissingError(StorageError):
    """A file does not exist."""


class FileBrokenError(StorageError):
    """A file is not a regular file, is too large, or has invalid content."""


class SchemaVersionError(WorkbenchError):
    """A file was written by a newer version of the workbench."""


class NotebookError(WorkbenchError):
    """A notebook cannot be read or run."""


class ParameterError(NotebookError):
    """The name or value of a parameter is not valid for the notebook."""


class ProgramError(WorkbenchError):
    """A saved program or capture cannot be read."""


class CaptureError(ProgramError):
    """A network or function cannot be captured."""


class BundleError(WorkbenchError):
    """A bundle cannot be made, read or used."""

    def __init__(self, message: str, hint: str = "", *, code: str = "PW-X300") -> None:
        super().__init__(message, hint, code=code)


class ExportError(BundleError):
    """A program cannot be exported to a target, or is not equal there.

    Parameters
    ----------
    message, hint : str
    preflight : export.preflight.Preflight
        With all findings.
    code : str
        Of the first of them.
    """

    def __init__(self, message: str, hint: str, preflight: Any, *, code: str = "") -> None:
        super().__init__(message, hint, code=code)
        self.preflight = preflight


class CodeNotFoundError(WorkbenchError):
    """There is no finding or error with this code."""


class RunNotFoundError(WorkbenchError):
    """There is no run with this id."""


class RunActiveError(WorkbenchError):
    """A run is active, and must not be for what was asked."""


class JobNotFoundError(WorkbenchError):
    """There is no job with this id, or it has no result."""


class SnapshotLostError(WorkbenchError):
    """A snapshot of a kernel has ended."""


class ForbiddenPathError(WorkbenchError):
    """A path is not valid, or is outside the folder that it must be in."""


class EnvironmentBrokenError(WorkbenchError):
    """A part of the environment is missing or does not work."""


class ClusterError(WorkbenchError):
    """Ray is not installed, or a cluster cannot be reached or used."""


class ShapeError(WorkbenchError, ValueError):
    """Arrays or sequences have inconsistent sizes."""


class BoxError(WorkbenchError, ValueError):
    """A setting of what is done with boxes is not valid."""


class TextError(WorkbenchError, ValueError):
    """A text is missing, empty, or not a string."""


class PictureError(WorkbenchError, ValueError):
    """A picture or PDF cannot be opened, or exceeds the limits."""


class PictureLimitError(PictureError):
    """A picture or PDF takes more time or memory to open than the limits allow."""


class AnnotationError(WorkbenchError, ValueError):
    """Boxes or classes of pictures are not valid, or cannot be read or written."""


class DeskError(WorkbenchError, ValueError):
    """An edit is not valid for the page on the desk."""


class DetectionError(WorkbenchError, ValueError):
    """A network, its weights, a recipe or a result of detection is not valid."""


class TrainingError(DetectionError):
    """Training cannot go on.

    Parameters
    ----------
    message, hint : str
    batch : detection.batches.Batch, optional
        The one that caused it.
    """

    def __init__(self, message: str, hint: str = "", *, batch: Any = None) -> None:
        super().__init__(message, hint)
        self.batch = batch


class CompressionError(WorkbenchError, ValueError):
    """A network, its data or a setting is not valid for a method of compression."""


class DistillationError(CompressionError):
    """A student cannot be trained further.

    Parameters
    ----------
    message, hint : str
    rows : tuple of int
        The places of the inputs that caused it, in the order in which they were passed.
    """

    def __init__(self, message: str, hint: str = "", *, rows: tuple[int, ...] = ()) -> None:
        super().__init__(message, hint)
        self.rows = rows


class ServingError(WorkbenchError):
    """A bundle cannot be served, or a server does not answer as it should.

    Parameters
    ----------
    message, hint : str
    place : str
        Where in the request, such as `texts[1]`.
    status : int, optional
        Of HTTP, if a server answered.
    """

    def __init__(
        self, message: str, hint: str = "", *, place: str = "", status: int | None = None
    ) -> None:
        super().__init__(message, hint)
        self.place = printable(place)
        self.status = status

    @property
    def sentence(self) -> str:
        """The message after the place, if there is one."""
        return f"{self.place}: {self.message}" if self.place else self.message


class WidgetError(WorkbenchError, TypeError):
    """A widget does not accept a keyword or a value."""


def clause_of(error: BaseException) -> str:
    """Return the first line of an error that says something, without a full stop, for a sentence.

    Paddle's errors go on with hints and places in its code; some start with `In user code:`.
    """
    lines = [line.strip() for line in str(error).splitlines()]
    first = next((line for line in lines if line and line != "In user code:"), "")
    return first[:LONGEST_CLAUSE].rstrip(".。 ") or type(error).__name__
