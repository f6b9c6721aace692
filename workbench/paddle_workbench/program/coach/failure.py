"""What is known about an error of tracing: its line, its reason, and where it was raised."""

from __future__ import annotations

import dis
import re
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ..model.structure import SourceLine
from .rules.errors import ERRORS

__all__ = ["Failure", "kind_of"]

_FRAME = re.compile(r'File "(?P<file>[^"]+)", line (?P<line>\d+)(?:, in (?P<function>\S+))?')
# Paddle's message quotes lines of source; the last paragraph is the reason.
_REASON = re.compile(r"\n\n\s*(?=\w+(?:Error|Exception|Warning|Interrupt|Stop\w*): )")
_NO_ATTRIBUTE = re.compile(r"pir\.Value' object has no attribute '(\w+)'")

# What Paddle reports if Python's limit is reached while it asks for the call stack of an op.
_NO_CALL_STACK = "getting callstack information"

# Functions of Paddle on the stack while a branch or loop in the graph is traced.
_IN_GRAPH = frozenset({"_run_paddle_cond", "_run_paddle_while"})
_ASSERTION = "convert_assert"
# A recursion that depends on a tensor has as many conditions on the stack.
_MANY_CONDITIONS = 20


@dataclass(frozen=True, slots=True)
class Failure:
    """An error of tracing.

    Parameters
    ----------
    message : str
        The types of the error and its causes, and Paddle's message.
    reason : str
        The same without the source lines that Paddle quotes.
    line : SourceLine or None
        The innermost line of the learner's code.
    functions : sequence of callables
        The learner's functions that take part.
    conditions : int
        How many branches and loops of the graph were being traced.
    is_raised_by_learner : bool
        Whether a `raise` or `assert` in the learner's own code raised it.
    """

    message: str
    reason: str
    line: SourceLine | None
    functions: Sequence[Callable[..., Any]]
    conditions: int
    is_raised_by_learner: bool

    @classmethod
    def of(cls, error: BaseException, functions: Sequence[Callable[..., Any]]) -> Failure:
        """Return what is known about an exception of Paddle's."""
        links = list(_chain(error))
        names = ", ".join(dict.fromkeys(type(link).__name__ for link in links))
        files = {function.__code__.co_filename for function in functions}
        stacks = [traceback.extract_tb(link.__traceback__) for link in links]
        innermost = next((stack for stack in stacks[1:] if stack), None) or stacks[0]
        last = innermost[-1] if innermost else None
        return cls(
            message=f"{names}: {error}",
            reason=f"{names}: {_REASON.split(str(error))[-1]}",
            line=_line_of(error, files) or _line_of_lambda(functions),
            functions=functions,
            conditions=max(
                (sum(frame.name in _IN_GRAPH for frame in stack) for stack in stacks), default=0
            ),
            is_raised_by_learner=last is not None
            and (last.name == _ASSERTION or (last.line or "").startswith("raise"))
            and (last.name == _ASSERTION or last.filename in files | _transformed_files()),
        )

    def happens_in(self, eager_error: BaseException | None) -> bool:
        """Return whether an error of an eager run was raised on the same line."""
        if eager_error is None or self.line is None:
            return False
        frames = traceback.extract_tb(eager_error.__traceback__)
        return any(
            (frame.filename, frame.lineno) == (self.line.file, self.line.line) for frame in frames
        )


def kind_of(failure: Failure) -> str | None:
    """Return the kind of the rule that explains a failure, if any."""
    if _is_lambda(failure.functions):
        return "lambda"
    if "RecursionError" in failure.message.partition(": ")[0] or _NO_CALL_STACK in failure.message:
        is_endless = failure.conditions >= _MANY_CONDITIONS
        return "tensor-recursion" if is_endless else "recursion-limit"
    if "UndefinedVar" in failure.reason:
        return "undefined-in-branch"
    if failure.conditions and failure.is_raised_by_learner:
        return "raise-in-branch"
    attribute = _NO_ATTRIBUTE.search(failure.reason)
    if attribute and not _has_attribute(attribute[1], failure.functions):
        return "error-in-code"
    rules = (rule for rule in ERRORS if rule.pattern and re.search(rule.pattern, failure.reason))
    return next((rule.kind for rule in rules), None)


def _is_lambda(functions: Sequence[Callable[..., Any]]) -> bool:
    return bool(functions) and functions[0].__code__.co_name == "<lambda>"


def _line_of_lambda(functions: Sequence[Callable[..., Any]]) -> SourceLine | None:
    if not _is_lambda(functions):
        return None
    code = functions[0].__code__
    return SourceLine(code.co_filename, code.co_firstlineno, function=code.co_name)


def _has_attribute(name: str, functions: Sequence[Callable[..., Any]]) -> bool:
    """Return whether tensors have an attribute eagerly: their own, or one that the code sets."""
    import paddle

    return hasattr(paddle.Tensor, name) or any(
        name in function.__code__.co_names and _sets(name, function) for function in functions
    )


def _sets(name: str, function: Callable[..., Any]) -> bool:
    return any(
        instruction.opname == "STORE_ATTR" and instruction.argval == name
        for instruction in dis.get_instructions(function)
    )


def _transformed_files() -> set[str]:
    from paddle.jit.dy2static.origin_info import global_origin_info_map

    return {file for file, _ in global_origin_info_map}


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
