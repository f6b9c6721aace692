"""A process that has a `RemoteExecution`, as a run has one.

    python session.py ADDRESS NOTEBOOK OPTIONS

Prints what happens as lines of JSON; each line on stdin stops it.
"""

from __future__ import annotations

import json
import sys
import threading
from pathlib import Path
from typing import Any

import nbformat

from paddle_workbench.errors import WorkbenchError
from paddle_workbench.execution import ExecutedCell
from paddle_workbench.runs.remote import RemoteExecution


def say(**facts: Any) -> None:
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


class Listener:
    def __init__(self, notebook: nbformat.NotebookNode) -> None:
        self._notebook = notebook
        self._index = 0

    def cell_started(self, index: int) -> None:
        self._index = index
        say(started=index)

    def output_received(self) -> None:
        say(outputs=self._notebook.cells[self._index].outputs)

    def cell_finished(self, cell: ExecutedCell) -> None:
        say(finished=cell.index)


def main() -> None:
    address, path, options = sys.argv[1], Path(sys.argv[2]), json.loads(sys.argv[3])
    notebook = nbformat.read(path, as_version=4)
    memory: list[int | None] = []
    execution = RemoteExecution(
        notebook,
        address=address,
        folder=path.parent,
        kernel_log=path.parent.parent / "kernel.log",
        listener=Listener(notebook),
        on_memory=memory.append,
        on_warning=lambda warning: say(warning=warning),
        **options,
    )

    def stop() -> None:
        for _line in sys.stdin:
            execution.stop()

    threading.Thread(target=stop, daemon=True).start()
    try:
        place = execution.place()
        say(place=place and place.node, machine=place and place.machine)
        ending = execution.run()
    except WorkbenchError as error:
        execution.close()
        say(error=error.message, hint=error.hint)
        return
    say(
        ending=ending.state,
        cell=ending.cell,
        reason=ending.reason,
        details=ending.details,
        memory=max((each for each in memory if each is not None), default=None),
    )
    nbformat.write(notebook, path.parent.parent / "output.ipynb")


if __name__ == "__main__":
    main()
