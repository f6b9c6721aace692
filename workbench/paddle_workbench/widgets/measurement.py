"""A measurement in a thread, which a widget starts and cancels."""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable
from typing import Any, Protocol

from ..contract import CompressionTry, JobProgress, LayerSettings
from ..errors import WidgetError, WorkbenchError

__all__ = ["Measure", "Measurement"]


class Measure(Protocol):
    """Runs a network with settings; takes a `listener` too, if it can report how far it is."""

    def __call__(self, settings: dict[str, LayerSettings], /) -> CompressionTry:
        """Return what becomes of the network."""


class Measurement:
    """Runs a function in a thread, so that the kernel stays free for a request to cancel it.

    Parameters
    ----------
    measure : callable
    settings : dict of LayerSettings
    on_progress : callable
        Called in the thread with each `JobProgress`.
    on_end : callable
        Called in the thread, last, with a `CompressionTry`, or with a text that says why there is
        none; the text is empty if the measurement was cancelled.
    """

    def __init__(
        self,
        measure: Measure,
        settings: dict[str, LayerSettings],
        *,
        on_progress: Callable[[JobProgress], None],
        on_end: Callable[[CompressionTry | str], None],
    ) -> None:
        self._measure = measure
        self._settings = settings
        self._on_progress = on_progress
        self._on_end = on_end
        self._cancelled = threading.Event()
        self._thread = threading.Thread(target=self._run, name="compression-lens", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def cancel(self) -> None:
        """End the function when it reports progress next, and drop its result in any case."""
        self._cancelled.set()

    def join(self) -> None:
        """Wait until the thread has ended."""
        self._thread.join()

    def _run(self) -> None:
        self._on_end(self._result())

    def _result(self) -> CompressionTry | str:
        try:
            result = self._call()
        except _Cancelled:
            return ""
        except WorkbenchError as error:
            result = str(error)
        except Exception as error:  # nothing else reports exceptions of this thread
            result = f"{type(error).__name__}: {error}"
        return "" if self._cancelled.is_set() else result

    def _call(self) -> CompressionTry | str:
        options: dict[str, Any] = {"listener": self._listen} if self._takes_listener() else {}
        result: Any = self._measure(self._settings, **options)
        if not isinstance(result, CompressionTry):
            raise WidgetError(
                f"measure returned {type(result).__name__}, not a CompressionTry.",
                "Return contract.CompressionTry(name=…, size_bytes=…, accuracy=…).",
            )
        return result

    def _listen(self, progress: JobProgress) -> None:
        if self._cancelled.is_set():
            raise _Cancelled
        self._on_progress(progress)

    def _takes_listener(self) -> bool:
        try:
            parameters = inspect.signature(self._measure).parameters.values()
        except (TypeError, ValueError):  # it has no signature
            return False
        return any(each.name == "listener" or each.kind is each.VAR_KEYWORD for each in parameters)


class _Cancelled(BaseException):
    """The measurement was cancelled; not an `Exception`, which `measure` may catch."""
