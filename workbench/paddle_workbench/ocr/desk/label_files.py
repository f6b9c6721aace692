"""Read and write, without loss, the files of PPOCRLabel and PaddleOCR's training lists.

A line of `Label.txt`, and of a training list for detection, is the name of a picture, a tab, and
its text lines as JSON: `[{"transcription": "…", "points": [[x, y], …], "difficult": false}]`. A
line of `rec_gt.txt`, and of a training list for recognition, is the name of a crop, a tab, and its
text. A line of `fileState.txt` is the path of a checked picture, a tab, and 1.

References
----------
PFCCLab/PPOCRLabel, `PPOCRLabel.py` (`savePPlabel`, `saveFilestate`, `saveRecResult`);
PaddleOCR's documents "Text Detection" and "Text Recognition", on data preparation.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Generic, TypeAlias, TypeVar

from ...errors import StorageError
from ...reading import read_bytes
from ...storage import write_whole

__all__ = [
    "IGNORED",
    "FileStates",
    "LabelFile",
    "LabelledLine",
    "LabelledPage",
    "Problem",
    "RecognitionList",
    "Record",
]

MAX_BYTES: Final = 256 * 1024 * 1024
"""Larger files are rejected."""

# PaddleOCR excludes lines with these texts from the loss of its detection.
IGNORED: Final = ("*", "###")

_HALF: Final = re.compile(r"[\ud800-\udfff]")

# Surrogates represent bytes that are not UTF-8, so that they can be written back unchanged.
_CODING: Final = ("utf-8", "surrogateescape")

Point: TypeAlias = tuple[float, float]
# Pixels; no picture has points further away.
FARTHEST: Final = 1e6
_KEYS: Final = ("transcription", "points", "difficult")
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class LabelledLine:
    """A line of text in a picture, as in `Label.txt`.

    Parameters
    ----------
    transcription : str
    points : tuple of (x, y), at least three
        In pixels of the upright picture. Whole numbers stay whole.
    difficult : bool
        Whether the line is omitted from `rec_gt.txt`.
    more : mapping
        Other keys, such as `key_cls`, which are written back.
    """

    transcription: str
    points: tuple[Point, ...]
    difficult: bool = False
    more: Mapping[str, Any] = field(default_factory=dict)


LabelledPage: TypeAlias = tuple[LabelledLine, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a line of a file cannot be parsed. The line itself is kept.

    Parameters
    ----------
    line : int
        Line number, from 1.
    message : str
        One sentence.
    """

    line: int
    message: str


@dataclass(frozen=True, slots=True)
class Record(Generic[Value]):
    """A line of a file.

    Parameters
    ----------
    name : str
        The part before the tab; empty if the line cannot be parsed.
    value
        The parsed value; None if the line cannot be parsed.
    source : str or None
        The line as it is in the file, including the line break; None if it was changed.
    """

    name: str
    value: Value | None
    source: str | None = None


class _UnreadableError(ValueError):
    """A line cannot be parsed."""


class _Lines(Generic[Value]):
    """A file that is edited line by line; unchanged lines are written back byte for byte."""

    def __init__(self, records: Iterable[Record[Value]] = ()) -> None:
        self.records: list[Record[Value]] = list(records)
        self.problems: list[Problem] = []
        self._places = self._index()

    @classmethod
    def load(cls, path: Path) -> Any:
        """Read a file. Lines that cannot be parsed are kept, and listed in `problems`.

        Raises
        ------
        StorageError
            If the file cannot be read.
        """
        return cls.parse(read_bytes(path, kind="label file", limit_bytes=MAX_BYTES))

    @classmethod
    def parse(cls, content: bytes) -> Any:
        """Parse the content of a file, as `load` does."""
        file = cls()
        # Only \n ends a line: texts may contain other characters that str.splitlines splits at.
        for number, source in enumerate(content.decode(*_CODING).split("\n"), 1):
            file._read(number, source)
        last = file.records.pop()
        if last.source != "\n":
            file.records.append(replace(last, source=(last.source or "").removesuffix("\n")))
        return file

    def __len__(self) -> int:
        """Return the number of entries; a duplicate name counts once."""
        return len(self.values())

    def values(self) -> dict[str, Value]:
        """Return the values by name. If a name occurs several times, the last value counts."""
        return {each.name: each.value for each in self.records if each.value is not None}

    def put(self, name: str, value: Value) -> None:
        """Set the value of a name. A new name is appended."""
        _check_name(name)
        at = self._places.get(name)
        if at is None:
            self._places[name] = len(self.records)
            self.records.append(Record(name, value))
        elif self.records[at].value != value:
            self.records[at] = Record(name, value)

    def remove(self, names: Collection[str]) -> None:
        """Remove entries by name; missing names are ignored."""
        self.records = [
            each for each in self.records if each.value is None or each.name not in names
        ]
        self._places = self._index()

    def dump(self) -> bytes:
        """Return the content of the file, in which unchanged lines are as they were read."""
        lines = []
        for each in self.records:
            if each.source is None:
                assert each.value is not None  # noqa: S101 - only lines with a source have none
                lines.append(f"{each.name}\t{self._dump(each.value)}\n")
            else:
                lines.append(each.source)
        ends = [*(line if line.endswith("\n") else f"{line}\n" for line in lines[:-1]), *lines[-1:]]
        return "".join(ends).encode(*_CODING)

    def save(self, path: Path) -> None:
        """Write the file atomically.

        Raises
        ------
        StorageError
            If the file cannot be written. The old file is unchanged.
        """
        write_whole(path, self.dump())

    def _index(self) -> dict[str, int]:
        return {each.name: at for at, each in enumerate(self.records) if each.value is not None}

    def _read(self, number: int, source: str) -> None:
        line = source.removesuffix("\r").removeprefix("﻿" if number == 1 else "")
        record: Record[Value] = Record("", None, f"{source}\n")
        if line.strip():
            try:
                name, value = self._parse(line)
            except _UnreadableError as error:
                self.problems.append(Problem(number, f"Line {number}: {error}"))
            else:
                if name in self._places:
                    earlier = self._places[name] + 1
                    message = (
                        f"Line {earlier}: {name} occurs again in line {number}, which is used."
                    )
                    self.problems.append(Problem(earlier, message))
                self._places[name] = len(self.records)
                record = Record(name, value, f"{source}\n")
        self.records.append(record)

    def _parse(self, line: str) -> tuple[str, Value]:
        if _HALF.search(line):
            raise _UnreadableError("it is not valid UTF-8.")
        name, tab, rest = line.partition("\t")
        if not tab:
            raise _UnreadableError(f"there is no tab between name and value: {_shorten(line)}.")
        if not name.strip():
            raise _UnreadableError(f"there is no name before the tab: {_shorten(line)}.")
        return name, self._value(rest)

    def _value(self, text: str) -> Value:
        raise NotImplementedError

    def _dump(self, value: Value) -> str:
        raise NotImplementedError


class LabelFile(_Lines[LabelledPage]):
    """PPOCRLabel's `Label.txt` and `Cache.cach`, and PaddleOCR's training list for detection."""

    def _value(self, text: str) -> LabelledPage:
        try:
            lines = json.loads(text)
            plain = json.dumps(lines, ensure_ascii=False)
        except RecursionError:
            raise _UnreadableError("the value is nested too deeply.") from None
        except ValueError as error:
            raise _UnreadableError(f"the value is not valid JSON ({error}).") from error
        if _HALF.search(plain):
            raise _UnreadableError("a text contains half of a surrogate pair.")
        if not isinstance(lines, list):
            raise _UnreadableError(f"expected a list of lines, got {_shorten(text)}.")
        return tuple(_parse_line(number, line) for number, line in enumerate(lines, 1))

    def _dump(self, value: LabelledPage) -> str:
        return json.dumps([_to_json(line) for line in value], ensure_ascii=False)


class RecognitionList(_Lines[str]):
    """PPOCRLabel's `rec_gt.txt`, and PaddleOCR's training list for recognition."""

    def _value(self, text: str) -> str:
        return text

    def _dump(self, value: str) -> str:
        # A tab or line break would start another field or line.
        return " ".join(value.split()) if any(each in value for each in "\t\r\n") else value


class FileStates(_Lines[int]):
    """PPOCRLabel's `fileState.txt`, the list of checked pictures."""

    def _value(self, text: str) -> int:
        try:
            return int(text)
        except ValueError:
            raise _UnreadableError(
                f"expected a number as the state, got {_shorten(text)}."
            ) from None

    def _dump(self, value: int) -> str:
        return str(value)


def _check_name(name: str) -> None:
    if not name.strip() or any(each in name for each in "\t\r\n") or _HALF.search(name):
        raise StorageError(
            f"{name!r} cannot be used as a name in a label file.",
            "Rename the file so that its name is valid UTF-8 and has no tab or line break.",
        )


def _parse_line(number: int, item: Any) -> LabelledLine:
    if not isinstance(item, dict):
        raise _UnreadableError(f"text {number} is {_shorten(json.dumps(item))}, not an object.")
    for name in _KEYS[:2]:
        if name not in item:
            raise _UnreadableError(f"text {number} has no {name!r}.")
    text, points = item["transcription"], item["points"]
    difficult = item.get("difficult", False)
    if not isinstance(text, str):
        raise _UnreadableError(
            f"the transcription of text {number} is {_shorten(json.dumps(text))}."
        )
    if not isinstance(difficult, bool):
        raise _UnreadableError(
            f"'difficult' of text {number} is {_shorten(json.dumps(difficult))}."
        )
    if not isinstance(points, list) or len(points) < 3 or not all(map(_is_point, points)):
        excerpt = _shorten(json.dumps(points))
        raise _UnreadableError(f"the points of text {number} are not a list of [x, y]: {excerpt}.")
    more = {name: value for name, value in item.items() if name not in _KEYS}
    return LabelledLine(text, tuple((x, y) for x, y in points), difficult, more)


def _is_point(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) == 2
        and all(
            isinstance(each, int | float) and not isinstance(each, bool) and abs(each) <= FARTHEST
            for each in value
        )
    )


def _to_json(line: LabelledLine) -> dict[str, Any]:
    fields = {
        "transcription": line.transcription,
        "points": [list(point) for point in line.points],
        "difficult": line.difficult,
    }
    return fields | dict(line.more)


def _shorten(text: str) -> str:
    return repr(text if len(text) <= 60 else f"{text[:60]}…")
