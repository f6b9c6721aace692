"""What `nvidia-smi` prints of cards, and what happens when it fails."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import pytest
from prometheus_client import generate_latest

from paddle_workbench.serving.cards import Card, Cards, watch_cards
from paddle_workbench.serving.metrics import Metrics


@pytest.fixture
def smi(tmp_path: Path) -> Path:
    return tmp_path / "nvidia-smi"


def write(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_reads_cards_and_leaves_out_what_is_not_reported(smi: Path) -> None:
    write(smi, 'echo "0, 512, 1024, 50"; echo "1, [N/A], [N/A], [Not Supported]"')
    cards = Cards(str(smi))
    cards.read()
    mebibyte = 1 << 20
    first = Card("0", used_bytes=512 * mebibyte, size_bytes=1024 * mebibyte, busy=0.5)
    assert cards.latest() == (first, Card("1", None, None, None))


def test_does_not_wait_for_the_driver(smi: Path, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    write(smi, f'echo x >> {tmp_path}/calls; cat {gate} > /dev/null; echo "0, 1, 2, 3"')
    os.mkfifo(gate)
    cards = Cards(str(smi))
    assert cards.latest() == ()  # while nvidia-smi waits for the gate
    assert cards.latest() == ()
    gate.write_text("open")
    reading = cards._reading
    assert reading is not None
    reading.join()
    assert [card.index for card in cards.latest()] == ["0"]
    assert (tmp_path / "calls").read_text() == "x\n"  # once for all three


@pytest.mark.parametrize(
    "script", ['echo "No devices were found"; exit 6', 'echo "strange words"', "exit 9"]
)
def test_reports_no_cards_after_a_failure(
    smi: Path, script: str, caplog: pytest.LogCaptureFixture
) -> None:
    write(smi, 'echo "0, 1, 2, 3"')
    cards = Cards(str(smi))
    cards.read()
    write(smi, script)
    with caplog.at_level(logging.WARNING):
        cards.read()
        cards.read()
    assert cards.latest() == ()
    messages = [each.message for each in caplog.records if "nvidia-smi failed" in each.message]
    # `exit 9` without words, too; and once, not at each scrape.
    assert len(messages) == 1


def test_has_no_metrics_of_cards_without_the_driver(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    metrics = Metrics()
    watch_cards(metrics)
    assert b"gpu" not in generate_latest(metrics.registry)
