"""What a program is: source, ops, values, and what each pass made of them.

Everything here is plain data that needs no Paddle: a capture can be made in one process, kept in a
file and shown in another. Ids of ops and values are small integers, unique through all stages of a
capture: what a pass keeps has the same id before and after it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ...contract import Text
from .structure import Op, Parameter, Program, Region, SourceLine, Value

__all__ = [
    "SCHEMA_VERSION",
    "Capture",
    "Explanation",
    "GraphBreak",
    "Guard",
    "MemoryPlan",
    "Op",
    "OpCost",
    "Origin",
    "Parameter",
    "Program",
    "Region",
    "SourceLine",
    "SourceText",
    "Stage",
    "SubGraph",
    "Transformed",
    "Value",
]

SCHEMA_VERSION = 1
"""Of a saved capture. A file with a higher one is not read."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an op came from.

    Parameters
    ----------
    op_id : int
    certain : bool
        False if it was inferred and the program does not prove it.
    """

    op_id: int
    certain: bool = True


@dataclass(frozen=True, slots=True)
class OpCost:
    """What one op costs, from its shapes.

    Parameters
    ----------
    flops : int or None
        Floating-point operations, a multiplication and an addition counted as two; None if no
        formula is known.
    bytes_read, bytes_written : int or None
        None if a size is unknown.
    measured_ms : float or None
        Mean time of the op in the Predictor on one thread, by Paddle's profiler; None where it was
        not measured, or the profiler does not tell which op it was.
    """

    flops: int | None
    bytes_read: int | None
    bytes_written: int | None
    measured_ms: float | None = None


@dataclass(frozen=True, slots=True)
class MemoryPlan:
    """Which values must be kept at which moment, without the parameters.

    Parameters
    ----------
    steps : tuple of int
        Op ids in the order they run; only those that take part.
    live_bytes : tuple of int, as long as `steps`
        Bytes of all values that are alive while the op runs.
    peak_bytes : int
        The largest of `live_bytes`.
    peak_op : int or None
        Id of the op at which it is reached.
    total_bytes : int
        What it would take to give every value a place of its own.
    reuse_saved_bytes : int
        `total_bytes` less what is needed when a place is used again after its value's last use.
    inplace_saved_bytes : int
        How much lower the peak is because ops write over their input.
    parameter_bytes : int
    unknown : int
        Number of values whose size the plan does not know.
    """

    steps: tuple[int, ...]
    live_bytes: tuple[int, ...]
    peak_bytes: int
    peak_op: int | None
    total_bytes: int
    reuse_saved_bytes: int
    inplace_saved_bytes: int
    parameter_bytes: int
    unknown: int = 0


@dataclass(frozen=True, slots=True)
class Stage:
    """The program after one step of the pipeline.

    Parameters
    ----------
    name : str
        The pass, or `jit.save` for what saving made of the traced program.
    program : Program
        The same object as the stage before if nothing changed.
    duration_ms : float or None
        How long the pass took; None if it was not measured.
    matches : int or None
        How often the pass found its pattern, as it says itself; None if it does not say.
    removed, added : tuple of int
        Op ids, compared with the stage before.
    lineage : mapping of int to tuple of Origin
        By id of an added op, the ops of the stage before that it came from; also a kept op into
        which others were merged. An op that is in neither is the op of the same id. An empty tuple
        says that it came from nothing: a pass brought it along.
    changed : tuple of int
        Ops that were kept, but with another dialect, kernel or attributes, or now working in place.
    moved : tuple of int
        Ops that were kept but stand in another order or region.
    scope : str
        `builtin.module`, or the control-flow op inside which the pass ran.
    ops_before, ops_after : int
        Without parameters and constants' bookkeeping: all ops but `builtin.parameter`.
    costs : mapping of int to OpCost
        By id of every op that computes.
    memory : MemoryPlan or None
    """

    name: str
    program: Program
    duration_ms: float | None = None
    matches: int | None = None
    removed: tuple[int, ...] = ()
    added: tuple[int, ...] = ()
    lineage: Mapping[int, tuple[Origin, ...]] = field(default_factory=dict)
    changed: tuple[int, ...] = ()
    moved: tuple[int, ...] = ()
    scope: str = "builtin.module"
    ops_before: int = 0
    ops_after: int = 0
    costs: Mapping[int, OpCost] = field(default_factory=dict)
    memory: MemoryPlan | None = None

    def origins(self, op_id: int) -> tuple[Origin, ...]:
        """Return the ops of the stage before that an op of this one came from."""
        return self.lineage.get(op_id, () if op_id in self.added else (Origin(op_id),))


@dataclass(frozen=True, slots=True)
class SourceText:
    """A stretch of the learner's source: one function or method.

    Parameters
    ----------
    file : str
    first_line : int
        The number in the file of the text's first line.
    text : str
    name : str
        `Net.forward`
    """

    file: str
    first_line: int
    text: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Transformed:
    """What AST conversion made of one function.

    Parameters
    ----------
    text : str
    lines : mapping of int to int
        From the line in `text`, counted from 1, to the line of the source file it came from.
    file : str
        The source file that `lines` means.
    name : str
        `Net.forward`
    """

    text: str
    lines: Mapping[int, int]
    file: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class GraphBreak:
    """A place where SOT left the graph and went back to Python.

    Parameters
    ----------
    reason : str
        In Paddle's own words.
    line : SourceLine or None
    kind : str
        Paddle's class of reasons, such as `DataDependencyControlFlowBreak`.
    """

    reason: str
    line: SourceLine | None = None
    kind: str = ""


@dataclass(frozen=True, slots=True)
class SubGraph:
    """One graph that SOT made.

    Parameters
    ----------
    name : str
    ops : int
        Number of calls in it.
    text : str
        The graph as Paddle prints it.
    lines : tuple of SourceLine
        Where its calls came from.
    eager : bool
        True if it is smaller than SOT's minimum, so that Paddle runs it eagerly.
    """

    name: str
    ops: int
    text: str = ""
    lines: tuple[SourceLine, ...] = ()
    eager: bool = False


@dataclass(frozen=True, slots=True)
class Guard:
    """What SOT tests before it uses a graph again.

    Parameters
    ----------
    expression : str
        Python that must be true.
    function : str
        The function whose graphs it guards.
    line : SourceLine or None
    """

    expression: str
    function: str = ""
    line: SourceLine | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why something is not in the graph, or not as it looks, and what to do.

    Parameters
    ----------
    kind : str
        `numpy-under-ast`, `break-print` ...; see `program.coach.explanations`.
    rule : Text
        What Paddle does, in general.
    line : SourceLine or None
        Where it happened here.
    repair : Text
        What to write instead.
    proven : bool
        True if the repair was run on this version of Paddle and worked.
    example : str
        The repair as code.
    message : str
        What Paddle said, empty if it said nothing.
    """

    kind: str
    rule: Text
    line: SourceLine | None
    repair: Text
    proven: bool = False
    example: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class Capture:
    """The whole way of one network or function: source, transformed code, program, stages.

    Parameters
    ----------
    schema_version : int
    name : str
        The network's class or the function's name.
    sources : tuple of SourceText
        Each of the learner's functions that took part, in the order it was first seen.
    transformed : tuple of Transformed
        What AST conversion made of them.
    program : Program or None
        As traced; None if tracing failed, and then `explanations` says why.
    stages : tuple of Stage
        What became of `program`, in order; empty until `capture(..., stages=...)` asks for them.
    subgraphs, breaks, guards : tuples
        What SOT made of the same code; empty if it was not asked.
    parameters : tuple of Parameter
    explanations : tuple of Explanation
    costs : mapping of int to OpCost
        Of the traced program, by op id.
    memory : MemoryPlan or None
        Of the traced program.
    difference : float or None
        Largest difference of what the last stage computes from the eager result, as a part of the
        eager result's largest value; None if it was not asked for.
    """

    schema_version: int
    name: str
    sources: tuple[SourceText, ...] = ()
    transformed: tuple[Transformed, ...] = ()
    program: Program | None = None
    stages: tuple[Stage, ...] = ()
    subgraphs: tuple[SubGraph, ...] = ()
    breaks: tuple[GraphBreak, ...] = ()
    guards: tuple[Guard, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    explanations: tuple[Explanation, ...] = ()
    costs: Mapping[int, OpCost] = field(default_factory=dict)
    memory: MemoryPlan | None = None
    difference: float | None = None

    def origins(self, op_id: int, *, stage: int = -1) -> tuple[Origin, ...]:
        """Return the ops of the traced program that an op of a stage came from.

        `stage` is an index into `stages`; the last one by default. An origin is certain if every
        step on the way is.
        """
        certainty: dict[int, bool] = {op_id: True}
        for step in reversed(self.stages[: stage + 1 or None]):
            earlier: dict[int, bool] = {}
            for number, is_certain in certainty.items():
                for origin in step.origins(number):
                    both = is_certain and origin.certain
                    earlier[origin.op_id] = earlier.get(origin.op_id, False) or both
            certainty = earlier
        return tuple(Origin(number, is_certain) for number, is_certain in sorted(certainty.items()))

    def descendants(self, *, stage: int = -1) -> dict[int, tuple[Origin, ...]]:
        """Return the reverse of `origins`: by id of a traced op, what it became in a stage."""
        descendants: dict[int, list[Origin]] = {}
        program = self.stages[stage].program if self.stages else self.program
        for op in program.walk() if program else ():
            for origin in self.origins(op.id, stage=stage):
                descendants.setdefault(origin.op_id, []).append(Origin(op.id, origin.certain))
        return {op_id: tuple(ops) for op_id, ops in descendants.items()}
