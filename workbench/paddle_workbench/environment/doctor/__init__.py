"""The doctor: is this machine ready?"""

from .examination import CHECKS, Check, Progress, examine

__all__ = ["CHECKS", "Check", "Progress", "examine"]
