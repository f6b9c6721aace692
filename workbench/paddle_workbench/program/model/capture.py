"""What a capture holds: source, ops, values, and what each pass made of them.

Everything here is plain data that needs no Paddle: a capture can be made in one process, saved to
a file and shown in another. Ids of ops and values are small integers, unique across all stages of a
capture: an op or value that a pass keeps has the same id before and after it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ...codes import COACH
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
"""The version of the file format; files with a higher one are refused."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an op came from.

    Parameters
    ----------
    op_id : int
    certain : bool
        False if it is inferred and the program does not prove it.
    """

    op_id: int
    certain: bool = True


@dataclass(frozen=True, slots=True)
class OpCost:
    """The cost of one op, computed from its shapes.

    Parameters
    ----------
    flops : int or None
        Floating-point operations; a multiplication and an addition count as two. None if there
        is no formula for the op.
    bytes_read, bytes_written : int or None
        None if a size is unknown.
    measured_ms : float or None
        Mean time of the op in the Predictor on one thread, measured by Paddle's profiler; None
        if it was not measured or the profile does not identify the op.
    """

    flops: int | None
    bytes_read: int | None
    bytes_written: int | None
    measured_ms: float | None = None


@dataclass(frozen=True, slots=True)
class MemoryPlan:
    """Which values are in memory at each step; parameters are counted separately.

    Parameters
    ----------
    steps : tuple of int
        Ids of the ops that take part, in the order they run.
    live_bytes : tuple of int, as long as `steps`
        Bytes of all values that are in memory while the op runs.
    peak_bytes : int
        The largest of `live_bytes`; a lower bound if the size of some values is unknown.
    peak_op : int or None
        Id of the op that reaches the peak.
    total_bytes : int
        Bytes that would be needed if memory were never reused.
    reuse_saved_bytes : int
        How many bytes reuse saves: memory is free again after the last use of its value.
    inplace_saved_bytes : int
        How many bytes lower the peak is because ops overwrite their input.
    parameter_bytes : int
    unknown : int
        Number of values of unknown size, which the plan leaves out. If it is not 0, all bytes are
        lower bounds.
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
        Name of the pass; `jit.save` for the program as it was saved.
    program : Program
        The same object as in the previous stage if nothing changed.
    duration_ms : float or None
        How long the pass took; None if it was not measured.
    matches : int or None
        How often the pass reports that its pattern matched; None if it does not report this.
    removed, added : tuple of int
        Ids of ops, compared with the previous stage.
    lineage : mapping of int to tuple of Origin
        For each added op, and each kept op that others were merged into, the ops of the previous
        stage that it came from. Any other op came from the op with the same id. An empty tuple
        means that the pass created the op from nothing.
    changed : tuple of int
        Ids of kept ops with a different dialect, kernel or attributes, or that now work in place.
    moved : tuple of int
        Ids of kept ops that are in a different order or region.
    scope : str
        `builtin.module`, or the control-flow op that the pass ran inside.
    ops_before, ops_after : int
        Number of ops that count; see `is_counted`.
    costs : mapping of int to OpCost
        Cost of every op that computes, by id.
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
        """Return the ops of the previous stage that an op of this one came from."""
        return self.lineage.get(op_id, () if op_id in self.added else (Origin(op_id),))


@dataclass(frozen=True, slots=True)
class SourceText:
    """The source of one of the learner's functions or methods.

    Parameters
    ----------
    file : str
    first_line : int
        Line number of the text's first line in the file.
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
    """One function after AST conversion.

    Parameters
    ----------
    text : str
    lines : mapping of int to int
        From each line of `text`, counted from 1, to the line of `file` that it came from.
    file : str
        The source file.
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
        Paddle's class for the reason, such as `DataDependencyControlFlowBreak`.
    """

    reason: str
    line: SourceLine | None = None
    kind: str = ""


@dataclass(frozen=True, slots=True)
class SubGraph:
    """One graph that SOT built.

    Parameters
    ----------
    name : str
    ops : int
        Number of calls in the graph.
    text : str
        The graph as Paddle prints it.
    lines : tuple of SourceLine
        The lines that the calls came from.
    eager : bool
        True if it is smaller than SOT's minimum: Paddle runs such graphs eagerly.
    """

    name: str
    ops: int
    text: str = ""
    lines: tuple[SourceLine, ...] = ()
    eager: bool = False


@dataclass(frozen=True, slots=True)
class Guard:
    """A condition that SOT checks before it reuses a graph.

    Parameters
    ----------
    expression : str
        A Python expression that must be true.
    function : str
        The function whose graphs are guarded.
    line : SourceLine or None
    """

    expression: str
    function: str = ""
    line: SourceLine | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why something is missing from the graph or behaves differently there, and what to do.

    Parameters
    ----------
    kind : str
        `numpy-under-ast`, `break-print` ...; see `program.coach.explanations`.
    rule : Text
        What Paddle does in such a case.
    line : SourceLine or None
        Where it happened.
    repair : Text
        What to write instead.
    proven : bool
        True if the repair was run on this version of Paddle and worked.
    example : str
        The repair as code.
    message : str
        Paddle's message; empty if there is none.
    """

    kind: str
    rule: Text
    line: SourceLine | None
    repair: Text
    proven: bool = False
    example: str = ""
    message: str = ""

    @property
    def code(self) -> str:
        """Of the page that explains it, such as `PW-C101`."""
        return COACH.get(self.kind, "")


@dataclass(frozen=True, slots=True)
class Capture:
    """A network or function from its source through the transformed code to every stage.

    Parameters
    ----------
    schema_version : int
    name : str
        The network's class or the function's name.
    sources : tuple of SourceText
        The learner's functions that took part, in the order in which they were first seen.
    transformed : tuple of Transformed
        These functions after AST conversion.
    program : Program or None
        The traced program; None if tracing failed, and `explanations` says why.
    stages : tuple of Stage
        The program after each step of the pipeline; empty with `pipeline=None`.
    subgraphs, breaks, guards : tuples
        What SOT made of the same code; empty without `sot=True`.
    parameters : tuple of Parameter
    explanations : tuple of Explanation
    costs : mapping of int to OpCost
        Costs of the traced program, by op id.
    memory : MemoryPlan or None
        Memory plan of the traced program.
    difference : float or None
        Largest difference between the results of the last stage and the eager results, relative
        to the largest eager value of the same output; infinite if one of them is NaN and the other
        is not. None without `check_with`, or if `explanations` says why there is no difference.
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

        `stage` is an index into `stages`, by default the last. An origin is certain if every step
        on the way is.
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
        """Return the reverse of `origins`: for each traced op, the ops it became in a stage."""
        descendants: dict[int, list[Origin]] = {}
        program = self.stages[stage].program if self.stages else self.program
        for op in program.walk() if program else ():
            for origin in self.origins(op.id, stage=stage):
                descendants.setdefault(origin.op_id, []).append(Origin(op.id, origin.certain))
        return {op_id: tuple(ops) for op_id, ops in descendants.items()}
