"""How long one call of an ONNX program takes, next to another program in the same moments."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from numpy.typing import NDArray

from ..contract import LedgerProtocol
from ..export.ledger.intervals import Interval, median_interval, ratio_interval
from ..export.ledger.protocol import Block, Rounds, run_rounds
from .quantization.sessions import opened_model

__all__ = ["latency_of", "latency_ratio"]

Feed = Mapping[str, NDArray[Any]]
Progress = Callable[[float], None]

THREADS = 1
_PROTOCOL = LedgerProtocol(warm_up_s=0.1, block_s=0.02, most_rounds=60, budget_s=4.0)
_OWN, _OTHER = "own", "other"


def latency_of(model: Any, feed: Feed, *, on_round: Progress | None = None) -> Interval | None:
    """Return the median call of a program in milliseconds, on one thread, with its interval.

    Parameters
    ----------
    model : onnx.ModelProto
    feed : mapping of str to array
        One input for each that the program has.
    on_round : callable, optional
        Called with the share of the time that is used; an exception ends the measurement.
    """
    rounds = _measured({_OWN: _block(model, feed)}, on_round)
    return median_interval(rounds.medians_ms(_OWN))


def latency_ratio(
    model: Any, feed: Feed, own: Any, own_feed: Feed, *, on_round: Progress | None = None
) -> Interval | None:
    """Return the ratio of the latency of a program to that of a bundle's own, with its interval.

    Both take turns, so that what else the machine does affects both. See `latency_of`.
    """
    blocks = {_OWN: _block(own, own_feed), _OTHER: _block(model, feed)}
    rounds = _measured(blocks, on_round)
    return ratio_interval(rounds.medians_ms(_OTHER), rounds.medians_ms(_OWN))


def _measured(blocks: Mapping[str, Block], on_round: Progress | None) -> Rounds:
    rounds = run_rounds(blocks, _OWN, _PROTOCOL, budget_s=_PROTOCOL.budget_s, on_round=on_round)
    if rounds.is_interrupted:
        raise KeyboardInterrupt
    return rounds


def _block(model: Any, feed: Feed) -> Block:
    session = opened_model(model, threads=THREADS)
    arrays = dict(feed)

    def call_ms() -> float:
        start = time.perf_counter()
        session.run(None, arrays)
        return 1000 * (time.perf_counter() - start)

    first = time.perf_counter()
    calls = 0
    while not calls or time.perf_counter() - first < _PROTOCOL.warm_up_s:
        call_ms()
        calls += 1
    count = max(1, round(calls * _PROTOCOL.block_s / _PROTOCOL.warm_up_s))
    return lambda: [call_ms() for _ in range(count)]
