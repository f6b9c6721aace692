"""Pictures with lines of text for tests of the desk, and a recogniser that knows the lines."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from paddle_workbench.environment.bundled import bundled_file
from paddle_workbench.ocr.results import PageResult, TextLine

TEXTS = ("正品促销", "大桶装 更划算", "强力去污", "符合国标", "日常价¥10.0起", "惊喜福利")
CONFIDENCES = (0.99, 0.72, 0.95, 0.41, 0.88, 0.97)
SIZE = (420, 320)


def picture(texts: tuple[str, ...] = TEXTS, size: tuple[int, int] = SIZE) -> NDArray[np.uint8]:
    """Draw lines of text, 28 pixels high, at intervals of 48 pixels."""
    image = Image.new("RGB", size, "white")
    font = ImageFont.truetype(str(bundled_file("chinese_font")), 28)
    draw = ImageDraw.Draw(image)
    for at, text in enumerate(texts):
        draw.text((20, 12 + 48 * at), text, "black", font)
    return np.asarray(image)


def result(texts: tuple[str, ...] = TEXTS, size: tuple[int, int] = SIZE) -> PageResult:
    """Return the recognition result for `picture`."""
    lines = tuple(
        TextLine(
            np.array([[18, y], [300, y], [300, y + 36], [18, y + 36]], np.float32),
            text,
            CONFIDENCES[at % len(CONFIDENCES)],
        )
        for at, text in enumerate(texts)
        for y in [10 + 48 * at]
    )
    return PageResult(size, lines, ("det", "rec"))


def read_page(pixels: NDArray[np.uint8]) -> PageResult:
    return result(size=(pixels.shape[1], pixels.shape[0]))


def read_crop(crop: NDArray[np.uint8]) -> tuple[str, float]:
    return f"{crop.shape[1]}x{crop.shape[0]}", 0.5


def save_picture(path: Path, texts: tuple[str, ...] = TEXTS, size: tuple[int, int] = SIZE) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture(texts, size)).save(path)
    return path
