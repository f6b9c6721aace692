"""One value of a parameter: parsed, converted to its type, and compared with what is allowed.

A record holds values as JSON, which has neither tuples nor infinity. To repeat a run exactly, a
value always takes the form that it has after this: that of the default.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ...contract import Parameter
from .constraints import Range
from .literals import parse_literal

__all__ = ["allowed", "anything", "is_json_number", "parse_value", "shortened", "typed_value"]

_WORDS = {"None": None, "True": True, "False": False}
_TEXTS_OF_NUMBERS = ("inf", "-inf", "nan")
_FORMS = {
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "str": "a text",
    "list": "a list, for example [1, 2]",
    "tuple": "a tuple, for example (1, 2)",
    "dict": 'a dict, for example {"a": 1}',
    "none": "a value",
}


def parse_value(parameter: Parameter, text: str) -> Any:
    """Return the value of a parameter that a text stands for, as on the command line.

    Numbers are written as in Python, and as `inf`, `-inf` and `nan`; bools as `true` and `false`;
    lists, tuples and dicts as JSON or as in Python; None as `None` if it is allowed.

    Raises
    ------
    TypeError, ValueError, RecursionError
        If it does not stand for a value that is allowed.
    """
    if parameter.optional and text.strip() == "None":
        return None
    if parameter.type == "str":
        return typed_value(parameter, text)
    for choice in parameter.choices or []:
        if text.strip() == str(choice):
            return choice
    return typed_value(parameter, _PARSERS[parameter.type](text.strip()))


def typed_value(parameter: Parameter, value: Any) -> Any:
    """Return a value from JSON or YAML as the declared type has it.

    A list becomes a tuple, and a text of a number a number, if the parameter is one.

    Raises
    ------
    TypeError, ValueError, RecursionError
        If it is not allowed.
    """
    if value is None:
        if parameter.optional or parameter.type == "none":
            return None
        raise TypeError("It is None.")
    converted = _CONVERTERS[parameter.type](parameter, value)
    for choice in parameter.choices or []:
        if choice == converted and isinstance(choice, bool) == isinstance(converted, bool):
            return choice
    if parameter.choices:
        raise ValueError("It is not one of the choices.")
    if isinstance(converted, int | float) and not _range(parameter).contains(converted):
        raise ValueError("It is out of range.")
    return converted


def allowed(parameter: Parameter) -> str:
    """Return which values a parameter takes, as a phrase: `a whole number from 1 to 10`."""
    if parameter.choices:
        phrase = f"one of {', '.join(repr(choice) for choice in parameter.choices)}"
    else:
        phrase = " ".join([_FORMS[parameter.type], *_bounds(_range(parameter))])
    return f"{phrase}, or None" if parameter.optional else phrase


def anything(text: str) -> Any:
    """Return the JSON value that a text stands for, or else the text; None, True and False too."""
    if text in _WORDS:
        return _WORDS[text]
    try:
        return json.loads(text, parse_constant=_reject, parse_float=_finite)
    except (ValueError, RecursionError):
        return text


def is_json_number(value: Any) -> bool:
    """Return whether JSON has this number."""
    try:
        return isinstance(value, int | float) and math.isfinite(value)
    except OverflowError:  # a whole number that no float can hold
        return False


def shortened(text: str) -> str:
    """Return the start of a text in quotes, for messages."""
    return repr(text if len(text) <= 80 else f"{text[:80]}…")


def _range(parameter: Parameter) -> Range:
    return Range(
        parameter.minimum, parameter.maximum, parameter.exclusive, parameter.exclusive_maximum
    )


def _bounds(limits: Range) -> list[str]:
    low, high = limits.minimum, limits.maximum
    if low is not None and high is not None and not (limits.exclusive or limits.exclusive_maximum):
        return [f"from {low:.15g} to {high:.15g}"]
    bounds = []
    if low is not None:
        bounds.append(f"{'greater than' if limits.exclusive else 'of at least'} {low:.15g}")
    if high is not None:
        bounds.append(f"{'less than' if limits.exclusive_maximum else 'of at most'} {high:.15g}")
    return [" and ".join(bounds).replace("and of ", "and ")] if bounds else []


def _bool(text: str) -> bool:
    word = text.lower()
    if word not in ("true", "1", "false", "0"):
        raise ValueError(text)
    return word in ("true", "1")


def _container(text: str) -> Any:
    if not text.startswith(("[", "(", "{")):
        raise ValueError("It has no brackets.")
    try:
        return json.loads(text)
    except ValueError:
        return parse_literal(text)


def _reject(constant: str) -> float:
    raise ValueError(f"{constant} is not JSON")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text} is too large")
    return value


_PARSERS: dict[str, Callable[[str], Any]] = {
    "int": int,
    "float": float,
    "bool": _bool,
    "list": _container,
    "tuple": _container,
    "dict": _container,
    "none": anything,
}


def _to_int(_parameter: Parameter, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise TypeError("It is not a whole number.")
    return int(value)


def _to_float(_parameter: Parameter, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise TypeError("It is not a number.")
    try:
        return float(value)
    except OverflowError as error:
        raise ValueError("It is too large.") from error


def _to_bool(_parameter: Parameter, value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError("It is not a bool.")
    return value


def _to_str(_parameter: Parameter, value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("It is not a text.")
    value.encode()  # it may contain bytes of the command line that are not UTF-8
    return value


def _to_list(parameter: Parameter, value: Any) -> Any:
    if not isinstance(value, list | tuple):
        raise TypeError("It is not a list.")
    like = parameter.default if isinstance(parameter.default, list | tuple) else ()
    as_type = tuple if parameter.type == "tuple" else list
    return _shaped(value, as_type(like), _holds_floats(like))


def _to_dict(parameter: Parameter, value: Any) -> Any:
    if not isinstance(value, dict):
        raise TypeError("It is not a dict.")
    return _shaped(value, parameter.default, _holds_floats(parameter.default))


def _to_anything(parameter: Parameter, value: Any) -> Any:
    return _shaped(value, parameter.default, _holds_floats(parameter.default))


_CONVERTERS: dict[str, Callable[[Parameter, Any], Any]] = {
    "int": _to_int,
    "float": _to_float,
    "bool": _to_bool,
    "str": _to_str,
    "list": _to_list,
    "tuple": _to_list,
    "dict": _to_dict,
    "none": _to_anything,
}


def _shaped(value: Any, like: Any, has_floats: bool) -> Any:  # noqa: FBT001 - recursive
    """Return a JSON value with the tuples, the keys and the infinite numbers of another one.

    Raises
    ------
    TypeError, ValueError
        If JSON could not hold it, or it could not be restored from there.
    """
    if isinstance(value, list | tuple):
        parts = _parts(like, len(value))
        items = [_shaped(*pair, has_floats) for pair in zip(value, parts, strict=True)]
        return tuple(items) if isinstance(like, tuple) else items
    if isinstance(value, dict):
        parts = _parts(list(like.values()) if isinstance(like, dict) else None, len(value))
        own = like if isinstance(like, dict) else {}
        keys = [_key(key, own) for key in value]
        return {
            key: _shaped(item, own.get(key, part), has_floats)
            for key, item, part in zip(keys, value.values(), parts, strict=True)
        }
    if has_floats and value in _TEXTS_OF_NUMBERS:
        return float(value)
    if isinstance(value, str):
        value.encode()
        return value
    if not isinstance(value, int | float) and value is not None:
        raise TypeError(f"JSON has no {type(value).__name__}.")
    if value is not None and not is_json_number(value) and not has_floats:
        raise ValueError(f"JSON has no {value}.")
    return value


def _parts(like: Any, count: int) -> Sequence[Any]:
    """Return what each of some values should be like."""
    if not isinstance(like, list | tuple) or not like:
        return [None] * count
    if len(like) == count:
        return like
    return [like[0] if len({type(part) for part in like}) == 1 else None] * count


def _key(key: Any, like: Mapping[Any, Any]) -> Any:
    has_numbers = bool(like) and all(type(own) is int for own in like)
    if has_numbers and type(key) in (int, str):
        return int(key)
    if not isinstance(key, str):
        raise TypeError("JSON has only texts as keys.")
    return key


def _holds_floats(value: Any) -> bool:
    """Return whether a default has numbers with a fraction and no texts, so that `inf` is one."""
    leaves = list(_leaves(value))
    return any(type(leaf) is float for leaf in leaves) and not any(
        isinstance(leaf, str) for leaf in leaves
    )


def _leaves(value: Any) -> Any:
    if isinstance(value, dict | list | tuple):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _leaves(item)
    else:
        yield value
