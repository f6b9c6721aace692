"""Whether the process that wrote a record is still running."""

from __future__ import annotations

from datetime import datetime

__all__ = ["is_alive"]

# How far the clock may have been set back between the start of a process and its record.
CLOCK_TOLERANCE_S = 10.0


def is_alive(process_id: int, recorded_at: datetime) -> bool:
    """Return whether the process that wrote a record is still running.

    Parameters
    ----------
    process_id : int
    recorded_at : datetime
        When the process wrote the record. A later process with the same id does not count.
    """
    import psutil  # here, since every child imports this package

    try:
        process = psutil.Process(process_id)
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        return bool(process.create_time() <= recorded_at.timestamp() + CLOCK_TOLERANCE_S)
    except psutil.NoSuchProcess:
        return False
    except psutil.AccessDenied:
        return True
