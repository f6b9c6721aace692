"""The progress bar of a capture, where a person watches."""

from __future__ import annotations

import io
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from paddle_workbench import capture
from paddle_workbench.program import progress
from paddle_workbench.program.progress import ProgressBar


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def use_terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Make stderr a terminal; not a fixture, since pytest replaces stderr after those."""
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    return stream


@pytest.fixture
def displays(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, str]]:
    """What a notebook's front end is asked to display."""
    from IPython import display

    shown: list[dict[str, str]] = []

    def show(data: dict[str, str], **_: Any) -> Any:
        shown.append(data)
        return SimpleNamespace(update=show)

    monkeypatch.setattr(display, "display", show)
    return shown


def in_kernel(monkeypatch: pytest.MonkeyPatch, *, with_person: bool) -> None:
    import IPython

    shell = SimpleNamespace(kernel=SimpleNamespace(_allow_stdin=with_person))
    monkeypatch.setattr(IPython, "get_ipython", lambda: shell)


def test_short_work_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = use_terminal(monkeypatch)
    with ProgressBar("Net", delay_s=600) as bar:
        bar.advance(0.5)
    assert not terminal.getvalue()


def test_bar_in_a_terminal_is_removed_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = use_terminal(monkeypatch)
    monkeypatch.setattr(progress, "INTERVAL_S", 600)
    with ProgressBar("Net", delay_s=0) as bar:
        bar.advance(0.25)
        bar.advance(0.26)  # too soon after the last one
    assert terminal.getvalue() == "\rNet: 25 %\x1b[K\r\x1b[K"


def test_bar_in_a_notebook_is_one_output(
    displays: list[dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    in_kernel(monkeypatch, with_person=True)
    with ProgressBar("<Net>", delay_s=0) as bar:
        bar.advance(0.25)
    first, last = displays
    assert first["text/plain"] == "<Net>: 25 %"
    assert first["text/html"] == (
        '<label><progress max="100" value="25"></progress> &lt;Net&gt;: 25 %</label>'
    )
    assert last == {"text/plain": "", "text/html": ""}


def test_recorded_notebook_has_no_bar(
    displays: list[dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = use_terminal(monkeypatch)
    in_kernel(monkeypatch, with_person=False)
    with ProgressBar("Net", delay_s=0) as bar:
        bar.advance(0.25)
    assert not displays
    assert not terminal.getvalue()


def test_capture_reports_how_far_it_is(spec: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from .networks import Block

    shares: list[float] = []
    monkeypatch.setattr(progress.ProgressBar, "advance", lambda _bar, share: shares.append(share))
    capture(Block(), input_spec=[spec([None, 8], "float32", "x")], pipeline="inference")
    assert shares == sorted(shares)
    assert len(shares) > 20
    assert shares[-1] == 1.0


def test_bar_shows_what_the_work_has_led_to(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = use_terminal(monkeypatch)
    with ProgressBar("training", delay_s=0) as bar:
        bar.advance(0.25, "loss 31.2")
    assert "training, loss 31.2: 25 %" in terminal.getvalue()
