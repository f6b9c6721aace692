"""Values of the parameters of a notebook, by name: given as texts, and as JSON for records."""

from __future__ import annotations

import difflib
import json
import keyword
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ...contract import Parameter, RunRecord
from ...errors import ParameterError
from .secrets import is_secret
from .values import allowed, anything, is_json_number, parse_value, shortened, typed_value

__all__ = [
    "as_json",
    "changed_values",
    "defaults",
    "given_values",
    "parse_values",
    "rejection",
    "require_parameter",
]


def defaults(parameters: Sequence[Parameter]) -> dict[str, Any]:
    """Return the default of every parameter, by name."""
    return {parameter.name: parameter.default for parameter in parameters}


def parse_values(
    parameters: Sequence[Parameter], texts: Mapping[str, str], *, secrets: Collection[str] = ()
) -> dict[str, Any]:
    """Parse the values of parameters, given as texts on the command line.

    Parameters
    ----------
    parameters : sequence of Parameter
        The parameters that the notebook declares. If it declares none, any can be given: a value
        is then JSON, or else a text.
    texts : mapping
        The texts by the name of their parameter, as for `values.parse_value`. A secret of which
        the notebook does not say the type is a text, also if it consists of digits.
    secrets : collection of str
        Parameters that are secrets, whatever their names.

    Raises
    ------
    ParameterError
        If the notebook has no such parameter, or a text is not a value that is allowed.
    """
    values: dict[str, Any] = {}
    for name, text in texts.items():
        parameter = require_parameter(parameters, name)
        try:
            if _is_secret_text(parameter, name in secrets or is_secret(name), text):
                values[name] = text
            else:
                values[name] = anything(text) if parameter is None else parse_value(parameter, text)
        except (ValueError, TypeError, RecursionError):
            raise rejection(parameters, name, text) from None
    return values


def require_parameter(parameters: Sequence[Parameter], name: str) -> Parameter | None:
    """Return the parameter with a name; None if the notebook declares no parameters at all.

    Raises
    ------
    ParameterError
        If the notebook has other parameters, or this is not a name.
    """
    by_name = {parameter.name: parameter for parameter in parameters}
    if name in by_name:
        return by_name[name]
    if parameters:
        matches = difflib.get_close_matches(name, by_name, n=1)
        guess = f" Did you mean {matches[0]}?" if matches else ""
        raise ParameterError(
            f"The notebook has no parameter {shortened(name)}.{guess}", _listing(parameters)
        )
    if not _is_name(name):
        raise ParameterError(f"{shortened(name)} is not a name of Python.", "Choose another one.")
    return None


def rejection(
    parameters: Sequence[Parameter], name: str, shown: str, where: str = ""
) -> ParameterError:
    """Return the error for a value that is not allowed: the parameter, the value, what is allowed.

    Parameters
    ----------
    parameters : sequence of Parameter
        What the notebook declares.
    name : str
    shown : str
        The value as it was written; the value of a secret is left out.
    where : str
        Where it was written, as ` (line 3 of a.yml)`.
    """
    parameter = next((one for one in parameters if one.name == name), None)
    takes = "a value" if parameter is None else allowed(parameter)
    value = "this value" if parameter is not None and parameter.secret else shortened(shown)
    return ParameterError(f"{name} takes {takes}, not {value}{where}.", _listing(parameters))


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
    return value if is_json_number(value) else str(value)


def given_values(parameters: Sequence[Parameter], record: RunRecord) -> dict[str, Any]:
    """Return the values that a run was given, to repeat it: the same, of the declared types.

    What was not given keeps its default, as it did then. Secrets are not recorded, so they are
    missing.

    Parameters
    ----------
    parameters : sequence of Parameter
        The parameters that the notebook declares.
    record : RunRecord
        One of an older version does not say what was given; then it is what differs from the
        defaults.

    Raises
    ------
    ParameterError
        If a recorded name is not a name of Python, or a value is not allowed.
    """
    if record.given is None:
        return changed_values(parameters, record.parameters)
    names = [name for name in record.given if name not in record.secrets]
    recorded = {name: record.parameters[name] for name in names if name in record.parameters}
    return _restored(parameters, recorded)


def changed_values(parameters: Sequence[Parameter], recorded: Mapping[str, Any]) -> dict[str, Any]:
    """Return the recorded values that differ from the defaults, so that these stay as written.

    Parameters
    ----------
    parameters : sequence of Parameter
        The parameters that the notebook declares.
    recorded : mapping
        Values by name, as `as_json` returns them.

    Raises
    ------
    ParameterError
        As for `given_values`.
    """
    # As texts, since 1, 1.0 and True are equal in Python.
    unchanged = {one.name: json.dumps(as_json(one.default)) for one in parameters}
    return _restored(
        parameters,
        {
            name: value
            for name, value in recorded.items()
            if name not in unchanged or unchanged[name] != json.dumps(value)
        },
    )


def _restored(parameters: Sequence[Parameter], recorded: Mapping[str, Any]) -> dict[str, Any]:
    """Return recorded values as the types of their parameters have them."""
    by_name = {parameter.name: parameter for parameter in parameters}
    values: dict[str, Any] = {}
    for name, value in recorded.items():
        if not _is_name(name):
            raise ParameterError(f"The run has a parameter {shortened(name)}, which is not a name.")
        try:
            values[name] = typed_value(by_name[name], value) if name in by_name else value
        except (ValueError, TypeError, RecursionError):
            shown = value if isinstance(value, str) else json.dumps(value)
            raise rejection(parameters, name, shown) from None
    return values


def _is_secret_text(parameter: Parameter | None, secret: bool, text: str) -> bool:  # noqa: FBT001
    """Return whether a text is a secret of which no type is known."""
    has_type = parameter is not None and parameter.type != "none"
    return secret and not has_type and text.strip() != "None"


def _is_name(name: str) -> bool:
    return name.isidentifier() and not keyword.iskeyword(name)


def _label(parameter: Parameter) -> str:
    """Return the type of a parameter as an annotation has it."""
    if parameter.type == "none":
        return "Any"
    return f"{parameter.type} | None" if parameter.optional else parameter.type


def _listing(parameters: Sequence[Parameter]) -> str:
    if not parameters:
        return "It has no parameters. Assign literals in a cell with the tag `parameters`."
    lines = [
        f"  {parameter.name}: {_label(parameter)} = "
        + ("…" if parameter.secret and parameter.default else repr(parameter.default))
        + (f"  # {parameter.help}" if parameter.help else "")
        for parameter in parameters
    ]
    return "Its parameters are:\n" + "\n".join(lines)
