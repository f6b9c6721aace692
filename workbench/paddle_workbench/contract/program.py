"""The part of the contract about saved programs."""

from __future__ import annotations

from pydantic import Field

from .model import ContentsPath, Model

__all__ = ["ProgramPicture", "ProgramRequest"]


class ProgramRequest(Model):
    """A saved program to show."""

    path: ContentsPath = Field(description="Its path in the contents API.")


class ProgramPicture(Model):
    """A saved program, ready to be displayed."""

    path: str
    format: str = Field(description="`pir`, `pdmodel`, `onnx` or `capture`.")
    version: str
    columns: str = Field(
        description="The program in the format of `program.model.columns`, in base64."
    )
