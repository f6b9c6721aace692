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
  * RunNotFoundError
  * JobNotFoundError
  * ForbiddenPathError
  * EnvironmentBrokenError
  * ShapeError
  * TextError
  * PictureError
  * DeskError
  * WidgetError
"""

from __future__ import annotations

__all__ = [
    "CaptureError",
    "CourseError",
    "DeskError",
    "EnvironmentBrokenError",
    "ExerciseNotFoundError",
    "FileBrokenError",
    "FileMissingError",
    "ForbiddenPathError",
    "JobNotFoundError",
    "LessonMetadataError",
    "LessonNotFoundError",
    "NotebookError",
    "ParameterError",
    "PictureError",
    "ProgramError",
    "RunNotFoundError",
    "SchemaVersionError",
    "ShapeError",
    "StorageError",
    "TextError",
    "WidgetError",
    "WorkbenchError",
]


class WorkbenchError(Exception):
    """Something the workbench cannot do, said in one sentence, with what to do about it.

    Parameters
    ----------
    message : str
        What happened, with the value that was wrong.
    hint : str
        What to do next: an exact command, cell or setting. May be empty.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n{self.hint}" if self.hint else self.message


class CourseError(WorkbenchError):
    """The course itself is not as it should be."""


class LessonNotFoundError(CourseError):
    """No lesson of the course has this name."""


class LessonMetadataError(CourseError):
    """A notebook's `paddle_workbench` metadata is missing or wrong."""


class ExerciseNotFoundError(CourseError):
    """The lesson has no exercise of this name."""


class StorageError(WorkbenchError):
    """A file under the workbench home cannot be read or written."""


class FileMissingError(StorageError):
    """There is no file of this name."""


class FileBrokenError(StorageError):
    """A file is not what it should be: not a regular file, too large, or its content is wrong."""


class SchemaVersionError(WorkbenchError):
    """A file was written by a newer version of the workbench."""


class NotebookError(WorkbenchError):
    """A notebook cannot be read."""


class ParameterError(NotebookError):
    """A parameter has a name or a value that the notebook does not take."""


class ProgramError(WorkbenchError):
    """A saved program or capture cannot be read."""


class CaptureError(ProgramError):
    """A network or function cannot be captured."""


class RunNotFoundError(WorkbenchError):
    """No run has this id."""


class JobNotFoundError(WorkbenchError):
    """No job of the server has this id, or it has no result."""


class ForbiddenPathError(WorkbenchError):
    """A path leads out of the folder that it has to be in."""


class EnvironmentBrokenError(WorkbenchError):
    """Something the environment should hold is missing or does not work."""


class ShapeError(WorkbenchError, ValueError):
    """Arrays or sequences whose sizes do not fit together."""


class TextError(WorkbenchError, ValueError):
    """A text that a model cannot take: missing, empty, or not a text."""


class PictureError(WorkbenchError, ValueError):
    """A picture or PDF that cannot be opened, or is beyond the limits."""


class DeskError(WorkbenchError, ValueError):
    """An edit that the page on the desk does not allow."""


class WidgetError(WorkbenchError, TypeError):
    """A keyword or a value that a widget does not take."""
