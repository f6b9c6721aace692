"""The base of every model of the contract, texts in two languages, and error messages."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

__all__ = [
    "SCHEMA_VERSION",
    "ContentsPath",
    "ErrorMessage",
    "Language",
    "Model",
    "Text",
    "invalid_field",
]

SCHEMA_VERSION = 1

Language = Literal["zh", "en"]
ContentsPath = Annotated[
    str, StringConstraints(min_length=1, max_length=4096, pattern=r"^[^\x00]+$")
]
"""The path of a file in the contents API of the Jupyter server."""


class Model(BaseModel):
    """The base of every model: immutable, and without unknown fields."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def invalid_field(error: ValidationError) -> str:
    """Return what is wrong with the first invalid field, as a clause without a full stop."""
    first = error.errors(include_url=False)[0]
    field = ".".join(str(part) for part in first["loc"])
    if not field:
        return "it is not a JSON object"
    if first["type"] == "missing":
        return f"field {field!r} is missing"
    if first["type"] == "extra_forbidden":
        return f"field {field!r} is unknown"
    reason = first["msg"][:1].lower() + first["msg"][1:]
    return f"field {field!r} is {first['input']!r:.80} ({reason})"


class Text(Model):
    """A text in both languages of the course."""

    zh: str
    en: str

    def in_language(self, language: Language) -> str:
        """Return the text in one of the languages."""
        return self.zh if language == "zh" else self.en


class ErrorMessage(Model):
    """The body of every failed request."""

    message: str
    hint: str = ""
