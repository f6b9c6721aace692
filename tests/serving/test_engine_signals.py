"""Signals to a command that serves by replicas, without Ray."""

from __future__ import annotations

import signal

import pytest

from paddle_workbench.serving.replicas.signals import EngineSignals


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_ends_the_start_at_once(number: signal.Signals) -> None:
    signals = EngineSignals()
    with signals.handled(), pytest.raises(KeyboardInterrupt):
        signal.raise_signal(number)


def test_second_ctrl_c_does_not_wait_for_the_first() -> None:
    signals = EngineSignals()
    before = signal.getsignal(signal.SIGINT)
    with signals.handled():
        signals.collect()
        signal.raise_signal(signal.SIGHUP)
        signal.raise_signal(signal.SIGTERM)
        assert [signals.wait(), signals.wait()] == [signal.SIGHUP, signal.SIGTERM]
        signal.raise_signal(signal.SIGTERM)  # programs repeat it, and mean the same
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before
