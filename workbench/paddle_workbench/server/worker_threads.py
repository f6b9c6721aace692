"""Let the server's process end although a request was cut off."""

from __future__ import annotations

import threading
from typing import Any


def end_workers_at_exit() -> None:
    """End AnyIO's idle threads once the main thread has ended.

    Jupyter Server reads and writes files in such threads. One ends with the task of its request,
    and if the event loop stops before that, it waits for ever, and Python waits for it.
    """
    threading.Thread(target=_end_workers, name="end-workers", daemon=True).start()


def _end_workers() -> None:
    threading.main_thread().join()
    for thread in threading.enumerate():
        # AnyIO publishes neither their class nor a way to end them.
        if thread.name == "AnyIO worker thread":
            worker: Any = thread
            worker.stop()
