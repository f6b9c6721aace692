"""Detectors of other packages, next to our own, on the same picture.

They find something else: lines of text, the layout of pages, bar codes. So their quality cannot be
compared on shelves, only their cost. The packages are installed into a folder that is removed
again, without their dependencies, of which the environment has those that are needed.
"""

from __future__ import annotations

import logging
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module, invalidate_caches
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from unittest import mock

__all__ = ["peers_for", "with_packages"]

PACKAGES = ("rapid-layout==1.2.1", "arbez==0.2.1")
_INSTALL_S = 300
Call = Callable[[], object]


@contextmanager
def with_packages() -> Iterator[None]:
    """Install the packages for a while, or say why they are skipped."""
    with tempfile.TemporaryDirectory() as folder:
        uv = Path(sys.executable).with_name("uv")
        command = [uv, "pip", "install", "--quiet", "--no-deps", "--python", sys.executable]
        try:
            subprocess.run(
                [*command, "--target", folder, *PACKAGES],
                check=True, capture_output=True, text=True, timeout=_INSTALL_S,
            )  # fmt: skip
        except (OSError, subprocess.SubprocessError) as error:
            output = getattr(error, "stderr", "") or str(error)
            print(f"\n{' and '.join(PACKAGES)} cannot be installed: {output.strip()[:200]}")
            yield
            return
        # At the end: what the environment has comes from there.
        with mock.patch.object(sys, "path", [*sys.path, folder]):
            invalidate_caches()
            yield


def peers_for(picture: Any) -> dict[str, Call]:
    """Return a call for each peer that detects something in a picture, and name those without."""
    calls: dict[str, Call] = {}
    for name, package, load in (
        ("RapidOCR, lines of text", "rapidocr", _rapidocr),
        ("rapid-layout, PicoDet", "rapid_layout", _rapid_layout),
        ("arbez, YOLOX-S, bar codes", "arbez", _arbez),
    ):
        if find_spec(package) is None:
            print(f"{name}: not installed, and skipped.")
        else:
            calls[name] = load(picture)
    return calls


def _rapidocr(picture: Any) -> Call:
    engine = import_module("rapidocr").RapidOCR(params={"Global.log_level": "error"})
    return lambda: engine(picture, use_det=True, use_cls=False, use_rec=False)


def _rapid_layout(picture: Any) -> Call:
    logging.disable(logging.INFO)  # its logger sets its own level when it is used
    try:
        engine = import_module("rapid_layout").RapidLayout()
    finally:
        logging.disable(logging.NOTSET)
    return lambda: engine(picture)


def _arbez(picture: Any) -> Call:
    from PIL import Image

    scanner, image = import_module("arbez").Scanner(engine="arbez"), Image.fromarray(picture)
    return lambda: scanner.scan(image)
