"""Single lines of text to train a recogniser on, and the file that makes it an official one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...errors import ShapeError
from ...storage import write_whole
from ..models import OcrModel
from ..pictures import Picture
from .camera import Camera, photograph
from .canvas import Canvas
from .texts import TextSource

__all__ = ["LineSet", "describe_recogniser", "generate_lines"]


@dataclass(frozen=True, slots=True, eq=False)
class LineSet:
    """Pictures of lines and their texts.

    Parameters
    ----------
    crops : tuple of ndarray of uint8, (height, width, 3)
    texts : tuple of str, equal length
    """

    crops: tuple[Picture, ...]
    texts: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.texts)

    def __repr__(self) -> str:
        return f"LineSet({len(self)} lines, {sum(map(len, self.texts))} characters)"


def generate_lines(
    count: int,
    seed: int,
    source: TextSource,
    *,
    shortest: int = 2,
    longest: int = 7,
    size: int = 24,
) -> LineSet:
    """Return lines of real text in both fonts, a third of them bold, a little blurred and noisy.

    Parameters
    ----------
    count : int
    seed : int
        The same arguments give the same lines.
    source : TextSource
    shortest, longest : int
        In characters.
    size : int
        Of a character, in pixels; the pictures are a third higher.
    """
    rng = np.random.default_rng(seed)
    crops, texts = [], []
    for _ in range(count):
        text = source.line(rng, shortest=shortest, longest=longest)
        canvas = Canvas((int(size * (len(text) + 0.6)), size * 4 // 3), (255, 255, 255))
        ink = int(rng.integers(0, 90))
        at = size * 0.3 + rng.uniform(-2, 2), canvas.height / 2 + rng.uniform(-1.5, 1.5)
        canvas.write(
            text,
            (float(at[0]), float(at[1])),
            size=size,
            font="serif" if rng.random() < 0.5 else "sans",
            colour=(ink, ink, ink),
            bold=bool(rng.random() < 0.3),
            anchor="lm",
        )
        camera = Camera(
            blur=float(rng.uniform(0.1, 0.8)),
            noise=float(rng.uniform(0, 8)),
            contrast=float(rng.uniform(0.6, 1)),
        )
        picture, _lines = photograph(canvas.picture, (), camera, rng)
        crops.append(picture)
        texts.append(text)
    return LineSet(tuple(crops), tuple(texts))


def describe_recogniser(
    folder: Path, name: str, characters: str, *, height: int, narrowest: int
) -> OcrModel:
    """Write the `inference.yml` that PaddleOCR reads next to a custom recogniser.

    Parameters
    ----------
    folder : Path
        Where `inference.json` and `inference.pdiparams` are.
    name : str
        As results quote it.
    characters : str
        Of the classes 1, 2, …; class 0 is the blank.
    height, narrowest : int
        Of the pictures that the network sees, in pixels.

    Returns
    -------
    OcrModel
        To put in place of the official recogniser.

    Raises
    ------
    ShapeError
        If a character stands twice.
    StorageError
        If the file cannot be written.
    """
    import yaml

    if len(set(characters)) != len(characters):
        raise ShapeError(
            f"Of {len(characters)} characters {len(set(characters))} differ.",
            "Give every class its own character.",
        )
    settings = {
        "Global": {"model_name": name},
        "PreProcess": {
            "transform_ops": [
                {"DecodeImage": {"channel_first": False, "img_mode": "BGR"}},
                {"RecResizeImg": {"image_shape": [3, height, narrowest]}},
            ]
        },
        "PostProcess": {"name": "CTCLabelDecode", "character_dict": list(characters)},
    }
    text = yaml.safe_dump(settings, allow_unicode=True, sort_keys=False)
    write_whole(folder / "inference.yml", text)
    return OcrModel(name, folder, "trained here")
