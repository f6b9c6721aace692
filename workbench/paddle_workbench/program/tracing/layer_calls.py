"""Which layer made which op, from the calls of a network's sublayers while it is traced."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

__all__ = ["LayerCall", "layer_paths", "recorded_calls"]


@dataclass(slots=True)
class LayerCall:
    """One call of a sublayer: its ops have ids between `first` and `last`."""

    path: str
    depth: int
    first: int
    last: int | None = None


@contextmanager
def recorded_calls(layer: Any, report: Callable[[float], None]) -> Iterator[list[LayerCall]]:
    """Record the range of op ids that each call of a sublayer makes.

    At each call, `report` gets the share of the sublayers that were called.

    Paddle's `struct_name` names classes instead of attributes, and is empty inside control flow.
    """
    calls: list[LayerCall] = []
    open_calls: list[LayerCall] = []
    hooks = []

    def before(path: str) -> Callable[..., None]:
        def note(*_: Any) -> None:
            call = LayerCall(path, len(open_calls), _next_op_id())
            calls.append(call)
            open_calls.append(call)
            report(min(1.0, len(calls) / len(parts)))

        return note

    def after(*_: Any) -> None:
        if open_calls:
            open_calls.pop().last = _next_op_id()

    parts = list(layer.named_sublayers())
    for path, part in parts:
        hooks.append(part.register_forward_pre_hook(before(path)))
        hooks.append(part.register_forward_post_hook(after))
    try:
        yield calls
    finally:
        for hook in hooks:
            hook.remove()


def layer_paths(op_ids: Iterable[int], calls: Sequence[LayerCall]) -> dict[int, str]:
    """Return the path of the innermost sublayer that made each op; empty if none did.

    Parameters
    ----------
    op_ids : iterable of int
        Paddle's ids.
    calls : sequence of LayerCall
        In the order in which they began.
    """
    paths = {}
    active: list[LayerCall] = []
    begun = 0
    for op_id in sorted(op_ids):
        while begun < len(calls) and calls[begun].first < op_id:
            active.append(calls[begun])
            begun += 1
        active = [call for call in active if call.last is None or op_id < call.last]
        paths[op_id] = max(active, key=lambda call: call.depth).path if active else ""
    return paths


def _next_op_id() -> int:
    """Return an id larger than those of all ops so far: Paddle assigns ids in order."""
    from paddle.base.libpaddle.pir import Program as PirProgram

    return int(PirProgram().global_block().parent_op.id())
