"""Which pass changes the result of a program, found by leaving passes out one at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ...scratch import ScratchFolder
from ..model.capture import Capture, Stage
from ..model.structure import Op, Program, SourceLine
from .arrays import write_arrays
from .comparison import Array
from .predictor_process import predictor_request
from .steps import LOWERED, SAVED
from .worker import EXPECTED
from .worker_process import run_task

__all__ = ["Culprit", "find_culprit", "overwriting_line"]

SEARCH_LIMIT_S = 120.0
MOST_CRASHES = 3
"""Without some passes the Predictor crashes; after this many crashes the search ends."""

NO_PASSES = ""
# Their result is in the memory of their input unless the layout really differs.
_SHARING = frozenset({"onednn_to_paddle_layout"})


@dataclass(frozen=True, slots=True)
class Culprit:
    """The pass without which the result is the eager one.

    Parameters
    ----------
    name : str
        Empty if the result is a different one even without any passes.
    difference : float
        From the eager result, without the pass or without any passes.
    line : SourceLine or None
        Of an op that overwrites a value which another op still reads, if the pass made one.
    """

    name: str
    difference: float
    line: SourceLine | None = None


def find_culprit(
    program: Program,
    prefix: Path,
    stages: Sequence[Stage],
    inputs: Sequence[Array],
    expected: Sequence[Array],
    dtypes: Sequence[str],
    *,
    onednn: bool,
) -> Culprit | None:
    """Return the pass to blame for a wrong result; None if it is not one pass alone.

    Parameters
    ----------
    program : Program
        The traced program.
    prefix : Path
        Path of its files, without the suffix.
    stages : sequence of Stage
        Passes that changed the program are tried, the last one first.
    inputs, expected : sequences of arrays
        The eager results of the inputs.
    dtypes : sequence of str
        The dtypes of these results in the program.
    onednn : bool
    """
    pairs = zip((program, *(stage.program for stage in stages)), stages, strict=False)
    changing = [stage.name for before, stage in pairs if stage.program is not before]
    names = [name for name in dict.fromkeys(reversed(changing)) if name not in (SAVED, LOWERED)]
    remaining = [NO_PASSES, *names]
    for _ in range(MOST_CRASHES):
        with ScratchFolder("culprit") as folder:
            request = predictor_request(program, prefix, folder, inputs, onednn=onednn)
            request |= {"passes": remaining, "expected_dtypes": list(dtypes)}
            write_arrays(folder / EXPECTED, expected)
            outcome = run_task("without", folder, request, timeout_s=SEARCH_LIMIT_S)
        answer = outcome.answer
        if answer is None or outcome.limit is not None:
            return None
        if "difference" in answer:
            line = overwriting_line(program, stages, answer["name"])
            return Culprit(answer["name"], float(answer["difference"]), line)
        if outcome.status == 0:
            return None
        remaining = remaining[remaining.index(answer["trying"]) + 1 :]
    return None


def overwriting_line(program: Program, stages: Sequence[Stage], name: str) -> SourceLine | None:
    """Return the line of the first op of a pass that overwrites what a later op reads."""
    for index, stage in enumerate(stages):
        if stage.name != name:
            continue
        op = _overwriting_op(stage.program)
        if op is None:
            continue
        capture = Capture(1, "", program=program, stages=tuple(stages))
        ops = program.by_id()
        origins = capture.origins(op.id, stage=index)
        lines = [ops[origin.op_id].line for origin in origins if origin.op_id in ops]
        return next((line for line in lines if line is not None), None)
    return None


def _overwriting_op(program: Program) -> Op | None:
    memory: dict[int, int] = {}
    for op in program.ops:
        if op.kind in _SHARING and op.inputs and op.inputs[0] is not None and op.outputs:
            memory[op.outputs[0]] = memory.get(op.inputs[0], op.inputs[0])
    last_readers = {
        memory.get(value, value): position
        for position, op in enumerate(program.ops)
        for value in op.inputs
        if value is not None
    }
    for position, op in enumerate(program.ops):
        if op.kind.endswith("_") and op.inputs and op.inputs[0] is not None:
            overwritten = memory.get(op.inputs[0], op.inputs[0])
            if last_readers[overwritten] > position:
                return op
    return None
