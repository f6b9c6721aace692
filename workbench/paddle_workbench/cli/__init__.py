"""The command `workbench`: one module per command, without logic of its own."""

import os
import signal
import sys

__all__ = ["main"]

# Those that import much. Where kernels start warm, they start warm too.
_WARM_COMMANDS = frozenset({"bundle", "compress", "export", "run", "runs", "trace"})


def main() -> None:
    """Run the command line, in a fork of the fork server if that is faster.

    The exit status is 0 for success, 1 if a run or check failed, and 2 for errors such as wrong
    arguments.
    """
    if sys.argv[1:2] == ["run"] and "-p" in sys.argv:
        from .hidden_arguments import hide_secrets

        hide_secrets(sys.argv[1:])
    if sys.argv[1:2] and sys.argv[1] in _WARM_COMMANDS:
        from ..kernels.warm_command import run_in_fork

        status = run_in_fork(sys.argv[1:])
        if status is not None:
            _end(status)
    from .commands import main as run_here

    run_here()


def _end(status: int) -> None:
    """End as the fork has ended."""
    if status < 0:
        if -status != signal.SIGKILL:  # which has no handler
            signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    # Nothing has been written here, and taking Python down takes a while.
    os._exit(status)
