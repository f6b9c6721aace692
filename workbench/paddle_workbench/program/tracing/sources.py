"""The source of the learner's functions, before and after AST conversion."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable, Iterable
from typing import Any

from ..model.capture import SourceText, Transformed

__all__ = ["source_text", "source_texts", "transformed_texts"]


def source_text(function: Callable[..., Any]) -> SourceText | None:
    """Return a function's source; None if it is not available."""
    try:
        lines, first = inspect.getsourcelines(function)
    except (OSError, TypeError):
        return None
    return SourceText(
        file=function.__code__.co_filename,
        first_line=max(first, 1),
        text="".join(lines),
        name=_name(function),
    )


def source_texts(functions: Iterable[Callable[..., Any]]) -> tuple[SourceText, ...]:
    """Return the source of every function for which it is available."""
    return tuple(text for function in functions if (text := source_text(function)) is not None)


def transformed_texts(functions: Iterable[Callable[..., Any]]) -> tuple[Transformed, ...]:
    """Return the converted source of functions that a trace has already converted."""
    from paddle.jit.dy2static import program_translator
    from paddle.jit.dy2static.origin_info import global_origin_info_map

    convert: Any = program_translator.convert_to_static

    texts = []
    for function in functions:
        try:
            converted = inspect.unwrap(convert(function))
            lines, first = inspect.getsourcelines(converted)
        except (OSError, TypeError):
            continue  # Paddle did not convert it
        if converted is function:
            continue
        file = converted.__code__.co_filename
        origins = {
            line - first + 1: origin.location.lineno
            for (transformed_file, line), origin in global_origin_info_map.items()
            if transformed_file == file and first <= line < first + len(lines)
        }
        texts.append(
            Transformed(
                text=textwrap.dedent("".join(lines)),
                lines=dict(sorted(origins.items())),
                file=function.__code__.co_filename,
                name=_name(function),
            )
        )
    return tuple(texts)


def _name(function: Callable[..., Any]) -> str:
    return function.__qualname__.rpartition("<locals>.")[2]
