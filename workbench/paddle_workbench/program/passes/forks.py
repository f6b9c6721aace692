"""Forks of a process that has imported Paddle, and what makes their results as good as others'."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from ...child_process import Limits, Outcome, StalledForkError, run_fork
from ..tracing.library_code import package_of

__all__ = ["can_fork", "check_fork", "run_sound_fork"]

SOUND = "sound"
"""Exists in the folder of a fork once Paddle has computed something in it."""

SOUND_LIMIT_S = 10.0
# A lock that another thread held is never released in a fork.
STALL_S = 10.0

# In a warm kernel a thread of these waits for the end of the client.
_KERNELS = Path(__file__).parents[2] / "kernels"

# Processes whose forks have turned out not to be sound, so that no more time is lost on them.
_UNSOUND: set[int] = set()


def can_fork() -> bool:
    """Return whether a fork of this process can do what a new process would.

    It cannot use a GPU, other threads that are inside Paddle may hold its locks for ever, and in
    threads Paddle has a mode of its own.
    """
    paddle = sys.modules.get("paddle")
    if paddle is None or not sys.platform.startswith("linux") or os.getpid() in _UNSOUND:
        return False
    own = threading.get_ident()
    # Threads first: what is asked of Paddle ends the process while another one traces.
    return (
        own == threading.main_thread().ident
        and all(
            _is_elsewhere(frame) for thread, frame in sys._current_frames().items() if thread != own
        )
        and paddle.device.get_device() == "cpu"
        and bool(paddle.in_dynamic_mode())
    )


def run_sound_fork(
    work: Callable[[], None],
    *,
    limits: Limits,
    folder: Path,
    timed: bool = False,
    on_line: Callable[[str], None] | None = None,
) -> Outcome | None:
    """Run a function in a fork as `run_fork` does; return None if its outcome proves nothing.

    Parameters
    ----------
    work : callable
        Calls `check_fork` before it computes anything.
    limits, folder, timed, on_line
        As in `run_fork`.
    """
    (folder / SOUND).unlink(missing_ok=True)
    try:
        outcome = run_fork(
            work, limits=limits, folder=folder, timed=timed, on_line=on_line, stall_s=STALL_S
        )
    except OSError:  # memory is short
        return None
    except StalledForkError:
        _UNSOUND.add(os.getpid())
        return None
    if not (folder / SOUND).exists():
        if outcome.limit is None:
            _UNSOUND.add(os.getpid())
        return None
    (folder / SOUND).unlink()
    return outcome


def check_fork() -> None:
    """Compute something with Paddle; for use in a fork of a process that may have used it before.

    If a lock of Paddle or a pool of threads did not survive the fork, SIGALRM ends this process.

    Raises
    ------
    ArithmeticError
        If the result is wrong.
    """
    import paddle

    warnings.simplefilter("ignore")  # the program may have made errors of them
    signal.setitimer(signal.ITIMER_REAL, SOUND_LIMIT_S)
    paddle.nn.functional.conv2d(paddle.ones([2, 8, 32, 32]), paddle.ones([8, 8, 3, 3])).sum()
    matrix = paddle.ones([256, 256])
    if float((matrix @ matrix)[0, 0]) != 256:
        raise ArithmeticError("Paddle computes a wrong product after a fork")
    # Paddle counts memory for each thread, in a list whose lock every new peak takes. If another
    # thread held that at the fork, only threads that are new in the list wait for it.
    thread = threading.Thread(target=paddle.ones, args=([1],), daemon=True)
    thread.start()
    thread.join()
    # Until it has left that list, which it does after Python has finished with it: a fork of this
    # process at that moment would inherit the lock.
    while Path(f"/proc/self/task/{thread.native_id}").exists():
        time.sleep(0.001)
    signal.setitimer(signal.ITIMER_REAL, 0)
    Path(SOUND).touch()


def _is_elsewhere(frame: FrameType) -> bool:
    """Return whether a thread is in code that does not use Paddle, such as a kernel's channels."""
    if Path(frame.f_code.co_filename).is_relative_to(_KERNELS):
        return True
    package = package_of(frame.f_code.co_filename)
    return package is not None and not package.name.startswith("paddle")
