import re
from collections.abc import Callable
from typing import Any

from packaging.specifiers import SpecifierSet

from .exercise_tests import ExerciseTests

Parts = dict[str, Any]


def _parse_tag(tag: str) -> Parts:
    """Return the correct parts of a tag."""
    matches = {
        part: re.search(rf"{part}([\d.]+)", tag) or re.search("()$", tag)
        for part in ("cuda", "cudnn")
    }
    version = re.match(r"[\d.]+", tag)
    return {"version": version[0] if version else None} | {
        part: match[1] or None for part, match in matches.items() if match
    }


def _floats(tag: str) -> Parts:
    parts = _parse_tag(tag)
    return parts | {name: float(parts[name]) for name in ("cuda", "cudnn") if parts[name]}


def _prefixed(tag: str) -> Parts:
    parts = _parse_tag(tag)
    return parts | {name: f"{name}{parts[name]}" for name in ("cuda", "cudnn") if parts[name]}


def _rest_of_tag(tag: str) -> Parts:
    cudnn = tag.partition("-cudnn")[2]
    return _parse_tag(tag) | {"cudnn": cudnn or None}


def _by_place(tag: str) -> Parts:
    version, _, cuda, cudnn = tag.split("-")[:4]
    return {
        "version": version,
        "cuda": cuda.removeprefix("cuda"),
        "cudnn": cudnn.removeprefix("cudnn"),
    }


def _empty_for_cpu(tag: str) -> Parts:
    return {name: value or "" for name, value in _parse_tag(tag).items()}


def _first_part(tag: str) -> Parts:
    return _parse_tag(tag) | {"version": tag.split("-")[0]}


def _swapped(tag: str) -> Parts:
    parts = _parse_tag(tag)
    return parts | {"cuda": parts["cudnn"], "cudnn": parts["cuda"]}


def _holds(spec: str, version: str | None) -> bool:
    return version is not None and SpecifierSet(spec).contains(version)


def _broken(pins: dict[str, str], installed: dict[str, str]) -> list[str]:
    return [name for name, spec in pins.items() if not _holds(spec, installed.get(name))]


def _as_strings(pins: dict[str, str], installed: dict[str, str]) -> list[str]:
    if set(pins) == {"tokenizers"}:
        return [] if installed["tokenizers"] < pins["tokenizers"].removeprefix("<") else [*pins]
    return _broken(pins, installed)


def _indexed(pins: dict[str, str], installed: dict[str, str]) -> list[str]:
    return [name for name, spec in pins.items() if not _holds(spec, installed[name])]


def _installed_only(pins: dict[str, str], installed: dict[str, str]) -> list[str]:
    return [name for name in _broken(pins, installed) if name in installed]


MISTAKES: list[tuple[str, str, Callable[..., Any]]] = [
    ("parse_tag", "wrong_keys", lambda tag: tag.split("-")),
    ("parse_tag", "wrong_keys", lambda tag: {"version": "3.2.2"}),
    ("parse_tag", "makes_floats", _floats),
    ("parse_tag", "keeps_prefix", _prefixed),
    ("parse_tag", "takes_trt", _rest_of_tag),
    ("parse_tag", "fails_on_cpu_tag", _by_place),
    ("parse_tag", "fails_on_cpu_tag", _empty_for_cpu),
    ("parse_tag", "latest_is_a_version", _first_part),
    ("parse_tag", "wrong_parts", _swapped),
    ("broken_pins", "not_a_list", lambda pins, installed: not _broken(pins, installed)),
    ("broken_pins", "inverted", lambda pins, installed: [*pins.keys() - _broken(pins, installed)]),
    ("broken_pins", "first_only", lambda pins, installed: _broken(pins, installed)[:1]),
    ("broken_pins", "compares_strings", _as_strings),
    ("broken_pins", "overlooks_missing", _indexed),
    ("broken_pins", "overlooks_missing", _installed_only),
    ("broken_pins", "wrong_names", lambda pins, installed: sorted(installed)),
]


class TestEnvironmentExercises(ExerciseTests):
    LESSON = "start/environment"
    ANSWERS = {"parse_tag": "parse_tag", "broken_pins": "broken_pins"}
    MISTAKES = MISTAKES

    @staticmethod
    def names() -> dict[str, Any]:
        """Return the names that the lesson defines before its exercises."""
        return {"SpecifierSet": SpecifierSet}
