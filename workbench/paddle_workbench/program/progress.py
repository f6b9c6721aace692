"""A progress bar for work that takes a while, such as a capture."""

from __future__ import annotations

import sys
from collections.abc import Callable
from html import escape
from time import monotonic
from typing import Any, Protocol

from ..contract import JobProgress

__all__ = ["ProgressBar"]

DELAY_S = 2.0
"""Work that takes less time shows no bar."""

INTERVAL_S = 0.2


class ProgressBar:
    """Shows how far some work is, once it takes a while, to a person in a notebook or terminal.

    Nothing is shown where nobody watches, so that recorded outputs do not depend on how fast the
    machine is. The bar disappears at the end.

    Parameters
    ----------
    name : str
        What is captured, or done.
    delay_s : float
    """

    def __init__(self, name: str, *, delay_s: float = DELAY_S) -> None:
        self._name = name
        self._next_s = monotonic() + delay_s
        self._place: _Place | None = None

    def __enter__(self) -> ProgressBar:
        return self

    def __exit__(self, *_: object) -> None:
        if self._place is not None:
            self._place.clear()

    def advance(self, share: float, detail: str = "") -> None:
        """Show that this share of the work is done, from 0 to 1, and what it has led to."""
        now_s = monotonic()
        if now_s < self._next_s:
            return
        self._next_s = now_s + INTERVAL_S
        self._place = self._place or _place()
        name = f"{self._name}, {detail}" if detail else self._name
        self._place.show(name, min(100, round(100 * share)))

    def show(
        self, progress: JobProgress, listener: Callable[[JobProgress], None] | None = None
    ) -> None:
        """Show the progress of a job, or tell it to a listener, which then shows it."""
        if listener is not None:
            listener(progress)
        elif progress.total:
            step = progress.step
            self.advance(progress.done / progress.total, "" if step is None else step.en)


class _Place(Protocol):
    def show(self, name: str, percent: int) -> None: ...

    def clear(self) -> None: ...


def _place() -> _Place:
    ipython: Any = sys.modules.get("IPython")
    kernel = getattr(ipython.get_ipython(), "kernel", None) if ipython is not None else None
    if kernel is not None:
        # A front end with a person can answer `input()`; a program that runs notebooks cannot.
        return _Notebook() if getattr(kernel, "_allow_stdin", False) else _Nowhere()
    return _Terminal() if sys.stderr.isatty() else _Nowhere()


class _Notebook:
    def __init__(self) -> None:
        self._handle: Any = None

    def show(self, name: str, percent: int) -> None:
        text = f"{name}: {percent} %"
        bar = f'<progress max="100" value="{percent}"></progress>'
        html = f"<label>{bar} {escape(text)}</label>"
        self._display({"text/plain": text, "text/html": html})

    def clear(self) -> None:
        self._display({"text/plain": "", "text/html": ""})

    def _display(self, data: dict[str, str]) -> None:
        from IPython import display

        if self._handle is None:
            self._handle = display.display(data, raw=True, display_id=True)
        else:
            self._handle.update(data, raw=True)


class _Terminal:
    def show(self, name: str, percent: int) -> None:
        sys.stderr.write(f"\r{name}: {percent} %\x1b[K")
        sys.stderr.flush()

    def clear(self) -> None:
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()


class _Nowhere:
    def show(self, name: str, percent: int) -> None: ...

    def clear(self) -> None: ...
