"""What the driver of NVIDIA cards reports of them; read only where `nvidia-smi` is installed.

Not measured here: no card was there, so the tests read what a script in its place prints.
"""

from __future__ import annotations

import logging
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from time import monotonic

from .metrics import Metrics

__all__ = ["Card", "Cards", "watch_cards"]

_log = logging.getLogger(__name__)

FRESH_S = 5.0
"""What was read less than this ago is not read again."""
_TIMEOUT_S = 20.0
_QUERY = (
    "--query-gpu=index,memory.used,memory.total,utilization.gpu",
    "--format=csv,noheader,nounits",
)


@dataclass(frozen=True, slots=True)
class Card:
    """What the driver reports of a card; None is what it does not report.

    Parameters
    ----------
    index : str
    used_bytes, size_bytes : float or None
        Of its memory, by all processes.
    busy : float or None
        The share of the time in which it computed anything, 0 to 1.
    """

    index: str
    used_bytes: float | None
    size_bytes: float | None
    busy: float | None


class Cards:
    """Reads what the driver reports, and keeps it: nobody waits for `nvidia-smi`.

    Parameters
    ----------
    program : str
        Path of `nvidia-smi`.
    """

    def __init__(self, program: str) -> None:
        self._program = program
        self._cards: tuple[Card, ...] = ()
        self._read_at_s = -FRESH_S
        self._reading: threading.Thread | None = None
        self._has_failed = False

    def latest(self) -> tuple[Card, ...]:
        """Return what was read last, and read again in another thread if that is some time ago.

        Nothing is returned before the first time, and after `nvidia-smi` has failed.
        """
        is_reading = self._reading is not None and self._reading.is_alive()
        if not is_reading and monotonic() - self._read_at_s >= FRESH_S:
            self._reading = threading.Thread(target=self.read, name="nvidia-smi", daemon=True)
            self._reading.start()
        return self._cards

    def read(self) -> None:
        """Read, and wait for it."""
        try:
            output = subprocess.run(
                [self._program, *_QUERY],
                check=True,
                capture_output=True,
                text=True,
                timeout=_TIMEOUT_S,
            ).stdout
            self._cards = tuple(_card(line) for line in output.splitlines() if line.strip())
            self._has_failed = False
        except (OSError, subprocess.SubprocessError, ValueError) as error:
            self._cards = ()
            if not self._has_failed:  # once, and not at each scrape
                _log.warning("nvidia-smi failed, so /metrics reports no cards: %s", error)
            self._has_failed = True
        self._read_at_s = monotonic()


def _card(line: str) -> Card:
    index, used, size, busy = (part.strip() for part in line.split(","))
    return Card(index, _number(used, 1 << 20), _number(size, 1 << 20), _number(busy, 0.01))


def _number(text: str, unit: float) -> float | None:
    """Return a number times its unit, or None for what is not one, such as `[N/A]`."""
    return float(text) * unit if text.isdecimal() else None


def watch_cards(metrics: Metrics) -> None:
    """Add what the driver reports of each card, if this machine has `nvidia-smi`."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return
    cards = Cards(program)
    cards.latest()  # so that the first scrape has values

    def of_cards(
        value: Callable[[Card], float | None],
    ) -> Callable[[], Iterator[tuple[list[str], float]]]:
        def values() -> Iterator[tuple[list[str], float]]:
            for card in cards.latest():
                number = value(card)
                if number is not None:
                    yield [card.index], number

        return values

    for name, about, value in (
        (
            "gpu_memory_used_bytes",
            "Memory of a card in use, by all processes.",
            lambda card: card.used_bytes,
        ),
        ("gpu_memory_size_bytes", "Memory of a card.", lambda card: card.size_bytes),
        (
            "gpu_utilization_ratio",
            "Share of the time in which a card computed anything, 0 to 1.",
            lambda card: card.busy,
        ),
    ):
        metrics.watch(name, about, ("gpu",), of_cards(value))
