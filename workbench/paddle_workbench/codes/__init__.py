"""Codes of findings and errors, each with a page: its cause, a cell that shows it, its repair."""

from .page import LANGUAGES, Page, all_codes, page
from .registry import CHECK_FAILED, COACH, DOCTOR, ERRORS, code_of_error

__all__ = [
    "CHECK_FAILED",
    "COACH",
    "DOCTOR",
    "ERRORS",
    "LANGUAGES",
    "Page",
    "all_codes",
    "code_of_error",
    "page",
]
