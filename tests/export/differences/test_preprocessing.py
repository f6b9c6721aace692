"""What another pipeline does to a picture or a text is found from its arrays alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from paddle_workbench.contract import (
    CharacterIds,
    CleanText,
    Normalize,
    Preprocessing,
    Resize,
    TextLine,
)
from paddle_workbench.export.differences.preprocessing import preprocessing_step
from paddle_workbench.export.processing import preprocess
from paddle_workbench.export.vocabulary import vocabulary_file

from ..records import record_with
from .conftest import CHARACTERS, DEVIATION, MEAN

NORMALIZE = Normalize(mean=MEAN, deviation=DEVIATION)
PICTURE_STEPS: tuple[Preprocessing, ...] = (Resize(height=16, width=16), NORMALIZE)
TEXT_STEPS: tuple[Preprocessing, ...] = (
    CleanText(),
    CharacterIds(vocabulary="vocabulary.json", length=8),
)


def kinds(
    sample: Any, steps: Sequence[Preprocessing], folder: Path, deployed: Callable[[Any], Any]
) -> list[str]:
    """Return the causes that are found; the step differs."""
    record = record_with({}, preprocessing=tuple(steps))
    arrays = preprocess([sample], steps, folder)
    step = preprocessing_step(sample, arrays, record, folder, deployed)
    assert not step.is_equal
    return [cause.kind for cause in step.causes]


def resized(
    picture: NDArray[np.uint8], width: int, height: int, method: Any = Image.Resampling.BILINEAR
) -> NDArray[np.float32]:
    small = np.asarray(Image.fromarray(picture).resize((width, height), method))
    scaled = small.astype(np.float32) / 255
    return ((scaled - np.float32(MEAN)) / np.float32(DEVIATION)).transpose(2, 0, 1)


@pytest.mark.parametrize(
    ("deployed", "causes"),
    [
        (lambda x: resized(x, 16, 16)[::-1], ["channel order"]),
        (lambda x: resized(x[..., ::-1], 16, 16), ["channel order"]),
        (lambda x: resized(x, 16, 16) * np.float32(0.5), ["deviation"]),
        (lambda x: resized(x, 16, 16) * np.float32(0.5) + np.float32(1), ["mean", "deviation"]),
        (lambda x: resized(x, 16, 16) * np.float32(DEVIATION)[:, None, None], ["deviation"]),
        (lambda x: resized(x, 16, 16).transpose(1, 2, 0), ["layout"]),
        (lambda x: resized(x[..., ::-1], 16, 16).transpose(1, 2, 0), ["layout", "channel order"]),
        (lambda x: resized(x, 24, 16), ["size"]),
        (lambda x: resized(x, 16, 16, Image.Resampling.NEAREST), ["size"]),
        (lambda x: resized(x, 16, 16, Image.Resampling.BICUBIC)[::-1], ["size", "channel order"]),
        (lambda x: resized(x, 16, 16).astype(np.float64), ["dtype"]),
        (lambda x: np.zeros((1, 3, 16, 16), np.float32), []),
        (lambda x: np.zeros((1, 1, 16, 16), np.float32), ["size"]),
    ],
)
def test_pictures(
    picture: NDArray[np.uint8],
    tmp_path: Path,
    deployed: Callable[[Any], Any],
    causes: list[str],
) -> None:
    assert kinds(picture, PICTURE_STEPS, tmp_path, deployed) == causes


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda x: x[:, ::-1], "The channels are in the order RGB instead of BGR."),
        (lambda x: x / 2 + np.float32(0.5), "The mean is (0, 0, 0) instead of (0.5, 0.5, 0.5)."),
    ],
)
def test_lines_of_text(
    picture: NDArray[np.uint8], tmp_path: Path, change: Callable[[Any], Any], message: str
) -> None:
    line = TextLine(height=16, narrowest=8)
    (array,) = preprocess([picture], [line], tmp_path)
    record = record_with({}, preprocessing=(line,))
    step = preprocessing_step(picture, [array], record, tmp_path, lambda _: change(array))
    assert step.causes[0].message == message


def test_pixels_that_are_not_scaled(picture: NDArray[np.uint8], tmp_path: Path) -> None:
    def deployed(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
        small = Image.fromarray(picture).resize((16, 16), Image.Resampling.BILINEAR)
        pixels = np.asarray(small).astype(np.float32)
        return ((pixels - np.float32(MEAN)) / np.float32(DEVIATION)).transpose(2, 0, 1)

    assert kinds(picture, PICTURE_STEPS, tmp_path, deployed) == ["scale"]


def test_width_that_is_in_proportion(picture: NDArray[np.uint8], tmp_path: Path) -> None:
    steps = (Resize(height=16), NORMALIZE)
    assert kinds(picture, steps, tmp_path, lambda x: resized(x, 40, 16)) == ["size"]


def encoded(text: str, *, length: int = 8, padding: int = 0, shift: int = 0) -> list[int]:
    numbers = {character: number + shift for number, character in enumerate(CHARACTERS)}
    ids = [numbers.get(character, 1 + shift) for character in text][:length]
    return ids + [padding] * (length - len(ids))


@pytest.mark.parametrize(
    ("deployed", "causes"),
    [
        (lambda x: encoded(x.strip(), shift=2), ["vocabulary"]),
        (lambda x: encoded(x.strip(), shift=1, padding=1), ["vocabulary"]),
        (lambda x: encoded(x.strip(), length=3), ["length"]),
        (lambda x: encoded(x.strip(), length=16), ["length"]),
        (lambda x: encoded(x.strip(), padding=7), ["padding"]),
        (lambda x: np.roll(encoded(x.strip()), 3), ["padding"]),
        (encoded, ["cleaning"]),
        (lambda x: [{2: 9, 9: 2}.get(each, each) for each in encoded(x.strip())], ["vocabulary"]),
        (lambda x: np.zeros((1, 2, 3), np.int64), ["shape"]),
    ],
)
def test_texts(tmp_path: Path, deployed: Callable[[str], Any], causes: list[str]) -> None:
    (tmp_path / "vocabulary.json").write_text(vocabulary_file(CHARACTERS), encoding="utf-8")
    sample = " 房间很干净"

    def arrays(text: str) -> NDArray[np.int64]:
        return np.asarray(deployed(text), np.int64)

    assert kinds(sample, TEXT_STEPS, tmp_path, arrays) == causes


def test_numbers_of_a_large_vocabulary_are_compared_exactly(tmp_path: Path) -> None:
    characters = [*CHARACTERS, *map(chr, range(0x4E00, 0x4E00 + 5000))]
    (tmp_path / "vocabulary.json").write_text(vocabulary_file(characters), encoding="utf-8")
    sample = "".join(characters[-8:])  # relative to these numbers, 1 is rounding

    def shifted(text: str) -> NDArray[np.int64]:
        return np.array([[characters.index(character) - 1 for character in text]])

    assert kinds(sample, TEXT_STEPS, tmp_path, shifted) == ["vocabulary"]


def test_function_that_fails_is_the_difference(tmp_path: Path) -> None:
    record = record_with({}, preprocessing=())
    array = np.zeros((1, 2), np.float32)

    def deployed(_sample: Any) -> Any:
        raise KeyError("mean")

    step = preprocessing_step([array], (array,), record, tmp_path, deployed)
    assert not step.is_equal
    assert step.problem == "It fails: KeyError: 'mean'."
