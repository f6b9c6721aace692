"""Background jobs of the server: start, follow and cancel them, and keep them on disk."""

from .events import EventLog
from .jobs import JobCancelledError, JobControl, Jobs, Work

__all__ = ["EventLog", "JobCancelledError", "JobControl", "Jobs", "Work"]
