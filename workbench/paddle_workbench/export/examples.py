"""Raw examples in a bundle: texts or pictures, to try a network on."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import BundleError, clause_of
from ..reading import parse_json, read_bytes

__all__ = ["MAX_EXAMPLES", "Example", "data_url", "read_examples", "write_examples"]

MAX_EXAMPLES = 12
FOLDER = "examples"
TEXTS = "texts.json"
MAX_TEXTS_BYTES = 16 * 1024**2

Example = str | NDArray[np.uint8]


def write_examples(values: Sequence[Any], bundle: Path) -> None:
    """Write the first examples into a new bundle: texts, or pictures as PNG; arrays are left out.

    Parameters
    ----------
    values : sequence
        Raw inputs that the preprocessing of the bundle takes.
    bundle : Path
    """
    values = list(values[:MAX_EXAMPLES])
    folder = bundle / FOLDER
    if all(isinstance(value, str) for value in values):
        folder.mkdir()
        content = json.dumps(values, ensure_ascii=False)
        (folder / TEXTS).write_text(content, encoding="utf-8")
    elif all(_is_picture(value) for value in values):
        from PIL import Image

        folder.mkdir()
        for number, value in enumerate(values, 1):
            Image.fromarray(value).save(folder / f"{number:02d}.png")


def read_examples(bundle: Path) -> list[Example]:
    """Return the examples of a bundle: texts, or pictures as uint8 arrays (height, width, 3).

    Raises
    ------
    BundleError
        If a file does not contain what its name says.
    """
    path = bundle / FOLDER / TEXTS
    if path.exists():
        content = read_bytes(path, kind="list of examples", limit_bytes=MAX_TEXTS_BYTES)
        texts = parse_json(content, path, kind="list of examples")
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
            raise BundleError(
                f"{path} is not a JSON list of texts.", "Make the bundle again.", code="PW-X307"
            )
        return list(texts)
    return [_read_picture(each) for each in sorted((bundle / FOLDER).glob("*.png"))]


def _read_picture(path: Path) -> NDArray[np.uint8]:
    from PIL import Image

    try:
        with Image.open(path, formats=("PNG",)) as picture:
            return np.asarray(picture.convert("RGB"))
    # Pillow raises a SyntaxError for some broken PNG files.
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        message = f"{path} is not a picture: {clause_of(error)}."
        raise BundleError(message, "Make the bundle again.", code="PW-X307") from error


def data_url(picture: NDArray[np.uint8]) -> str:
    """Return a picture as the data URL of a PNG file."""
    from PIL import Image

    content = io.BytesIO()
    Image.fromarray(picture).save(content, "PNG")
    return f"data:image/png;base64,{base64.b64encode(content.getvalue()).decode()}"


def _is_picture(value: object) -> bool:
    return (
        isinstance(value, np.ndarray)
        and value.dtype == np.uint8
        and value.ndim == 3
        and value.shape[2] == 3
    )
