"""How a ledger measures: one protocol for all variants.

* Each variant runs in a child process of its own, so that memory and threads are its own. The
  threads of the numerical libraries are set before they are loaded.
* A call goes from input arrays to output arrays, and all variants get the same arrays in the same
  order. Preprocessing and postprocessing are not part of it: they are the same for all.
* First come untimed calls of each variant, for `warm_up_s`.
* Then come rounds. In each round every variant is called for `block_s` without a pause, one variant
  after the other, in an order that is drawn for each round, from `seed`. Whatever the machine
  does meanwhile affects all of them. A variant's turn ends when its threads sleep: those of OpenMP
  wait actively for a while and would disturb the next.
* The ratio of a variant to the baseline is taken within each round. Rounds end when the interval of
  the median ratio (95 %, from order statistics) is at most `width` of the ratio for every variant,
  but not before `least_rounds`. If the budget is used up first, the results say so. The interval
  is looked at after each round, which makes it contain the true ratio a little less often.
* A fixed computation takes part in the rounds. Its spread is the noise of the machine: differences
  of that size mean nothing.
* Percentiles are those of all timed calls; the 99th needs at least 100.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic

from ...contract import LedgerProtocol
from .intervals import median_interval, quantile, ratio_interval

__all__ = ["Block", "BlockFailed", "Rounds", "run_rounds"]

Block = Callable[[], Sequence[float]]
"""Calls one variant a few times; returns the duration of each call in milliseconds."""


class BlockFailed(Exception):  # noqa: N818 - not an error of the ledger
    """A variant failed while it was measured; the text is a sentence."""


@dataclass(slots=True)
class Rounds:
    """The times of all variants in the same rounds.

    Parameters
    ----------
    calls_ms : dict of str to list of list of float
        For each variant the calls of each round.
    problems : dict of str to str
        Variants that failed, which have no times.
    has_narrow_ratios : bool
        False if the budget or `most_rounds` was used up first.
    is_interrupted : bool
        Whether a KeyboardInterrupt ended the rounds.
    """

    calls_ms: dict[str, list[list[float]]] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)
    has_narrow_ratios: bool = False
    is_interrupted: bool = False

    def medians_ms(self, name: str) -> list[float]:
        """Return the median call of each round."""
        return [quantile(calls, 0.5) for calls in self.calls_ms[name]]

    def widest_ratio(self, baseline: str) -> float | None:
        """Return the width of the widest interval, as a share of its ratio.

        It is None if there are too few rounds. Without times of the baseline, the medians
        themselves take the place of ratios.
        """
        medians = {name: self.medians_ms(name) for name in self.calls_ms}
        others = {name: values for name, values in medians.items() if name != baseline}
        if baseline in medians and others:
            base = medians[baseline]
            intervals = [ratio_interval(values, base) for values in others.values()]
        else:
            intervals = [median_interval(values) for values in medians.values()]
        widths = [None if each is None else each.width for each in intervals]
        return None if None in widths else max((each for each in widths if each), default=0.0)


def run_rounds(
    blocks: Mapping[str, Block],
    baseline: str,
    protocol: LedgerProtocol,
    *,
    budget_s: float,
    ignored: frozenset[str] = frozenset(),
    on_round: Callable[[float], None] | None = None,
    clock: Callable[[], float] = monotonic,
) -> Rounds:
    """Measure variants in rounds until their ratios to the baseline are narrow.

    Parameters
    ----------
    blocks : mapping of str to Block
        A `BlockFailed` takes its variant out of the rounds.
    baseline : str
    protocol : LedgerProtocol
    budget_s : float
        For these rounds; each variant is measured `least_rounds` times in any case.
    ignored : frozenset of str
        Blocks whose ratio need not be narrow.
    on_round : callable
        Called after each round with the used share of the budget, from 0 to 1.
    clock : callable
        Returns seconds.

    Returns
    -------
    Rounds
        A round that a KeyboardInterrupt ended is left out.
    """
    order = random.Random(protocol.seed)  # noqa: S311 - an order, not a secret
    rounds = Rounds({name: [] for name in blocks})
    judged = Rounds({name: rounds.calls_ms[name] for name in blocks if name not in ignored})
    start = clock()
    try:
        for number in range(1, protocol.most_rounds + 1):
            _run_round(blocks, rounds, judged, order)
            used = (clock() - start) / budget_s
            if on_round is not None:
                on_round(min(1.0, used))
            if not judged.calls_ms:
                break
            if number >= protocol.least_rounds:
                width = judged.widest_ratio(baseline)
                if width is not None and width <= protocol.width:
                    rounds.has_narrow_ratios = True
                    break
                if used >= 1:
                    break
    except KeyboardInterrupt:
        rounds.is_interrupted = True
    return rounds


def _run_round(
    blocks: Mapping[str, Block], rounds: Rounds, judged: Rounds, order: random.Random
) -> None:
    names = list(rounds.calls_ms)
    order.shuffle(names)
    times: dict[str, list[float]] = {}
    for name in names:
        try:
            times[name] = list(blocks[name]())
        except BlockFailed as failure:  # noqa: PERF203 - the others go on
            rounds.problems[name] = str(failure)
            del rounds.calls_ms[name]
            judged.calls_ms.pop(name, None)
    for name, calls in times.items():
        rounds.calls_ms[name].append(calls)
