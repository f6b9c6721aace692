"""What every model of the contract is made of, and how a failure is reported."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

__all__ = ["SCHEMA_VERSION", "ErrorMessage", "Language", "Model", "Text", "invalid_field"]

SCHEMA_VERSION = 1

Language = Literal["zh", "en"]


class Model(BaseModel):
    """The base of every model: unknown fields are refused, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def invalid_field(error: ValidationError) -> str:
    """Return what is wrong in the first field that does not fit, as half a sentence."""
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
    """A sentence in both languages of the course."""

    zh: str
    en: str

    def in_language(self, language: Language) -> str:
        """Return the sentence in one of the languages."""
        return self.zh if language == "zh" else self.en


class ErrorMessage(Model):
    """The body of every failed request."""

    message: str
    hint: str = ""
