"""Python in a child process with limits: a crash, a hang or growth there is a result here.

`run` starts a module as `python -m` does, with three differences. The current folder, which may be
a learner's or a server's root, is not on the child's `sys.path`. The child leads a process group
of its own, and the group ends with it. It ends when its parent does, however that happens.
"""

from .outcome import Limits, Message, Outcome, write_answer
from .running import module_command, run, run_async, with_absolute_paths

__all__ = [
    "Limits",
    "Message",
    "Outcome",
    "module_command",
    "run",
    "run_async",
    "with_absolute_paths",
    "write_answer",
]
