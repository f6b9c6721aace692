"""The program of a bundle without passes: every value of it on one sample, with its op and line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import numpy as np

from ...contract import BundleRecord
from ...errors import BundleError
from ...program.formats.assembly import Numbering, assemble
from ...program.formats.pir_text import read_program
from ...program.model.structure import Op, Program, SourceLine
from ...program.passes.arrays import read_arrays, write_arrays
from ...program.passes.comparison import Array
from ...program.passes.lineage import next_stage
from ...program.passes.steps import SAVED
from ...scratch import ScratchFolder
from ..targets.target import PROGRAM
from .child import problem_of, run_task
from .onnx_causes import WEIGHTS
from .worker import INPUTS_RECORDED, OUTPUTS, OUTPUTS_RECORDED, VALUES

__all__ = ["RunProgram", "line_of", "run_program"]


@dataclass(frozen=True, slots=True)
class RunProgram:
    """A program that was run op by op.

    Parameters
    ----------
    program : Program
        As it was saved, with the ids of the traced program.
    values : dict of int to array
        By the id of the value; only those that another op reads.
    outputs : tuple of arrays
    recorded : tuple of arrays
        Outputs for the recorded sample; empty without one.
    weights : dict of str to array
        By the program's own names.
    """

    program: Program
    values: dict[int, Array]
    outputs: tuple[Array, ...]
    recorded: tuple[Array, ...]
    weights: dict[str, Array]

    def read_by(self, op: Op) -> set[int]:
        """Return what an op and the ops inside its regions read."""
        return {value for inner in op.walk() for value in inner.inputs if value is not None}


def run_program(
    source: Path,
    record: BundleRecord,
    traced: Program,
    inputs: Sequence[Array],
    *,
    recorded: Sequence[Array] = (),
) -> RunProgram:
    """Run a program in a child process.

    Parameters
    ----------
    source : Path
        The folder with the program, of the bundle or as it was deployed.
    record : BundleRecord
    traced : Program
        With the lines of the code.
    inputs : sequence of arrays
    recorded : sequence of arrays
        Inputs of a second run, of which only the outputs are kept.

    Raises
    ------
    BundleError
        If Paddle cannot run it on these inputs.
    """
    with ScratchFolder("trace") as folder:
        request = {
            "prefix": str((source / PROGRAM).resolve()),
            "inputs": [each.name for each in record.inputs],
            "recorded": bool(recorded),
        }
        if recorded:
            write_arrays(folder / INPUTS_RECORDED, recorded)
        outcome = run_task("values", folder, request, inputs)
        answer = outcome.answer or {}
        if not (folder / OUTPUTS).is_file():
            raise BundleError(
                f"The program in {source} cannot be run on the sample: it {problem_of(outcome)}",
                "Pass an input as bundle.predict takes it.",
                code="PW-T101",
            )
        saved = _with_ids(traced, answer["text"])
        places = answer.get("places") or []
        arrays = read_arrays(folder / VALUES) if places else []
        values = {
            saved.ops[op].outputs[number]: array
            for (op, number), array in zip(places, arrays, strict=True)
        }
        return RunProgram(
            saved,
            _not_overwritten(saved, values),
            tuple(read_arrays(folder / OUTPUTS)),
            tuple(read_arrays(folder / OUTPUTS_RECORDED)) if recorded else (),
            _arrays(folder / WEIGHTS),
        )


def _arrays(path: Path) -> dict[str, Array]:
    with np.load(path) as arrays:
        return dict(arrays)


def _with_ids(traced: Program, text: str) -> Program:
    """Return a printed program with the ids of the ops and values that it shares with another."""
    ops = count(1 + max((op.id for op in traced.walk()), default=-1))
    values = count(1 + max(traced.values, default=-1))
    numbering = Numbering(ops.__next__, values.__next__)
    after = assemble(read_program(text), Numbering())
    return next_stage(SAVED, traced, after, numbering).program


def _not_overwritten(program: Program, values: dict[int, Array]) -> dict[int, Array]:
    """Leave out the values in whose memory a later op writes: they are fetched after it."""
    lost = {
        op.inputs[0]
        for op in program.ops
        if op.kind.endswith("_") and op.kind != "batch_norm_" and op.inputs
    }
    return {value: array for value, array in values.items() if value not in lost}


def line_of(program: Program, op: Op) -> SourceLine | None:
    """Return the line of an op, or else of one that makes its inputs."""
    makers = {value: each for each in program.ops for value in each.outputs}
    lines = [op.line, *(makers[value].line for value in op.inputs if value in makers)]
    return next((line for line in lines if line is not None), None)
