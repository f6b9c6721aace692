"""What all replicas of an application serve."""

from __future__ import annotations

import hashlib
from pathlib import Path

from pydantic import Field

from ...contract import Model
from ...contract.serving import ModelSettings
from ...export.bundle_files import pack
from ...export.bundle_folder import BundleFolder
from ...reading import expanded
from ...scratch import ScratchFolder

__all__ = ["Edition", "Outcome", "PackedBundle", "PlacedBundle", "pack_bundle"]


class PlacedBundle(Model):
    """A bundle that each replica serves, and how."""

    name: str
    version: str
    digest: str
    """SHA-256 of its zip file, by which the shelf finds it."""
    path: str
    """Where it was taken from."""
    target: str = "inference"
    threads: int = Field(1, ge=1)
    """Of each predictor."""
    settings: ModelSettings = ModelSettings()
    measures_batch: bool = False
    """Whether each replica finds its batch, instead of that of the settings."""

    @property
    def running(self) -> tuple[str, ...]:
        """What cannot change while its workers run."""
        return (self.name, self.version, self.digest, self.target, str(self.threads))


class Edition(Model):
    """The bundles of an application at a time; each change makes the next edition."""

    number: int = 0
    bundles: tuple[PlacedBundle, ...] = ()


class Outcome(Model):
    """What became of a change; an error does not travel between processes as an exception."""

    error: str = ""
    hint: str = ""


class PackedBundle(Model):
    """A whole and unchanged bundle as one zip file; the same bundle always gives the same."""

    name: str
    version: str
    digest: str
    content: bytes = Field(repr=False)


def pack_bundle(path: str | Path) -> PackedBundle:
    """Return a bundle as one zip file.

    Raises
    ------
    BundleError
        If it is not a whole and unchanged bundle.
    StorageError
        If there is no space for the file.
    """
    with ScratchFolder("pack") as folder:
        opened = BundleFolder(expanded(path))
        pack(opened.folder, opened.record, folder / "bundle.zip")
        content = (folder / "bundle.zip").read_bytes()
    return PackedBundle(
        name=opened.record.name,
        version=opened.record.version,
        digest=hashlib.sha256(content).hexdigest(),
        content=content,
    )
