"""The doctor: is this machine ready?"""

from .examination import EXAMINATIONS, Examination, Progress, examine

__all__ = ["EXAMINATIONS", "Examination", "Progress", "examine"]
