"""Outputs of cells that a page runs, kept until it has saved them.

JupyterLab puts the outputs of a cell into its notebook. When the page is closed while a cell runs,
nothing does, although the kernel goes on.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ..settings import MEGABYTE, OutputLimits

__all__ = ["CellRun", "KernelOutputs", "Missed"]

DEATH_NOTE = "[The kernel died while this cell ran.]\n"
_RESULTS = frozenset(("display_data", "execute_result"))


@dataclass(slots=True)
class CellRun:
    """One execution of a cell.

    Parameters
    ----------
    id : str
        The id of the message that asks the kernel for it.
    cell : str
        The id of the cell.
    page : str
        The connection by which it was asked for.
    source : str
    """

    id: str
    cell: str
    page: str
    source: str
    state: Literal["queued", "running", "finished"] = "queued"
    execution_count: int | None = None
    version: int = 0
    """When it changed last, among all executions of the kernel."""
    size_bytes: int = 0
    is_cut: bool = False
    has_gap: bool = False
    """Whether the page itself was away for a while, too, and has come back."""
    clears_next: bool = False
    """Whether the next output replaces those before it."""
    _outputs: list[dict[str, Any]] = field(default_factory=list)
    _displays: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def outputs(self) -> list[dict[str, Any]]:
        """Return the outputs so far, as in a notebook file."""
        return [
            {**output, "text": "".join(output["text"])}
            if output["output_type"] == "stream"
            else output
            for output in self._outputs
        ]

    def write(self, name: str, text: str) -> None:
        """Add text to a stream; a carriage return begins a line again."""
        last = self._outputs[-1] if self._outputs else None
        if last is None or last["output_type"] != "stream" or last["name"] != name:
            last = {"output_type": "stream", "name": name, "text": []}
            self._outputs.append(last)
        parts: list[str] = last["text"]
        if "\r" in text or (parts and parts[-1].endswith("\r")):
            while parts:
                earlier, newline, last_line = parts.pop().rpartition("\n")
                text = last_line + text
                if newline:
                    parts.append(earlier + newline)
                    break
            lines = text.split("\n")
            # One at the end does not overwrite anything yet.
            text = "\n".join(line[line.rfind("\r", 0, len(line) - 1) + 1 :] for line in lines)
        parts.append(text)

    def show(self, kind: str, content: Mapping[str, Any]) -> None:
        """Add an output that is not text of a stream."""
        if kind == "error":
            names: tuple[str, ...] = ("ename", "evalue", "traceback")
        elif kind == "execute_result":
            names = ("data", "metadata", "execution_count")
        else:
            names = ("data", "metadata")
        output = {"output_type": kind} | {name: content.get(name) for name in names}
        self._outputs.append(output)
        display = _display_id(content)
        if display is not None and kind != "error":
            self._displays.setdefault(display, []).append(output)

    def update_display(self, content: Mapping[str, Any]) -> bool:
        """Replace what was displayed under the same id; return whether anything was."""
        displayed = self._displays.get(_display_id(content) or "", [])
        for output in displayed:
            output.update(data=content.get("data"), metadata=content.get("metadata"))
        return bool(displayed)

    def clear(self) -> None:
        """Remove the outputs."""
        self._outputs.clear()
        self._displays.clear()
        self.size_bytes = 0
        self.is_cut = False
        self.clears_next = False


@dataclass(frozen=True, slots=True)
class Missed:
    """What a page has missed.

    Parameters
    ----------
    runs : list of CellRun
        Those that have changed since the page asked before.
    version : int
        For the next question.
    is_running : bool
        Whether something that the page has missed the start of still runs.
    is_waiting : bool
        Whether something runs for another page, which is open or not yet found lost.
    """

    runs: list[CellRun]
    version: int
    is_running: bool
    is_waiting: bool


class KernelOutputs:
    """The executions of one kernel that pages asked for, by cell.

    Parameters
    ----------
    limits : OutputLimits
        Outputs beyond them are replaced by a note.
    """

    def __init__(self, limits: OutputLimits) -> None:
        self._limits = limits
        self._version = 0
        self._open: dict[str, int] = {}
        self._runs: dict[str, CellRun] = {}

    def connect(self, page: str) -> None:
        """Note that a page has opened a connection; it may come back with the same."""
        self._open[page] = self._open.get(page, 0) + 1
        for run in self._runs.values():
            if run.page == page:
                run.has_gap = True
                self._touch(run)

    def disconnect(self, page: str, *, left: bool) -> None:
        """Note that a connection of a page was closed.

        Parameters
        ----------
        page : str
        left : bool
            Whether the page was closed, and not lost. If all that it ran had ended, this is
            forgotten: it was shown there, and the browser asked about unsaved changes.
        """
        if self._open.get(page, 0) > 1:
            self._open[page] -= 1
            return
        self._open.pop(page, None)
        mine = [run for run in self._runs.values() if run.page == page]
        if left and all(run.state == "finished" for run in mine):
            self._forget(mine)
            return
        for run in mine:
            self._touch(run)

    def request(self, run_id: str, cell: str, page: str, source: str) -> None:
        """Note that a page asks the kernel to execute a cell, and forget what it did before."""
        self._forget([run for run in self._runs.values() if run.cell == cell])
        run = self._runs[run_id] = CellRun(id=run_id, cell=cell, page=page, source=source)
        self._touch(run)

    def knows(self, run_id: str) -> bool:
        """Return whether messages about an execution are of interest."""
        return run_id in self._runs

    def receive(self, kind: str, run_id: str, content: Mapping[str, Any]) -> None:
        """Apply a message of the kernel about an execution.

        Parameters
        ----------
        kind : str
            The type of the message.
        run_id : str
        content : mapping
            As in the protocol of kernels.
        """
        run = self._runs.get(run_id)
        if run is None:
            return
        if kind == "execute_input":
            # A kernel executes one cell at a time; the reply to another was lost by a restart.
            self._finish(each for each in self._runs.values() if each.state == "running")
            run.state = "running"
            run.execution_count = content.get("execution_count")
        elif kind == "status":
            if content.get("execution_state") != "idle":
                return
            run.state = "finished"
        elif kind == "clear_output":
            if content.get("wait"):
                run.clears_next = True
                return
            run.clear()
        elif kind == "update_display_data":
            for each in self._runs.values():
                if each.update_display(content):
                    self._touch(each)
            return
        elif kind == "stream" or kind == "error" or kind in _RESULTS:
            self._add(run, kind, content)
        else:
            return
        self._touch(run)

    def end(self, *, died: bool) -> None:
        """Note that the kernel starts again: nothing that was asked for goes on.

        Parameters
        ----------
        died : bool
            Whether nobody wished it, so that a note is added to the cell that ran.
        """
        for run in self._runs.values():
            if died and run.state == "running":
                run.write("stderr", DEATH_NOTE)
        self._finish(run for run in self._runs.values() if run.state != "finished")

    def missed(self, page: str, after: int) -> Missed:
        """Return what a page has missed: of pages that are closed, or while it was lost itself.

        Parameters
        ----------
        page : str
            The connection of the page that asks.
        after : int
            The version of the answer before, or 0.
        """
        missed = [
            run
            for run in self._runs.values()
            if (run.has_gap if run.page == page else run.page not in self._open)
        ]
        return Missed(
            runs=[run for run in missed if run.version > after],
            version=self._version,
            is_running=any(run.state != "finished" for run in missed),
            is_waiting=any(
                run.state != "finished" and run.page != page and run.page in self._open
                for run in self._runs.values()
            ),
        )

    def saved(self, page: str, run_ids: Iterable[str]) -> None:
        """Forget what ended and was saved: what the page ran itself, and what it missed before."""
        ids = set(run_ids)
        self._forget(
            [
                run
                for run in self._runs.values()
                if run.state == "finished" and (run.page == page or run.id in ids)
            ]
        )

    def _add(self, run: CellRun, kind: str, content: Mapping[str, Any]) -> None:
        if run.clears_next:
            run.clear()
        if run.is_cut:
            return
        size = _size(content)
        total = sum(each.size_bytes for each in self._runs.values())
        room = min(self._limits.cell_bytes - run.size_bytes, self._limits.notebook_bytes - total)
        run.size_bytes += size
        if kind == "stream":
            run.write(content["name"], content["text"][: max(0, room)])
        elif size <= room:
            run.show(kind, content)
        if size > room:
            run.is_cut = True
            megabytes = self._limits.cell_bytes / MEGABYTE
            run.write(
                "stderr", f"\n[Output cut here: more than {megabytes:g} MB without a page.]\n"
            )

    def _finish(self, runs: Iterable[CellRun]) -> None:
        for run in list(runs):
            run.state = "finished"
            self._touch(run)

    def _forget(self, runs: Iterable[CellRun]) -> None:
        for run in runs:
            del self._runs[run.id]

    def _touch(self, run: CellRun) -> None:
        self._version += 1
        run.version = self._version


def _display_id(content: Mapping[str, Any]) -> str | None:
    display: str | None = (content.get("transient") or {}).get("display_id")
    return display


def _size(content: Mapping[str, Any]) -> int:
    """Return the approximate size of an output in a notebook file."""
    text = content.get("text")
    return len(text) if isinstance(text, str) else len(json.dumps(content, default=str))
