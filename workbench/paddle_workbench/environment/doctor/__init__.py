"""The doctor: examines whether this machine is ready for the course."""

from .examination import EXAMINATIONS, Examination, Listener, examine

__all__ = ["EXAMINATIONS", "Examination", "Listener", "examine"]
