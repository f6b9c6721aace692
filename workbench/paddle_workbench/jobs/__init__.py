"""Background work of the server: started, followed, cancelled, and kept on disk."""

from .events import EventLog
from .jobs import JobCancelledError, JobControl, Jobs, Work

__all__ = ["EventLog", "JobCancelledError", "JobControl", "Jobs", "Work"]
