"""The doctor: is this machine ready?"""

from .examination import EXAMINATIONS, Examination, Listener, examine

__all__ = ["EXAMINATIONS", "Examination", "Listener", "examine"]
