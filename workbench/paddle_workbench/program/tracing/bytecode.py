"""What SOT makes of a function: sub-graphs, the breaks between them with line and reason, guards.

SOT simulates bytecode while the function runs, so it needs values. It does not publish what it
finds; hooks record it during one call, and SOT's caches are restored afterwards.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ..model.capture import GraphBreak, Guard, SubGraph
from ..model.structure import SourceLine
from .library_code import package_of

__all__ = ["Simulation", "simulate"]

MAX_TEXT = 20_000
"""Longest text of a sub-graph, in characters."""

# SOT names the code after a break `$resume_1@forward_1a2b`, where `forward` is the learner's name.
_RESUME_PREFIX = "$resume_"
# Breaks that only repeat a break in a called function.
_INHERITED = frozenset({"BreakGraphInlineCallBreak", "OtherInlineCallBreak"})


@dataclass(slots=True)
class Simulation:
    """What SOT did during one call.

    Parameters
    ----------
    result : object
        What the function returned; None if it raised.
    error : BaseException or None
        What it raised.
    subgraphs, breaks, guards : lists
    """

    result: Any = None
    error: BaseException | None = None
    subgraphs: list[SubGraph] = field(default_factory=list)
    breaks: list[GraphBreak] = field(default_factory=list)
    guards: list[Guard] = field(default_factory=list)


def simulate(function: Callable[..., Any], arguments: Sequence[Any]) -> Simulation:
    """Call a function once under SOT and record what SOT does.

    Graphs of any size are recorded; those below Paddle's minimum are marked, because Paddle would
    run them eagerly.
    """
    import paddle
    from paddle.jit.sot.opcode_translator.executor import executor_cache
    from paddle.jit.sot.utils.envs import ENV_MIN_GRAPH_SIZE
    from paddle.utils.environments import EnvironmentVariableGuard

    simulation = Simulation()
    minimum = int(ENV_MIN_GRAPH_SIZE.get())
    caches: Any = executor_cache.OpcodeExecutorCache
    cache = caches()
    with ExitStack() as stack:
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        stack.enter_context(_own_cache(cache))
        stack.enter_context(EnvironmentVariableGuard(ENV_MIN_GRAPH_SIZE, 0))
        stack.enter_context(_listening(simulation, minimum, _home(function)))
        stack.enter_context(paddle.no_grad())
        static = paddle.jit.to_static(function, full_graph=False)
        try:
            simulation.result = static(*arguments)
        except Exception as error:
            simulation.error = error
        simulation.guards += _guards(cache)
    return simulation


@contextmanager
def _own_cache(cache: Any) -> Iterator[None]:
    """Clear SOT's caches, and restore them afterwards."""
    state = {
        name: type(value)(value)
        for name, value in cache.dump_state().items()
        if name != "translate_count"
    }
    count = cache.translate_count
    cache.clear()
    try:
        yield
    finally:
        cache.clear()
        cache.load_state({**state, "translate_count": count})


def _home(function: Any) -> Path | None:
    """Return the folder of the package that contains a function; None for the learner's own."""
    plain = inspect.unwrap(getattr(function, "__func__", function))
    code = getattr(plain, "__code__", None)
    return package_of(code.co_filename) if code is not None else None


@contextmanager
def _listening(simulation: Simulation, minimum: int, home: Path | None) -> Iterator[None]:
    from paddle.jit.sot.opcode_translator.executor.opcode_executor import OpcodeExecutor
    from paddle.jit.sot.symbolic.compile_cache import FallbackWrapper
    from paddle.jit.sot.symbolic.statement_ir import StatementIR
    from paddle.jit.sot.utils.exceptions import FallbackError
    from paddle.jit.sot.utils.info_collector import BreakGraphReasonInfo

    lines: dict[int, SourceLine] = {}
    noted_statements: list[Any] = []  # held, so that no id() is used twice

    def note(reason: str, kind: str) -> None:
        line = _where()
        if line is not None and package_of(line.file) not in (None, home):
            return  # inside print or similar: the learner's own line is recorded as well
        if line is not None and not line.certain and simulation.breaks:
            # Code after a break has no line numbers until it leaves the line of the break.
            previous = simulation.breaks[-1].line
            line = replace(previous, certain=False) if previous is not None else line
        places = {(stop.kind, stop.line) for stop in simulation.breaks}
        if kind not in _INHERITED and (kind, line) not in places:
            simulation.breaks.append(GraphBreak(reason=reason, line=line, kind=kind))

    def on_reason(reason: Any) -> None:
        note(str(reason), type(reason).__name__)

    def on_if(self: Any, result: Any, instruction: Any) -> Any:
        note(
            f"A branch depends on the value of a tensor ({instruction.opname}).",
            "DataDependencyControlFlowBreak",
        )
        return original_if(self, result, instruction)

    def on_loop(self: Any, *arguments: Any, **options: Any) -> Any:
        note("A loop runs over something that is unknown before it runs.", "ForLoopBreak")
        return original_loop(self, *arguments, **options)

    def on_fallback(self: Any, message: Any, *arguments: Any, **options: Any) -> None:
        note(str(message), "Fallback")
        original_fallback(self, message, *arguments, **options)

    def on_statement(self: Any, statement: Any) -> None:
        line = _where()
        if line is not None:
            lines[id(statement)] = line
            noted_statements.append(statement)
        original_statement(self, statement)

    def on_graph(self: Any, program: Any) -> None:
        graph_lines = [lines[id(item)] for item in self.SIR.statements if id(item) in lines]
        size = int(self.graph_size())
        new = SubGraph(
            name=str(self.SIR.name),
            ops=size,
            text=str(program)[:MAX_TEXT],
            lines=tuple(dict.fromkeys(graph_lines)),
            eager=size < minimum,
        )
        if new not in simulation.subgraphs:
            simulation.subgraphs.append(new)

    executor: Any = OpcodeExecutor
    wrapper: Any = FallbackWrapper
    statements: Any = StatementIR
    fallback: Any = FallbackError
    reasons: Any = BreakGraphReasonInfo
    original_if = executor._break_graph_when_if
    original_loop = executor._break_graph_when_for_loop
    original_fallback = fallback.__init__
    original_statement = statements.add_statement
    replacements = [
        (reasons, "collect_break_graph_reason", staticmethod(on_reason)),
        (executor, "_break_graph_when_if", on_if),
        (executor, "_break_graph_when_for_loop", on_loop),
        (fallback, "__init__", on_fallback),
        (statements, "add_statement", on_statement),
        (wrapper, "collect_subgraph_info", on_graph),
    ]
    originals = [(owner, name, owner.__dict__[name]) for owner, name, _ in replacements]
    for owner, name, new in replacements:
        setattr(owner, name, new)
    try:
        yield
    finally:
        for owner, name, old in originals:
            setattr(owner, name, old)


def _where() -> SourceLine | None:
    """Return the line that SOT is simulating, in the innermost function."""
    from paddle.jit.sot.opcode_translator.executor.opcode_executor import OpcodeExecutorBase

    executors: Any = OpcodeExecutorBase.call_stack
    for executor in reversed(executors):
        line = executor._current_line
        if isinstance(line, int) and line > 0:
            code = executor.vframe.code
            resumed = code.co_name.startswith(_RESUME_PREFIX) and line == code.co_firstlineno
            return SourceLine(code.co_filename, line, not resumed, _plain(code.co_name))
    return None


def _guards(cache: Any) -> Iterator[Guard]:
    for code, (guarded, *_) in cache.cache.items():
        for _custom, guard in guarded:
            text = getattr(guard, "inlined_expr", "") if guard is not None else ""
            expressions = text.removeprefix("lambda frame: ").split(" and ")
            for expression in dict.fromkeys(expressions):
                if expression not in ("", "True"):
                    yield Guard(
                        expression=expression,
                        function=_plain(code.co_name),
                        line=SourceLine(code.co_filename, code.co_firstlineno),
                    )


def _plain(name: str) -> str:
    """Return the learner's name for a part of a function: `$resume_1@forward_1a2b` is `forward`."""
    if not name.startswith(_RESUME_PREFIX):
        return name
    return name.rpartition("@")[2].rpartition("_")[0]
