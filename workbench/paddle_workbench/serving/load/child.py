"""The child process of `load_process`: `python -m paddle_workbench.serving.load.child`."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

from ...child_process import write_answer
from .loading import LoadProgress
from .process import read_load

__all__ = ["main"]


def main() -> None:
    """Send the load of the working folder, and write what it has shown there."""
    run = read_load(Path()).send(_print)
    write_answer(run.model_dump(mode="json"))


def _print(progress: LoadProgress) -> None:
    values = asdict(progress) | {"moment": progress.moment.model_dump()}
    sys.stderr.write(f"{json.dumps(values)}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    main()
