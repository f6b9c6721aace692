"""Explains errors, graph breaks and traps: the rule, the line, and a proven repair."""

from __future__ import annotations

import linecache
import math
import random
import re
import time
import traceback
import warnings
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any

from ...contract import Text
from ..model.capture import Explanation
from ..model.structure import SourceLine
from ..tracing.bytecode import Simulation, simulate
from ..tracing.loops import sound_loops
from .rules.breaks import BREAKS
from .rules.errors import ERRORS
from .rules.loops import LOOPS
from .rules.rule import Rule
from .rules.traps import TRAPS
from .traps import traps_in

__all__ = [
    "RULES", "explain_breaks", "explain_error", "explain_loops", "explain_sources", "function_of",
    "is_proven",
]  # fmt: skip

RULES: dict[str, Rule] = {rule.kind: rule for rule in (*BREAKS, *ERRORS, *TRAPS, *LOOPS)}

_FRAME = re.compile(r'File "(?P<file>[^"]+)", line (?P<line>\d+)(?:, in (?P<function>\S+))?')
_MESSAGE_LENGTH = 600
# These give different numbers in every run.
_RANDOM = frozenset({"break-python-random", "frozen-random"})


def explain_error(
    error: BaseException, functions: Iterable[Callable[..., Any]]
) -> tuple[Explanation, ...]:
    """Explain why tracing failed.

    Parameters
    ----------
    error : BaseException
        Paddle's exception.
    functions : iterable of callables
        The learner's functions that take part.
    """
    functions = list(functions)
    names = [type(link).__name__ for link in _chain(error)]
    message = f"{', '.join(dict.fromkeys(names))}: {error}"
    line = _line_of(error, {function.__code__.co_filename for function in functions})
    rule = next((rule for rule in ERRORS if re.search(rule.pattern, message)), None)
    traps = explain_sources(functions)
    if rule is not None:
        return (_explanation(rule, line, message), *traps)
    # For an unknown error, a trap on the same line is the most likely reason.
    candidates = [
        trap for trap in traps if line is None or trap.line is None or _same(trap.line, line)
    ]
    return traps if candidates else (_unknown(line, message), *traps)


def explain_breaks(simulation: Simulation) -> tuple[Explanation, ...]:
    """Explain every graph break, and every graph that is too small for SOT."""
    reports = [
        (stop.reason, stop.line, f"{stop.kind}: {stop.reason}") for stop in simulation.breaks
    ]
    if simulation.error is not None:
        message = str(simulation.error).strip()
        name = type(simulation.error).__name__
        reports.append((message, None, f"{name}: {message[-_MESSAGE_LENGTH:]}"))
    explanations = []
    for reason, line, message in reports:
        rule = next((rule for rule in BREAKS if re.search(rule.pattern, reason)), None)
        explanations.append(
            _unknown(line, message) if rule is None else _explanation(rule, line, message)
        )
    if not simulation.breaks and not simulation.subgraphs and simulation.error is None:
        explanations.append(_explanation(RULES["sot-gave-up"], None, ""))
    small_graphs = [graph for graph in simulation.subgraphs if graph.eager]
    explanations += [
        _explanation(
            RULES["small-graph"],
            graph.lines[0] if graph.lines else None,
            f"{graph.name}: {graph.ops} ops",
        )
        for graph in small_graphs
    ]
    return tuple(explanations)


def explain_sources(functions: Iterable[Callable[..., Any]]) -> tuple[Explanation, ...]:
    """Explain the silent traps in the source."""
    return tuple(_explanation(RULES[kind], line, "") for kind, line in traps_in(functions))


def explain_loops(lines: Iterable[SourceLine | None]) -> tuple[Explanation, ...]:
    """Explain the loops for which Paddle may return freed results."""
    rule = RULES["freed-loop-result"]
    return tuple(_explanation(rule, line, "") for line in dict.fromkeys(lines))


def function_of(source: str, name: str) -> Callable[..., Any]:
    """Return the function `f` of an example, with its source where Paddle looks for it."""
    import numpy as np
    import paddle
    import pandas as pd
    from paddle import nn

    file = f"paddle-workbench-example-{name}.py"
    linecache.cache[file] = len(source), None, source.splitlines(keepends=True), file
    names: dict[str, Any] = {
        "__name__": "__paddle_workbench_example__",
        "math": math, "nn": nn, "np": np, "paddle": paddle, "pd": pd,
        "random": random, "time": time,
    }  # fmt: skip
    exec(compile(source, file, "exec"), names)  # noqa: S102 - the source is the rule's own
    function: Callable[..., Any] = names["f"]
    return function


@cache
def is_proven(kind: str) -> bool:
    """Run a rule's repair on this version of Paddle, and return whether it works.

    It works if it can be captured on the rule's route, the rule does not apply again, and the
    result equals the eager one.
    """
    import numpy as np
    import paddle
    from paddle.utils.layers_utils import flatten

    rule = RULES[kind]
    x = paddle.to_tensor([0.5, 1.0, 1.5])
    function = function_of(rule.repaired, f"{kind}-repaired")
    with warnings.catch_warnings(), paddle.no_grad(), sound_loops():
        warnings.simplefilter("ignore")
        try:
            expected = [np.asarray(value) for value in flatten(function(x))]
            result, kinds = _on_route(rule, function, x)
            results = [np.asarray(value) for value in flatten(result)]
        except Exception:  # a repair must not raise anything
            return False
    if kind in kinds or len(results) != len(expected):
        return False
    if kind in _RANDOM:
        return all(one.shape == other.shape for one, other in zip(results, expected, strict=True))
    return all(
        np.allclose(one, other, rtol=1e-5, atol=1e-6)
        for one, other in zip(results, expected, strict=True)
    )


def _on_route(rule: Rule, function: Any, x: Any) -> tuple[Any, set[str]]:
    """Return the result of a repaired function on its route, and the kinds that still apply."""
    import paddle
    from paddle.static import InputSpec

    if rule.route == "sot":
        simulation = simulate(function, [x])
        if simulation.error is not None:
            raise simulation.error
        return simulation.result, {explanation.kind for explanation in explain_breaks(simulation)}
    plain = getattr(function, "forward", function)
    spec = [InputSpec([3], "float32", "x")]
    static = paddle.jit.to_static(plain, input_spec=spec, full_graph=True)
    source = getattr(plain, "__func__", plain)
    return static(x), {kind for kind, _ in traps_in([source])}


def _explanation(rule: Rule, line: SourceLine | None, message: str) -> Explanation:
    return Explanation(
        kind=rule.kind,
        rule=rule.rule,
        line=line,
        repair=rule.repair,
        proven=is_proven(rule.kind),
        example=rule.repaired,
        message=_shortened(message),
    )


def _unknown(line: SourceLine | None, message: str) -> Explanation:
    return Explanation(
        kind="unknown",
        rule=Text(
            zh="飞桨在这里停下了，原因不在已知的规则之内；它自己的话见 message。",
            en="Paddle stopped here for a reason that no rule covers; see its message.",
        ),
        line=line,
        repair=Text(
            zh="从函数里一行一行地去掉代码，直到能转换为止；最后去掉的那一行就是原因。",
            en="Remove lines one by one until the function converts; the last one is the reason.",
        ),
        message=_shortened(message),
    )


def _shortened(message: str) -> str:
    """Return a long message without its middle: its line is at the start, its reason at the end."""
    if len(message) <= _MESSAGE_LENGTH:
        return message
    third = _MESSAGE_LENGTH // 3
    return f"{message[:third]} … {message[-2 * third :]}"


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and its causes."""
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        yield link
        link = link.__cause__ or link.__context__


def _line_of(error: BaseException, own: set[str]) -> SourceLine | None:
    """Return the innermost line in the learner's files that an error names or was raised from."""
    from paddle.jit.dy2static.origin_info import global_origin_info_map

    frames_in_message = [
        (match["file"], int(match["line"]), match["function"] or "")
        for match in _FRAME.finditer(str(error))
    ]
    frames_in_traceback = [
        (frame.filename, frame.lineno or 1, frame.name)
        for frame in traceback.extract_tb(error.__traceback__)
    ]
    for frames in (frames_in_message, frames_in_traceback):
        lines = []
        for file, line, function in frames:
            # In transformed code, use the nearest preceding line that came from the source.
            numbers = [number for name, number in global_origin_info_map if name == file]
            nearest = max((number for number in numbers if number <= line), default=None)
            if nearest is not None:
                file, line = global_origin_info_map[file, nearest].location.line_location
            if file in own:
                lines.append(SourceLine(file, line, function=function))
        if lines:
            return lines[-1]
    return None


def _same(one: SourceLine, other: SourceLine) -> bool:
    return (one.file, one.line) == (other.file, other.line)
