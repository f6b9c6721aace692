"""The inputs of a load: texts of a file, pictures of a folder, or samples of a bundle."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ...errors import ServingError, StorageError
from ...export.bundle_folder import BundleFolder
from ...export.samples import SAMPLES, read_samples

__all__ = ["inputs_from"]

SUFFIXES = frozenset({".png", ".jpg", ".jpeg"})


def inputs_from(
    *, texts: Path | None = None, pictures: Path | None = None, samples: Path | None = None
) -> list[Any]:
    """Return inputs for `run_load`, from one of the places.

    Parameters
    ----------
    texts : Path, optional
        A file in UTF-8 with one text a line.
    pictures : Path, optional
        A folder with PNG and JPEG files.
    samples : Path, optional
        A bundle, whose samples are the tensors that its program takes.

    Raises
    ------
    ServingError
        If not exactly one place is given, or nothing is there.
    StorageError
        If it cannot be read.
    BundleError
        If it is not a bundle.
    """
    places = [each for each in (texts, pictures, samples) if each is not None]
    if len(places) != 1:
        raise ServingError(
            f"The load needs one place to take its inputs from, and got {len(places)}: a server "
            "does not say what its models expect.",
            "Pass --texts FILE, --pictures FOLDER, or --samples BUNDLE.",
        )
    try:
        if texts is not None:
            inputs: list[Any] = [
                line for line in texts.read_text(encoding="utf-8").splitlines() if line.strip()
            ]
        elif pictures is not None:
            inputs = sorted(path for path in pictures.iterdir() if path.suffix.lower() in SUFFIXES)
        else:
            inputs = _samples(places[0])
    except UnicodeDecodeError as error:
        raise StorageError(
            f"{texts} is not UTF-8: byte {error.start} is {error.object[error.start]:#04x}.",
            "Convert it: iconv -f GB18030 -t UTF-8",
        ) from error
    except OSError as error:
        raise StorageError(
            f"{places[0]} cannot be read: {error.strerror}.", "Check the path."
        ) from error
    if not inputs:
        raise ServingError(
            f"{places[0]} has no inputs.",
            "Use a file with one text a line, a folder with PNG or JPEG files, or a bundle.",
        )
    return inputs


def _samples(path: Path) -> list[Any]:
    bundle = BundleFolder(path)
    names = [each.name for each in bundle.record.inputs]
    return [
        dict(zip(names, sample.inputs, strict=True))
        for sample in read_samples(bundle.folder / SAMPLES, bundle.record.samples)
        if sample.outputs is not None and not sample.is_edge_case
    ]
