"""How much memory a run has."""

from __future__ import annotations

from contextlib import suppress

__all__ = ["memory_of"]


def memory_of(process_id: int) -> int | None:
    """Return the resident memory of a process with its children, in bytes."""
    import psutil  # here, since it is only needed while a notebook runs

    try:
        process = psutil.Process(process_id)
        processes = [process, *process.children(recursive=True)]
    except psutil.Error:
        return None
    total = 0
    for each in processes:
        with suppress(psutil.Error):
            total += each.memory_info().rss
    return total
