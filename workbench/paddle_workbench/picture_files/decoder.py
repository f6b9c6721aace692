"""Asks the child process that decodes pictures and PDFs, which is started when it is needed."""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from ..child_process import Outcome, Reply, Worker
from ..errors import PictureError, PictureLimitError
from ..processor import THREAD_VARIABLES
from . import limits

__all__ = ["close_decoder", "decode"]

_MODULE: Final = f"{__package__}.decoder_process"
_MIB: Final = 1 << 20

_lock = threading.Lock()
_worker: Worker | None = None


def decode(path: Path, name: str, **request: Any) -> Reply:
    """Return the decoder's reply about a file; see `decoder_process`.

    Thread-safe: one request is answered at a time.

    Parameters
    ----------
    path : Path
        An absolute path.
    name : str
        The file or page, for messages.
    **request
        The rest of the request.

    Raises
    ------
    PictureError
        If the file is not a picture or PDF, is damaged, or exceeds the limits on its size.
    PictureLimitError
        If it takes too much time or memory, or crashes its decoder.
    OSError
        If the file cannot be read, or the child cannot be started.
    """
    with _lock:
        reply, is_first = _ask({"path": str(path), **request})
        # The child may have ended because nobody asked, or of what earlier files left in it.
        if isinstance(reply, Outcome) and reply.limit != "time" and not is_first:
            reply, _ = _ask({"path": str(path), **request})
    if isinstance(reply, Outcome):
        raise _limit_error(name, reply)
    if "message" in reply.values:
        raise PictureError(reply.values["message"], reply.values["hint"])
    if "errno" in reply.values:
        raise OSError(reply.values["errno"], os.strerror(reply.values["errno"]))
    return reply


def close_decoder() -> None:
    """End the child, if there is one; the next request starts another."""
    global _worker
    with _lock:
        if _worker is not None:
            _worker.close()
            _worker = None


def _ask(request: Mapping[str, Any]) -> tuple[Reply | Outcome, bool]:
    """Return the reply to a request, and whether it is the child's first."""
    global _worker
    is_first = _worker is None or not _worker.is_usable
    if _worker is None or is_first:
        if _worker is None:
            atexit.register(close_decoder)
        else:
            with suppress(OSError):  # it could not be started; this one may be
                _worker.close()
        # Memory for the threads of a numerical library counts, though none is used.
        environment = {**os.environ, **dict.fromkeys(THREAD_VARIABLES, "1")}
        _worker = Worker(_MODULE, limits=limits.WORK, environment=environment)
    return _worker.request(request), is_first


def _limit_error(name: str, outcome: Outcome) -> PictureLimitError:
    if outcome.limit == "time":
        return PictureLimitError(
            f"{name} cannot be opened within {outcome.limits.time_s:g} s, the limit for a page.",
            "Open it in a viewer and save the page as PNG.",
        )
    # PDFium aborts if it gets no memory.
    if outcome.limit == "memory" or outcome.signal_name == "SIGABRT":
        memory = (outcome.limits.memory_bytes or 0) // _MIB
        return PictureLimitError(
            f"{name} needs more than {memory:,} MB of memory to open, the limit for a page.",
            "Reduce its size, or open it in a viewer and save the page as PNG.",
        )
    return PictureLimitError(
        f"{name} is damaged and cannot be read: its decoder {outcome.problem}.",
        "Open it in a viewer and save the page as PNG.",
    )
