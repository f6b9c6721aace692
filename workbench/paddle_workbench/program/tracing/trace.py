"""One trace of a network or function by AST conversion: its program, and what made each op."""

from __future__ import annotations

import inspect
import re
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any

from ...errors import CaptureError
from ...time_limit import TimeLimitExceeded, time_limit
from ..formats.assembly import Facts, Numbering, assemble
from ..formats.pir_text import read_program
from ..model.capture import Program, SourceLine
from . import loops
from .layer_calls import LayerCall, layer_paths, recorded_calls
from .library_code import Code, is_library, stand_ins
from .lines import with_inferred_lines
from .native_warnings import without_native_warnings
from .repetition import without_repetition
from .structure_text import StructureText, structure_text
from .targets import input_spec_of, known_spec, layer_of, learners_function, mode, plain_function

__all__ = ["Trace", "TracingFailed", "plain_functions", "trace"]

# "  File "<file>", line 3, in forward"
_FRAME = re.compile(r'^\s*File "(?P<file>.*)", line (?P<line>\d+), in (?P<function>.*)$')

TRACE_LIMIT_S = 120.0
"""For some code AST conversion never ends."""

FRAMES_PER_LAYER = 15
"""How deep Python's stack grows with each layer inside another one: about 9, measured."""

MOST_FRAMES = 5000

# The function where a trace begins: frames above it on the stack belong to the caller of `trace`.
_ENTRY = "pir_from_func_spec"


class TracingFailed(Exception):  # noqa: N818 - reads as an event
    """Paddle returned no program; its own exception is the cause.

    Parameters
    ----------
    functions : list of callables
        The learner's functions that conversion had reached.
    """

    def __init__(self, functions: list[Callable[..., Any]]) -> None:
        super().__init__()
        self.functions = functions


@dataclass(slots=True)
class Trace:
    """The result of one trace.

    Parameters
    ----------
    program : Program
    static : object
        Paddle's StaticFunction, for saving.
    concrete : object
        Paddle's ConcreteProgram.
    functions : list of callables
        The learner's functions that took part, starting with the target.
    risky_loops : tuple of (SourceLine or None)
        Lines of the loops for which Paddle may return freed results; see `loops`.
    structure : StructureText or None
        The layers of a network whose own code is Paddle's: their lines begin the stacks of its ops.
    """

    program: Program
    static: Any
    concrete: Any
    functions: list[Callable[..., Any]] = field(default_factory=list)
    risky_loops: tuple[SourceLine | None, ...] = ()
    structure: StructureText | None = None


def trace(
    target: Any,
    input_spec: Sequence[Any] | None,
    *,
    training: bool,
    numbering: Numbering,
    report: Callable[[float], None] = lambda _share: None,
) -> Trace:
    """Trace a network or function without changing it; `report` gets the share that is done.

    Raises
    ------
    TracingFailed
        If Paddle returns no program; its own exception is the cause.
    """
    import paddle

    layer = layer_of(target)
    function = plain_function(target)
    spec = [input_spec_of(item) for item in input_spec] if input_spec is not None else None
    if spec is None:
        spec = known_spec(target)
    with ExitStack() as stack:
        if layer is not None:
            stack.enter_context(mode(layer, training=training))
            calls = stack.enter_context(recorded_calls(layer, report))
        else:
            calls = []
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        stack.enter_context(without_native_warnings())
        functions = stack.enter_context(_converted_functions())
        risky = stack.enter_context(loops.sound_loops())
        stack.enter_context(without_repetition())
        stack.enter_context(_recursion_limit(layer))
        try:
            static = paddle.jit.to_static(function, input_spec=spec, full_graph=True)
            with time_limit(TRACE_LIMIT_S):
                concrete = static.concrete_program
        except (Exception, TimeLimitExceeded) as error:
            raise TracingFailed(_own(function, functions)) from error
    structure = None
    if layer is not None and is_library(learners_function(function).__code__.co_filename):
        structure = structure_text(layer)
    program = _program(concrete, calls, layer, structure, numbering)
    lines = tuple(_lines_of(risky, concrete, program)) if risky else ()
    return Trace(program, static, concrete, _own(function, functions), lines, structure)


def plain_functions(target: Any) -> list[Callable[..., Any]]:
    """Return the functions whose source is known before a trace: only the target's."""
    return _own(plain_function(target), [])


def _own(function: Any, converted: list[Callable[..., Any]]) -> list[Callable[..., Any]]:
    """Return the learner's functions, starting with the target."""
    from paddle.jit.dy2static.origin_info import global_origin_info_map

    transformed = {file for file, _ in global_origin_info_map}
    first = learners_function(function)
    others = [
        other
        for other in converted
        if other.__code__ is not first.__code__
        and other.__code__.co_filename not in transformed
        and not is_library(other.__code__.co_filename)
    ]
    return [first, *others]


@contextmanager
def _recursion_limit(layer: Any | None) -> Iterator[None]:
    """Allow as many frames as the nesting of a network needs.

    The limit depends on the network, not on what its code does: a recursion that never ends still
    ends at a limit that Paddle's frames in C survive.
    """
    paths = [path for path, _ in layer.named_sublayers()] if layer is not None else []
    depth = max((path.count(".") + 1 for path in paths), default=0)
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, min(depth * FRAMES_PER_LAYER, MOST_FRAMES)))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


@contextmanager
def _converted_functions() -> Iterator[list[Callable[..., Any]]]:
    """Record which functions are converted, and have Paddle convert them again.

    Paddle caches conversions by source text, including the lines of the first function with that
    text: another function with the same text would get the lines of the first.
    """
    from paddle.jit.dy2static import convert_call_func, program_translator

    modules: tuple[Any, ...] = (convert_call_func, program_translator)
    functions: list[Callable[..., Any]] = []
    original: Any = program_translator.convert_to_static

    def note(function: Any) -> Any:
        plain = inspect.unwrap(getattr(function, "__func__", function))
        if inspect.isfunction(plain) and all(
            plain.__code__ is not old.__code__ for old in functions
        ):
            functions.append(plain)
        return original(function)

    translator: Any = program_translator
    cache = translator._FUNCTION_CACHE
    translator._FUNCTION_CACHE = translator.FunctionCache()
    for module in modules:
        module.convert_to_static = note
    try:
        yield functions
    finally:
        translator._FUNCTION_CACHE = cache
        for module in modules:
            module.convert_to_static = original


def _program(
    concrete: Any,
    calls: Sequence[LayerCall],
    layer: Any | None,
    structure: StructureText | None,
    numbering: Numbering,
) -> Program:
    printed = read_program(str(concrete.main_program))
    live = list(_live_ops(concrete.main_program.global_block()))
    flat = [op for top in printed.ops for op in top.walk()]
    if len(live) != len(flat):
        raise CaptureError(
            f"Paddle printed {len(flat)} ops of a program that has {len(live)}.",
            "Report the version of Paddle: its printed format has changed.",
        )
    facts = {}
    names = {}
    functions, forwards = stand_ins()
    paths = layer_paths((op.id() for op in live), calls)
    for op, text in zip(live, flat, strict=True):
        # Reading attributes of builtin ops crashes the process; they have no call stack anyway.
        has_stack = not text.name.startswith("builtin.") and op.has_attr("op_callstack")
        stack = _stack(op.callstack, functions, forwards) if has_stack else ()
        layer_path = paths[op.id()] if text.name != "builtin.parameter" else ""
        if has_stack and structure is not None:
            stack = (structure.lines[layer_path], *stack)
        facts[id(text)] = Facts(layer_path, stack[-1] if stack else None, stack)
    for op, text in zip(live, flat, strict=True):
        if len(text.results) > len(text.result_types):
            text.result_types = [str(value.type()) for value in op.results()]
    if layer is not None:
        names = {value.name: path for path, value in layer.state_dict().items()}
    program = assemble(
        printed,
        numbering,
        facts=facts,
        parameter_names=names,
        # Layers of paddle.quantization leave variables behind that look like inputs.
        inputs=_value_names(concrete.inputs, live, flat),
        outputs=_value_names(concrete.outputs, live, flat),
    )
    return with_inferred_lines(program)


def _lines_of(numbers: list[int], concrete: Any, program: Program) -> Iterator[SourceLine | None]:
    """Yield the lines of the ops with these ids of Paddle's."""
    live = _live_ops(concrete.main_program.global_block())
    for own, op in zip(live, program.walk(), strict=True):
        if own.id() in numbers:
            yield op.line


def _live_ops(block: Any) -> Iterator[Any]:
    for op in block.ops:
        yield op
        for inner in op.blocks():
            yield from _live_ops(inner)


def _value_names(nest: Any, live: list[Any], flat: list[Any]) -> tuple[str, ...]:
    from paddle.base.libpaddle.pir import Value as PirValue
    from paddle.utils.layers_utils import flatten

    values = [value for value in flatten(nest) if isinstance(value, PirValue)]
    names: Mapping[str, str] = {
        value.id: name
        for op, text in zip(live, flat, strict=True)
        for value, name in zip(op.results(), text.results, strict=False)
    }
    return tuple(names[value.id] for value in values if value.id in names)


def _stack(lines: list[str], functions: Set[Code], forwards: Set[Code]) -> tuple[SourceLine, ...]:
    """Return the learner's lines on a call stack, outermost first, without stand-ins.

    Frames inside a function's stand-in are left out too. Those inside the stand-in of a container's
    forward are kept, since it calls the learner's layers.
    """
    frames = [match for line in lines if (match := _FRAME.match(line))]
    entry = next((i for i, frame in enumerate(frames) if frame["function"] == _ENTRY), -1)
    ours = list(
        takewhile(
            lambda frame: (frame["file"], frame["function"]) not in functions, frames[entry + 1 :]
        )
    )
    return tuple(
        SourceLine(frame["file"], int(frame["line"]), function=frame["function"])
        for frame in ours
        if not is_library(frame["file"]) and (frame["file"], frame["function"]) not in forwards
    )
