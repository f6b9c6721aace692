"""The part of the contract about exports in JupyterLab: a bundle as its panel shows it."""

from __future__ import annotations

from pydantic import AwareDatetime, Field

from .bundle import BundleRecord, ExportFinding, Parity, TargetRecord
from .model import SCHEMA_VERSION, ContentsPath, ErrorMessage, Model

__all__ = [
    "BundlePicture",
    "BundleRequest",
    "BundleTarget",
    "ExportReport",
    "ExportRequest",
    "PageShell",
]


class BundleRequest(Model):
    """A bundle to show."""

    path: ContentsPath = Field(
        description="Its folder, its `bundle.json` or its zip file in the contents API."
    )


class BundleTarget(Model):
    """A target, as far as a bundle has got with it."""

    name: str
    title: str
    exported: TargetRecord | None
    program: str = Field(
        description="The file of the bundle that contains its program; empty if there is none "
        "that the workbench can show."
    )


class BundlePicture(Model):
    """A bundle, ready to be displayed."""

    path: str = Field(description="The folder or the zip file in the contents API.")
    is_packed: bool = Field(description="Whether it is a zip file, which is not changed.")
    record: BundleRecord
    problem: ErrorMessage | None = Field(
        description="What is not as the record says; null if every file is unchanged."
    )
    targets: list[BundleTarget]


class ExportRequest(Model):
    """A target to check or to export to."""

    path: ContentsPath = Field(description="The bundle, as in `BundleRequest`.")
    target: str = Field(max_length=100)


class ExportReport(Model):
    """What a preflight or an export found."""

    target: str
    bundle_created_at: AwareDatetime = Field(
        description="Of the bundle; another one at the same path makes the report obsolete."
    )
    is_accepted: bool
    findings: list[ExportFinding] = Field(description="Errors first.")
    parity: Parity | None
    sources: dict[str, str] = Field(
        {}, description="The paths in the contents API of files that findings name."
    )


class PageShell(Model):
    """The page of a bundle without the bundle."""

    schema_version: int = SCHEMA_VERSION
    document: str
    """HTML that asks the window around it for what it does not contain."""
    runtime: str
    """The WebAssembly of ONNX Runtime Web: gzip, then base64."""
