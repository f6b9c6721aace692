"""Parameters in a YAML file: names and values, of the types that the notebook declares."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...contract import Parameter
from ...errors import ParameterError, StorageError
from ...reading import expanded, read_text, yaml_loader
from .given import rejection, require_parameter
from .values import shortened, typed_value

if TYPE_CHECKING:
    import yaml

__all__ = ["read_parameter_file"]

MAX_BYTES = 1024 * 1024
MAX_NODES = 100_000
_EXAMPLE = "Write one parameter a line, for example `lr: 0.01`."


def read_parameter_file(path: str | Path, parameters: Sequence[Parameter]) -> dict[str, Any]:
    """Return the values in a YAML file, by the names of parameters.

    Parameters
    ----------
    path : str or Path
        A file of one mapping. Dates and times stay texts, and a number that YAML reads as a text,
        such as 1e-3, is a number where the parameter is one.
    parameters : sequence of Parameter
        The parameters that the notebook declares. If it declares none, any can be given.

    Raises
    ------
    ParameterError
        If the file cannot be read or is not a mapping, an alias contains itself or the aliases
        expand to more than 100,000 values, a name is unknown or occurs twice, or a value is not
        allowed.
    """
    file = expanded(path)
    try:
        text = read_text(file, kind="parameter file", limit_bytes=MAX_BYTES, hint=_EXAMPLE)
    except StorageError as error:
        raise ParameterError(error.message, error.hint) from error
    # Imported here because it is slow to import, and few runs have such a file.
    import yaml

    try:
        loader = yaml_loader(text, dates=False)
        node = loader.get_single_node()
        if node is None:
            return {}
        if not isinstance(node, yaml.MappingNode):
            raise ParameterError(f"{file} has no names of parameters.", _EXAMPLE)
        _require_small(node, file)
        _require_unique(node, file)
        loader.flatten_mapping(node)
        return _values(loader, node, file, parameters)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or "it contains special characters"
        raise ParameterError(f"{_place(file, mark)} is not YAML: {problem}.", _EXAMPLE) from error
    except (RecursionError, ValueError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise ParameterError(f"{file} cannot be read: {reason}.", _EXAMPLE) from error


def _values(
    loader: yaml.SafeLoader, node: yaml.MappingNode, file: Path, parameters: Sequence[Parameter]
) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for key, value_node in node.value:
        place = _place(file, key.start_mark)
        name = _name(key)
        try:
            parameter = require_parameter(parameters, name)
        except ParameterError as error:
            raise ParameterError(f"{place}: {error.message}", error.hint) from None
        value = loader.construct_object(value_node, deep=True)
        try:
            values[name] = typed_value(parameter or _anything(name), value)
        except (ValueError, TypeError, RecursionError):
            text = value_node.value if isinstance(value_node.value, str) else None
            shown = str(value) if text is None else text
            rejected = rejection(parameters, name, shown, f" ({place})")
            if text is not None and parameter is not None and _is_public_text(parameter):
                hint = f"Write it in quotes: {name}: '{text:.80}'"
                rejected = ParameterError(rejected.message, hint)
            raise rejected from None
    return values


def _is_public_text(parameter: Parameter) -> bool:
    return parameter.type == "str" and not parameter.secret and not parameter.choices


def _anything(name: str) -> Parameter:
    return Parameter(name=name, type="none", default=None)


def _name(key: yaml.Node) -> str:
    return key.value if isinstance(key.value, str) else "?"


def _require_unique(node: yaml.MappingNode, file: Path) -> None:
    """Reject a name that occurs twice; what a merge brings along may occur again.

    Raises
    ------
    ParameterError
    """
    names: set[str] = set()
    for key, _value in node.value:
        name = _name(key)
        if name in names:
            place = _place(file, key.start_mark)
            raise ParameterError(f"{place}: {shortened(name)} is set twice.", "Set it once.")
        names.add(name)


def _require_small(root: yaml.Node, file: Path) -> None:
    """Reject a tree whose aliases expand to too much.

    Raises
    ------
    ParameterError
    """
    count = 0
    pending = [root]
    while pending:
        node = pending.pop()
        count += 1
        if count > MAX_NODES:
            raise ParameterError(
                f"{file} has more than {MAX_NODES:,} values.", "Use fewer aliases."
            )
        if isinstance(node.value, list):
            for item in node.value:
                pending += item if isinstance(item, tuple) else (item,)


def _place(file: Path, mark: yaml.Mark | None) -> str:
    return str(file) if mark is None else f"{file}, line {mark.line + 1}"
