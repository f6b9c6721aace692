"""Vocabularies of a bundle: JSON lists of texts, in the order of their numbers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from ..errors import BundleError
from ..reading import parse_json, read_bytes

__all__ = ["is_text", "read_character_ids", "read_vocabulary", "vocabulary_file"]

MAX_VOCABULARY_BYTES = 64 * 1024**2


def read_character_ids(path: Path) -> dict[str, int]:
    """Return the characters of a vocabulary file with their numbers.

    Raises
    ------
    BundleError
        If the bundle lacks the file, or it is not a JSON list of texts.
    """
    if path.parent.is_dir() and not path.is_file():
        raise BundleError(
            f"A step names the vocabulary {path.name!r}, and the bundle has no such file.",
            f'Pass its characters to Bundle.create: files={{"{path.name}": [...]}}',
            code="PW-X408",
        )
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
    """Return the content of a vocabulary file.

    Raises
    ------
    BundleError
        If it is not a list of texts, in the order of their numbers.
    """
    if isinstance(characters, str | bytes | set | frozenset | Mapping) or not isinstance(
        characters, Iterable
    ):
        raise BundleError(
            f"A vocabulary is a list of texts, in the order of their numbers; this one is a "
            f"{type(characters).__name__}.",
            "Make a list of it: of a dict of numbers, sorted(numbers, key=numbers.get).",
            code="PW-X408",
        )
    characters = list(characters)
    for each in characters:
        if not isinstance(each, str) or not is_text(each):
            raise BundleError(
                f"A vocabulary is a list of texts; this one contains {each!r:.80}.",
                "Leave it out, or make a text of it.",
                code="PW-X408",
            )
    return json.dumps(characters, ensure_ascii=False)


def is_text(text: str) -> bool:
    """Return whether a text can be written to a file: half a surrogate pair cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
