"""Sweeps: the combinations of values with which a notebook runs."""

from __future__ import annotations

import math
import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...contract import Parameter
from ...errors import ParameterError
from .given import parse_values, require_parameter
from .secrets import is_secret, secret_value

__all__ = ["LIMIT", "combinations", "parse_axes", "require_no_secret"]

LIMIT = 10_000
"""The maximum number of runs of a sweep."""

_NUMBER = r"[+-]?(?:\d[\d_]*(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?"
_RANGE = re.compile(rf"({_NUMBER})\.\.({_NUMBER})(:log)?")
_EXAMPLE = "Write --sweep NAME=V1,V2, for example lr=0.1,0.01, or a range: lr=1e-4..1e-1:log"
# More combinations cannot be counted by `len`.
_MANY = 2**62


@dataclass(frozen=True, slots=True)
class _Axis:
    """The values of one parameter: a sequence, or a range from which they are drawn.

    Parameters
    ----------
    values : sequence or None
        None if there are infinitely many.
    draw : callable
        Returns a random value.
    is_range : bool
    """

    values: Sequence[Any] | None
    draw: Callable[[random.Random], Any]
    is_range: bool


def combinations(
    parameters: Sequence[Parameter],
    axes: Mapping[str, str],
    *,
    samples: int | None = None,
    seed: int = 0,
) -> list[dict[str, Any]]:
    """Return the combinations of values of the parameters to sweep; one empty one without axes.

    Parameters
    ----------
    parameters : sequence of Parameter
        The parameters that the notebook declares.
    axes : mapping
        The values by the name of their parameter, separated by commas; a comma inside brackets
        does not separate. `A..B` is a range for `samples`: of whole numbers with both ends, or of
        numbers rounded to six digits. `A..B:log` is uniform in the logarithm.
    samples : int, optional
        How many combinations are drawn at random, each at most once if there are finitely many.
        By default, and if there are not more, it is every combination.
    seed : int
        The seed of the draw.

    Raises
    ------
    ParameterError
        If a value is not allowed or empty, a range comes without `samples`, a parameter is a
        secret, or there are more than 10,000 combinations.
    """
    parsed = {name: _axis(parameters, name, texts) for name, texts in axes.items()}
    if samples is not None and not parsed:
        raise ParameterError("There are samples to draw, but no sweep.", _EXAMPLE)
    if samples is not None and not 1 <= samples <= LIMIT:
        raise ParameterError(f"{samples} samples are not from 1 to {LIMIT:,}.", "Draw fewer.")
    for name, axis in parsed.items():
        if axis.is_range and samples is None:
            raise ParameterError(
                f"{name}={axes[name]} is a range, from which samples are drawn.",
                "Add --samples N, or list the values, separated by commas.",
            )
    rng = random.Random(seed)  # noqa: S311 - not for cryptography
    grid = {name: axis.values for name, axis in parsed.items() if axis.values is not None}
    if len(grid) < len(parsed):
        assert samples is not None  # noqa: S101 - only a range has no grid
        return [
            {name: axis.draw(rng) for name, axis in parsed.items()} for _number in range(samples)
        ]
    size = math.prod(len(values) for values in grid.values())
    if samples is not None and samples < size:
        return [_combination(grid, index) for index in _indices(rng, size, samples)]
    if size > LIMIT:
        raise ParameterError(
            f"The sweep has {size:,} combinations; {LIMIT:,} is the limit.",
            "Use fewer values, or --samples N for some at random.",
        )
    return [_combination(grid, index) for index in range(size)]


def parse_axes(texts: Sequence[str]) -> dict[str, str]:
    """Return the values of each axis, by the name of its parameter, from `NAME=VALUES`.

    Raises
    ------
    ParameterError
        If a text has another form, or two have the same name.
    """
    axes: dict[str, str] = {}
    for text in texts:
        name, equals, values = text.partition("=")
        if not equals:
            raise ParameterError(f"--sweep {text!r:.80} has no values.", _EXAMPLE)
        if name in axes:
            raise ParameterError(
                f"{name} is swept twice.", f"Put all its values in one: --sweep {name}=V1,V2"
            )
        axes[name] = values
    return axes


def require_no_secret(
    parameters: Sequence[Parameter], name: str, values: Sequence[Any], hint: str
) -> None:
    """Require that a parameter can be swept: the values of a sweep are recorded.

    Raises
    ------
    ParameterError
        If it is a secret, or one of the values is.
    """
    declared = next((one.secret for one in parameters if one.name == name), is_secret(name))
    if declared or any(secret_value(name, value) for value in values):
        raise ParameterError(f"{name} is a secret, and the values of a sweep are recorded.", hint)


def _axis(parameters: Sequence[Parameter], name: str, texts: str) -> _Axis:
    parameter = require_parameter(parameters, name)
    require_no_secret(parameters, name, [], f"Set it with -p {name}.")
    parts = [part.strip() for part in _split(texts)]
    if "" in parts:
        raise ParameterError(f"The sweep {name}={texts!s:.80} has an empty value.", _EXAMPLE)
    if parameter is None or (parameter.type in ("int", "float", "none") and not parameter.choices):
        for part in parts:
            match = _RANGE.fullmatch(part)
            if match is None:
                continue
            if len(parts) > 1:
                raise ParameterError(
                    f"{name}={texts!s:.80} has values and a range.", "Use either of them."
                )
            return _range(parameters, name, *match.groups())
    values = [parse_values(parameters, {name: part})[name] for part in parts]
    require_no_secret(parameters, name, values, f"Set it with -p {name}.")
    return _Axis(values, lambda rng: rng.choice(values), is_range=False)


def _range(
    parameters: Sequence[Parameter], name: str, low: str, high: str, log: str | None
) -> _Axis:
    start, end = (parse_values(parameters, {name: text})[name] for text in (low, high))
    if not start < end < math.inf or (log and start <= 0):
        reason = "does not end above its start"
        if math.isinf(end):
            reason = "does not end"
        elif start < end:
            reason = "starts at or below 0"
        raise ParameterError(f"The range {name}={low}..{high}{log or ''} {reason}.", _EXAMPLE)
    is_whole = isinstance(start, int) and isinstance(end, int)
    if is_whole and not log:
        whole = range(start, end + 1)
        return _Axis(whole, lambda rng: rng.randint(start, end), is_range=True)

    def draw(rng: random.Random) -> float:
        if log:
            value = math.exp(rng.uniform(math.log(start), math.log(end)))
        else:
            value = rng.uniform(start, end)
        # The logarithm and the rounding may leave the range.
        rounded = min(max(round(value) if is_whole else float(f"{value:.6g}"), start), end)
        return int(rounded) if is_whole else float(rounded)

    return _Axis(None, draw, is_range=True)


def _indices(rng: random.Random, size: int, count: int) -> list[int]:
    """Return different numbers below `size`, in ascending order."""
    if size < _MANY:
        return sorted(rng.sample(range(size), count))
    indices: set[int] = set()
    while len(indices) < count:
        indices.add(rng.randrange(size))
    return sorted(indices)


def _combination(grid: Mapping[str, Sequence[Any]], index: int) -> dict[str, Any]:
    """Return a combination by its number; the last parameter changes fastest."""
    values: dict[str, Any] = {}
    for name, sequence in reversed(list(grid.items())):
        index, position = divmod(index, len(sequence))
        values[name] = sequence[position]
    return {name: values[name] for name in grid}


def _split(texts: str) -> list[str]:
    """Split at the commas outside of brackets."""
    parts, depth, quote = [""], 0, ""
    for character in texts:
        if character == "," and depth == 0:
            parts.append("")
            continue
        parts[-1] += character
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'" and depth:
            quote = character
        else:
            depth = max(0, depth + (character in "[{(") - (character in "]})"))
    return parts
