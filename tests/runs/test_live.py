"""What a run does now is in a file while it runs."""

from __future__ import annotations

import os
from pathlib import Path

from nbformat.v4 import new_code_cell, new_output

from paddle_workbench.contract import RunLive
from paddle_workbench.runs.running.live import LiveState
from paddle_workbench.runs.store.records import read_live

from ..kernels.sessions import wait_until


def live(folder: Path) -> RunLive:
    return read_live(folder) or RunLive()


def test_shows_the_cell_its_last_output_and_the_memory(tmp_path: Path) -> None:
    kernels: list[int | None] = [None]
    cell = new_code_cell(id="train")
    with LiveState(tmp_path, lambda: kernels[0]) as state:
        state.begin_cell(cell, 2)
        wait_until(lambda: live(tmp_path).cell == "train")
        assert live(tmp_path).index == 2
        assert live(tmp_path).memory_bytes is None
        kernels[0] = os.getpid()
        cell.outputs.append(new_output("stream", text="begin\nstep 1\rstep 2\r"))
        state.note_output(cell)
        wait_until(lambda: live(tmp_path).output == "begin\nstep 2")
        memory = live(tmp_path).memory_bytes
        assert memory is not None
        assert memory > 1_000_000
        # It is kept between two measurements.
        cell.outputs.append(new_output("stream", text="step 3"))
        state.note_output(cell)
        wait_until(lambda: live(tmp_path).output == "step 3")
        assert live(tmp_path).memory_bytes is not None
    assert read_live(tmp_path) is None
