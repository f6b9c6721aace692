"""The part of the contract about saved programs."""

from __future__ import annotations

from pydantic import Field

from .model import Model

__all__ = ["ProgramPicture", "ProgramRequest"]


class ProgramRequest(Model):
    """A saved program to show."""

    path: str = Field(description="As the contents API names it.")


class ProgramPicture(Model):
    """A saved program, ready to be drawn."""

    path: str
    format: str = Field(description="pir, pdmodel, onnx or capture.")
    version: str
    columns: str = Field(description="What `program.model.columns` writes, in base64.")
