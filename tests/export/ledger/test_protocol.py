"""Rounds alternate the variants, stop when ratios are narrow, and keep what an interrupt leaves."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import count

import pytest

from paddle_workbench.contract import LedgerProtocol
from paddle_workbench.export.ledger.protocol import BlockFailed, Rounds, run_rounds

PROTOCOL = LedgerProtocol(least_rounds=7, most_rounds=40)


class Machine:
    """Gives times that drift from call to call, and notes who was called."""

    def __init__(self) -> None:
        self.called: list[str] = []
        self.factors = {"base": 1.0, "twice": 2.0}

    def block(self, name: str) -> Callable[[], Sequence[float]]:
        def measure() -> Sequence[float]:
            self.called.append(name)
            # The same in a whole round, and another one in the next.
            drift = 1.0 + (len(self.called) - 1) // len(self.factors) % 5
            return [self.factors[name] * drift] * 3

        return measure

    def blocks(self) -> dict[str, Callable[[], Sequence[float]]]:
        return {name: self.block(name) for name in self.factors}


@pytest.fixture
def machine() -> Machine:
    return Machine()


def ticking(step_s: float) -> Callable[[], float]:
    ticks: Iterator[int] = count()
    return lambda: step_s * next(ticks)


def test_drift_does_not_widen_ratios(machine: Machine) -> None:
    rounds = run_rounds(machine.blocks(), "base", PROTOCOL, budget_s=60)
    assert rounds.has_narrow_ratios
    assert len(rounds.calls_ms["base"]) == len(rounds.calls_ms["twice"]) == 7
    assert rounds.widest_ratio("base") == 0.0
    assert rounds.medians_ms("twice") == [2 * ms for ms in rounds.medians_ms("base")]


def test_order_differs_between_rounds_and_is_repeatable(machine: Machine) -> None:
    machine.factors |= {"other": 3.0}
    run_rounds(machine.blocks(), "base", PROTOCOL, budget_s=60)
    orders = [tuple(machine.called[at : at + 3]) for at in range(0, 21, 3)]
    assert all(sorted(order) == ["base", "other", "twice"] for order in orders)
    assert len(set(orders)) > 2
    again = Machine()
    again.factors |= {"other": 3.0}
    run_rounds(again.blocks(), "base", PROTOCOL, budget_s=60)
    assert again.called == machine.called


def test_budget_ends_what_is_never_narrow(machine: Machine) -> None:
    values = count()
    blocks = machine.blocks() | {"noisy": lambda: [1.0 + 100 * (next(values) % 2)]}
    shares: list[float] = []
    rounds = run_rounds(
        blocks, "base", PROTOCOL, budget_s=10, clock=ticking(1.0), on_round=shares.append
    )
    assert not rounds.has_narrow_ratios
    assert len(rounds.calls_ms["noisy"]) == 10
    assert shares == [number / 10 for number in range(1, 11)]


def test_least_rounds_are_measured_without_a_budget(machine: Machine) -> None:
    rounds = run_rounds(machine.blocks(), "base", PROTOCOL, budget_s=0.1, clock=ticking(1.0))
    assert len(rounds.calls_ms["base"]) == 7


def test_ignored_block_need_not_be_narrow(machine: Machine) -> None:
    values = count()
    blocks = machine.blocks() | {"noisy": lambda: [1.0 + 100 * (next(values) % 2)]}
    rounds = run_rounds(blocks, "base", PROTOCOL, budget_s=60, ignored=frozenset({"noisy"}))
    assert rounds.has_narrow_ratios
    assert len(rounds.calls_ms["noisy"]) == 7


def test_failed_variant_leaves_and_the_others_go_on(machine: Machine) -> None:
    def fail() -> Sequence[float]:
        raise BlockFailed("It was killed by SIGSEGV.")

    rounds = run_rounds(machine.blocks() | {"broken": fail}, "base", PROTOCOL, budget_s=60)
    assert rounds.problems == {"broken": "It was killed by SIGSEGV."}
    assert set(rounds.calls_ms) == {"base", "twice"}
    assert rounds.has_narrow_ratios
    alone = run_rounds({"broken": fail}, "broken", PROTOCOL, budget_s=60)
    assert not alone.calls_ms
    without = run_rounds(
        {"twice": machine.block("base")} | {"base": fail}, "base", PROTOCOL, budget_s=60
    )
    assert without.calls_ms["twice"]


def test_interrupted_round_is_left_out(machine: Machine) -> None:
    def interrupt() -> Sequence[float]:
        if len(machine.called) > 8:
            raise KeyboardInterrupt
        return [1.0]

    rounds = run_rounds(machine.blocks() | {"last": interrupt}, "base", PROTOCOL, budget_s=60)
    assert rounds.is_interrupted
    lengths = {len(calls) for calls in rounds.calls_ms.values()}
    assert len(lengths) == 1
    assert lengths.pop() in (3, 4)


def test_without_a_baseline_medians_are_narrow() -> None:
    rounds = Rounds({"only": [[1.0]] * 7})
    assert rounds.widest_ratio("only") == 0.0
    assert Rounds({"only": [[1.0]] * 3}).widest_ratio("only") is None
