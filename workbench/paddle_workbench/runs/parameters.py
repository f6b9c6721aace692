"""Values of the parameters of a notebook: parsed from the command line, and as JSON for records."""

from __future__ import annotations

import difflib
import itertools
import json
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..contract import Parameter
from ..errors import ParameterError

__all__ = ["as_json", "changed_values", "defaults", "parse_sweep", "parse_values"]


def defaults(parameters: Sequence[Parameter]) -> dict[str, Any]:
    """Return the default of every parameter, by name."""
    return {parameter.name: parameter.default for parameter in parameters}


def parse_values(parameters: Sequence[Parameter], texts: Mapping[str, str]) -> dict[str, Any]:
    """Parse the values of parameters, given as texts on the command line.

    Numbers are written as in Python, and as `inf`, `-inf` and `nan`; bools as `true` and `false`;
    lists and dicts as JSON.

    Parameters
    ----------
    parameters : sequence of Parameter
        The parameters that the notebook declares.
    texts : mapping
        The texts by the name of their parameter.

    Raises
    ------
    ParameterError
        If the notebook has no such parameter, or a text is not a value of its type.
    """
    by_name = {parameter.name: parameter for parameter in parameters}
    values: dict[str, Any] = {}
    for name, text in texts.items():
        if name not in by_name:
            matches = difflib.get_close_matches(name, by_name, n=1)
            guess = f" Did you mean {matches[0]}?" if matches else ""
            raise ParameterError(
                f"The notebook has no parameter {name!r}.{guess}", _listing(parameters)
            )
        try:
            values[name] = _parse(by_name[name], text)
        except (ValueError, TypeError, RecursionError) as error:
            raise ParameterError(
                f"{name} takes {_FORMS[by_name[name].type]}, not {_shortened(text)}.",
                _listing(parameters),
            ) from error
    return values


def parse_sweep(parameters: Sequence[Parameter], axes: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return every combination of values of the parameters to sweep.

    Without such parameters it is one empty combination.

    Parameters
    ----------
    parameters : sequence of Parameter
        The parameters that the notebook declares.
    axes : mapping
        The values by the name of their parameter, separated by commas. A comma inside brackets
        does not separate.

    Raises
    ------
    ParameterError
        As for `parse_values`.
    """
    values = {
        name: [parse_values(parameters, {name: text})[name] for text in _split(texts)]
        for name, texts in axes.items()
    }
    return [
        dict(zip(values, combination, strict=True))
        for combination in itertools.product(*values.values())
    ]


def as_json(value: Any) -> Any:
    """Return the value of a parameter as JSON can hold it, for records.

    Numbers without a place in JSON become the texts with which the command line sets them (`inf`,
    `-inf`, `nan`), tuples become lists, and keys become texts.
    """
    if isinstance(value, dict):
        return {str(key): as_json(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(inner) for inner in value]
    if value is None or isinstance(value, str | bool):
        return value
    return value if _is_json_number(value) else str(value)


def changed_values(parameters: Sequence[Parameter], recorded: Mapping[str, Any]) -> dict[str, Any]:
    """Return the recorded values that differ from the defaults, so that these stay as written.

    A default that is a tuple would otherwise become a list, and keys of a dict texts.

    Parameters
    ----------
    parameters : sequence of Parameter
        The parameters that the notebook declares.
    recorded : mapping
        Values by name, as `as_json` returns them.

    Raises
    ------
    ParameterError
        If a recorded name is not a name of Python, or a text is not a number where one is needed.
    """
    by_name = {parameter.name: parameter for parameter in parameters}
    values: dict[str, Any] = {}
    for name, value in recorded.items():
        if not name.isidentifier():
            raise ParameterError(
                f"The run has a parameter {_shortened(name)}, which is not a name."
            )
        parameter = by_name.get(name)
        # As texts, since 1, 1.0 and True are equal in Python.
        if parameter is not None and json.dumps(as_json(parameter.default)) == json.dumps(value):
            continue
        if parameter is not None and parameter.type in ("int", "float") and isinstance(value, str):
            values |= parse_values([parameter], {name: value})
        else:
            values[name] = value
    return values


def _is_json_number(value: Any) -> bool:
    try:
        return isinstance(value, int | float) and math.isfinite(value)
    except OverflowError:  # a whole number that no float can hold
        return False


def _shortened(text: str) -> str:
    return repr(text if len(text) <= 80 else f"{text[:80]}…")


def _split(texts: str) -> list[str]:
    parts, depth = [""], 0
    for character in texts:
        depth += (character in "[{") - (character in "]}")
        if character == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return parts


def _parse(parameter: Parameter, text: str) -> Any:
    if text == "None" and parameter.default is None:
        return None
    return _PARSERS[parameter.type](text.strip() if parameter.type != "str" else text)


def _bool(text: str) -> bool:
    word = text.lower()
    if word not in ("true", "1", "false", "0"):
        raise ValueError(text)
    return word in ("true", "1")


def _json(kind: type) -> Callable[[str], Any]:
    def parse(text: str) -> Any:
        value = json.loads(text, parse_constant=_reject, parse_float=_finite)
        if not isinstance(value, kind):
            raise TypeError(text)
        return value

    return parse


def _anything(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_reject, parse_float=_finite)
    except (ValueError, RecursionError):
        return text


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
    "str": str,
    "list": _json(list),
    "dict": _json(dict),
    "none": _anything,
}
_FORMS = {
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "str": "a text",
    "list": "a list as JSON, for example [1, 2]",
    "dict": 'a dict as JSON, for example {"a": 1}',
    "none": "a value",
}


def _listing(parameters: Sequence[Parameter]) -> str:
    if not parameters:
        return "It has no parameters. Assign literals in a cell with the tag `parameters`."
    lines = [
        f"  {parameter.name}: {parameter.type} = {parameter.default!r}"
        + (f"  # {parameter.help}" if parameter.help else "")
        for parameter in parameters
    ]
    return "Its parameters are:\n" + "\n".join(lines)
