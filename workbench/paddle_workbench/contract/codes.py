"""The part of the contract about codes: the pages of findings and errors."""

from __future__ import annotations

from .model import Language, Model

__all__ = ["CodePage"]


class CodePage(Model):
    """The page of a code, in one language."""

    code: str
    title: str
    language: Language
    markdown: str
