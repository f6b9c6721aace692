"""What is done to an input before the program, and to its outputs after: steps as data.

A step is a model of `contract.bundle`: a name with parameters, never code. The same functions serve
the eager network, every target, and a server.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..contract import (
    CharacterIds,
    CleanText,
    CtcDecode,
    Normalize,
    Postprocessing,
    Preprocessing,
    Resize,
    TopLabels,
)
from ..errors import BundleError
from ..reading import parse_json, read_bytes

__all__ = ["Prediction", "postprocess", "preprocess", "read_vocabulary", "vocabulary_file"]

Array = NDArray[Any]
MAX_VOCABULARY_BYTES = 64 * 1024**2


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a bundle makes of one input.

    Parameters
    ----------
    label : str
        The best label, or the recognised text.
    score : float
        Its probability; for a text the mean over its characters.
    scores : dict of str to float
        The best labels with their probabilities; empty for a text.
    """

    label: str
    score: float
    scores: dict[str, float]


def preprocess(
    values: Sequence[Any], steps: Sequence[Preprocessing], folder: Path
) -> tuple[Array, ...]:
    """Return the input arrays of a program for a batch of raw inputs.

    Parameters
    ----------
    values : sequence
        Texts, or pictures as uint8 arrays (height, width, 3) in RGB; without steps, one array for
        each input of the program.
    steps : sequence of Preprocessing
    folder : Path
        The bundle, which contains the files that the steps name.

    Raises
    ------
    BundleError
        If a value is not what the first step takes.
    """
    if not steps:
        return tuple(np.asarray(value) for value in values)
    if not values:
        raise BundleError(
            "There is nothing to predict: the list is empty.", "Pass one input.", code="PW-X504"
        )
    batch: Any = list(values)
    for step in steps:
        batch = _STEPS[type(step)](batch, step, folder)
    return (np.asarray(batch),)


def postprocess(
    outputs: Sequence[Array], steps: Sequence[Postprocessing], labels: Sequence[str]
) -> list[Any]:
    """Return for each row of a batch the result of the task; without steps, the output arrays.

    Parameters
    ----------
    outputs : sequence of arrays, each (batch, …)
    steps : sequence of Postprocessing
    labels : sequence of str
        Labels, or the characters of a recogniser.
    """
    if not steps:
        return list(outputs)
    results: list[Any] = []
    for step in steps:
        if isinstance(step, TopLabels):
            results = _top_labels(outputs[0], step, labels)
        else:
            results = _decoded(outputs[0], step, labels)
    return results


def _clean_texts(batch: list[Any], _step: Any, _folder: Path) -> list[str]:
    from ..text.vocabulary import clean

    return [clean(text) for text in _texts(batch)]


def _character_ids(batch: list[Any], step: CharacterIds, folder: Path) -> Array:
    path = folder / step.vocabulary
    numbers = _vocabulary(path, path.stat().st_mtime_ns)
    ids = np.full((len(batch), step.length), step.padding, dtype=np.int64)
    for row, text in zip(ids, _texts(batch), strict=True):
        known = [numbers.get(character, step.unknown) for character in text[: step.length]]
        row[: len(known)] = known
    return ids


def _resized(batch: list[Any], step: Resize, _folder: Path) -> Array:
    from PIL import Image

    pictures = []
    for picture in _pictures(batch):
        height, width = picture.shape[:2]
        new_width = step.width or max(1, round(width * step.height / height))
        image = Image.fromarray(picture).resize((new_width, step.height), Image.Resampling.BILINEAR)
        pictures.append(np.asarray(image))
    widest = max(picture.shape[1] for picture in pictures)
    out = np.zeros((len(pictures), step.height, widest, 3), np.uint8)
    for row, picture in zip(out, pictures, strict=True):
        row[:, : picture.shape[1]] = picture
    return out


def _normalized(batch: Any, step: Normalize, _folder: Path) -> Array:
    pictures = batch if isinstance(batch, np.ndarray) else np.stack(_pictures(batch))
    if step.channels == "BGR":
        pictures = pictures[..., ::-1]
    scaled = pictures.astype(np.float32) / np.float32(255)
    mean = np.array(step.mean, np.float32)
    deviation = np.array(step.deviation, np.float32)
    return np.ascontiguousarray(((scaled - mean) / deviation).transpose(0, 3, 1, 2))


_STEPS: dict[type, Callable[[Any, Any, Path], Any]] = {
    CleanText: _clean_texts,
    CharacterIds: _character_ids,
    Resize: _resized,
    Normalize: _normalized,
}


def _texts(batch: Sequence[Any]) -> list[str]:
    for value in batch:
        if not isinstance(value, str):
            raise BundleError(
                f"This bundle takes texts, got {type(value).__name__}: {value!r:.80}.",
                'Pass a text: bundle.predict("房间很干净").',
                code="PW-X504",
            )
        if not value.strip():
            raise BundleError(
                f"The text {value!r} is empty.", "Pass a text with characters.", code="PW-X504"
            )
    return list(batch)


def _pictures(batch: Sequence[Any]) -> list[Array]:
    pictures = []
    for value in batch:
        picture = np.asarray(value)
        if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3:
            raise BundleError(
                "This bundle takes pictures as uint8 arrays (height, width, 3), got "
                f"{picture.dtype} {picture.shape}.",
                'Convert it: numpy.asarray(PIL.Image.open(path).convert("RGB")).',
                code="PW-X504",
            )
        if not picture.size:
            raise BundleError(
                f"The picture is empty: {picture.shape}.",
                "Pass a picture with pixels.",
                code="PW-X504",
            )
        pictures.append(picture)
    return pictures


@lru_cache(maxsize=16)
def _vocabulary(path: Path, _changed_ns: int) -> dict[str, int]:
    return {character: number for number, character in enumerate(read_vocabulary(path))}


def read_vocabulary(path: Path) -> list[str]:
    """Return the characters of a vocabulary file, in the order of their numbers.

    Raises
    ------
    BundleError
        If it is not a JSON list of texts.
    """
    content = read_bytes(path, kind="vocabulary", limit_bytes=MAX_VOCABULARY_BYTES)
    characters = parse_json(content, path, kind="vocabulary")
    if not isinstance(characters, list) or not all(isinstance(each, str) for each in characters):
        raise BundleError(
            f"{path} is not a JSON list of texts.", "Make the bundle again.", code="PW-X307"
        )
    return characters


def vocabulary_file(characters: Sequence[str]) -> str:
    """Return the content of a vocabulary file."""
    return json.dumps(list(characters), ensure_ascii=False)


def _top_labels(scores: Array, step: TopLabels, labels: Sequence[str]) -> list[Prediction]:
    if scores.ndim != 2 or scores.shape[1] != len(labels):
        raise BundleError(
            f"The program returns {scores.shape}, and the bundle has {len(labels)} labels.",
            "Make the bundle again with one label for each output.",
            code="PW-X405",
        )
    probabilities = _softmax(scores) if step.softmax else scores
    predictions = []
    for row in probabilities:
        best = np.argsort(-row, kind="stable")[: step.count]
        predictions.append(
            Prediction(
                labels[best[0]], float(row[best[0]]), {labels[i]: float(row[i]) for i in best}
            )
        )
    return predictions


def _decoded(scores: Array, step: CtcDecode, characters: Sequence[str]) -> list[Prediction]:
    if scores.ndim != 3 or scores.shape[2] != len(characters) + 1:
        raise BundleError(
            f"The program returns {scores.shape}, and the bundle has {len(characters)} characters.",
            "Make the bundle again with all characters of the network; the blank is not one.",
            code="PW-X405",
        )
    predictions = []
    for row in scores:
        best = row.argmax(axis=1)
        keep = (best != step.blank) & np.concatenate([[True], best[1:] != best[:-1]])
        kinds = best[keep] - (best[keep] > step.blank)
        sizes = row[keep, best[keep]]
        text = "".join(characters[kind] for kind in kinds)
        predictions.append(Prediction(text, float(sizes.mean()) if len(sizes) else 0.0, {}))
    return predictions


def _softmax(scores: Array) -> Array:
    shifted = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True))
