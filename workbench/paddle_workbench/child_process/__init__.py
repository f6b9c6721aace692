"""Python in a child process with limits, so that its crashes and hangs cannot affect the parent.

`run` starts a module as `python -m` does, with three differences. The current folder, which may be
a learner's folder or a server's root, is not on the child's `sys.path`. The child leads a process
group, which is killed when the child ends. And the child ends when its parent does, for whatever
reason. A `Worker` is such a child that stays to answer further requests. `run_fork` and
`ForkWorker` call a function in a fork instead, which needs no imports.
"""

from .forking import StalledForkError, run_fork
from .outcome import ANSWER, Limits, Message, Outcome, read_answer, write_answer
from .running import module_command, run, run_async, with_absolute_paths
from .worker import ForkWorker, Reply, Worker, answer_requests

__all__ = [
    "ANSWER",
    "ForkWorker",
    "Limits",
    "Message",
    "Outcome",
    "Reply",
    "StalledForkError",
    "Worker",
    "answer_requests",
    "module_command",
    "read_answer",
    "run",
    "run_async",
    "run_fork",
    "with_absolute_paths",
    "write_answer",
]
