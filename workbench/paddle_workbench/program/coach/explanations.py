"""Explains errors, graph breaks and traps: the rule, the line, and a proven repair."""

from __future__ import annotations

import linecache
import math
import random
import re
import time
import warnings
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from ...contract import Text
from ..model.capture import Explanation
from ..model.structure import SourceLine
from ..tracing.bytecode import Simulation, simulate
from ..tracing.library_code import package_of
from ..tracing.loops import sound_loops
from .failure import Failure, kind_of
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

_MESSAGE_LENGTH = 600
# These give different numbers in every run.
_RANDOM = frozenset({"break-python-random", "frozen-random"})


def explain_error(
    error: BaseException,
    functions: Iterable[Callable[..., Any]],
    *,
    run_eagerly: Callable[[], BaseException | None] = lambda: None,
) -> tuple[Explanation, ...]:
    """Explain why tracing failed.

    Parameters
    ----------
    error : BaseException
        Paddle's exception.
    functions : iterable of callables
        The learner's functions that take part.
    run_eagerly : callable
        Runs them eagerly and returns the error that they raise, if any. Called only if no rule
        explains the error.
    """
    functions = list(functions)
    failure = Failure.of(error, functions)
    message, line = failure.message, failure.line
    kind = kind_of(failure)
    traps = explain_sources(functions)
    if kind is not None:
        others = (trap for trap in traps if trap.kind != kind)
        return (_explanation(RULES[kind], line, message), *others)
    if failure.happens_in(run_eagerly()):
        return (_explanation(RULES["error-in-code"], line, message), *traps)
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


def explain_sources(
    functions: Iterable[Callable[..., Any]], *, is_traced: bool = False
) -> tuple[Explanation, ...]:
    """Explain the silent traps in the source.

    Parameters
    ----------
    functions : iterable of callables
    is_traced : bool
        Whether they have been traced. What a branch of an installed package leaves undefined was
        then not needed.
    """
    return tuple(
        _explanation(RULES[kind], line, "")
        for kind, line in traps_in(functions)
        if not (is_traced and kind == "undefined-in-branch" and package_of(line.file))
    )


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
        repair=_repair(rule.repair, line),
        proven=is_proven(rule.kind),
        example=rule.repaired,
        message=_shortened(message),
    )


def _repair(repair: Text, line: SourceLine | None) -> Text:
    """Return a repair that the learner can make: they do not change the code of a library."""
    package = package_of(line.file) if line is not None else None
    if package is None:
        return repair
    name = package.stem
    return Text(
        zh=f"这一行属于 {name} 库。换一组参数，避开这条路径；或者只捕捉网络里用得到的那个子层；"
        f"或者在自己的子类里改写这个 forward：{repair.zh}",
        en=f"This line belongs to the library {name}. Pass other arguments, so that it is not "
        "reached, capture only the sub-layer you need, or override this forward in a subclass of "
        f"your own: {repair.en}",
    )


def _unknown(line: SourceLine | None, message: str) -> Explanation:
    return Explanation(
        kind="unknown",
        rule=Text(
            zh="飞桨在这里停下了，原因不在已知的规则之内；它自己的话见 message。",
            en="Paddle stopped here for a reason that no rule covers; see its message.",
        ),
        line=line,
        repair=_repair(
            Text(
                zh="从函数里一行一行地去掉代码，直到能转换为止；最后去掉的那一行就是原因。",
                en="Remove lines one by one until the function converts; the last one is the "
                "reason.",
            ),
            line,
        ),
        message=_shortened(message),
    )


def _shortened(message: str) -> str:
    """Return a long message without its middle: its line is at the start, its reason at the end."""
    if len(message) <= _MESSAGE_LENGTH:
        return message
    third = _MESSAGE_LENGTH // 3
    return f"{message[:third]} … {message[-2 * third :]}"


def _same(one: SourceLine, other: SourceLine) -> bool:
    return (one.file, one.line) == (other.file, other.line)
