"""Regular programs of any size, made of equal blocks without Paddle."""

from __future__ import annotations

from paddle_workbench.program.model.capture import (
    SCHEMA_VERSION,
    Capture,
    Origin,
    SourceText,
    Stage,
    Transformed,
)
from paddle_workbench.program.model.structure import Op, Program, SourceLine, Value

FILE = "net.py"
SOURCE = "def forward(self, x):\n    x = self.enter(x)\n    return self.blocks(x)\n"
TRANSFORMED = (
    "def forward(self, x):\n    x = call(self.enter, x)\n    return call(self.blocks, x)\n"
)
PARTS = (
    "matmul",
    "add",
    "gelu",
    "matmul",
    "add",
    "softmax",
    "matmul",
    "scale",
    "layer_norm",
    "add",
)


def regular_program(count: int, *, layered: bool = True) -> Program:
    """Return a chain of blocks of ten ops, each with a skip connection.

    Parameters
    ----------
    count : int
        Number of ops.
    layered : bool
        Put them into `blocks.N.attention` and `blocks.N.feed`; else all stand in the network.
    """
    ops = []
    for at in range(count):
        block, within = divmod(at, 10)
        inputs = [at - 1] if at else []
        if within == 9:
            inputs.append(at - 9)
        layer = f"blocks.{block}.{'attention' if within < 5 else 'feed'}" if layered else ""
        ops.append(
            Op(
                id=at,
                name=f"pd_op.{PARTS[within]}",
                inputs=tuple(inputs),
                outputs=(at,),
                attributes={"axis": -1} if within == 5 else {},
                layer=layer,
                line=SourceLine(FILE, 2 if block == 0 else 3),
                stack=(SourceLine(FILE, 2 if block == 0 else 3),),
            )
        )
    values = {at: Value(at, (-1, 64, 128), "float32") for at in range(count)}
    return Program(tuple(ops), values, outputs=(count - 1,))


def fuse(program: Program) -> Stage:
    """Return the stage of a pass that fuses each `matmul` and the `add` after it into one `fc`."""
    remaining: list[Op] = []
    lineage = {}
    removed = []
    ops = list(program.ops)
    after = len(program.values) + len(ops)
    at = 0
    while at < len(ops):
        first = ops[at]
        second = ops[at + 1] if at + 1 < len(ops) else None
        if first.kind == "matmul" and second is not None and second.kind == "add":
            remaining.append(
                Op(
                    id=after,
                    name="pd_op.fc",
                    inputs=first.inputs,
                    outputs=second.outputs,
                    layer="",
                )
            )
            lineage[after] = (Origin(first.id), Origin(second.id, certain=False))
            removed += [first.id, second.id]
            after += 1
            at += 2
        else:
            remaining.append(first)
            at += 1
    fused_program = Program(tuple(remaining), program.values, outputs=program.outputs)
    return Stage(
        name="matmul_add_fuse_pass",
        program=fused_program,
        duration_ms=1.5,
        matches=len(lineage),
        removed=tuple(removed),
        added=tuple(lineage),
        lineage=lineage,
        ops_before=len(ops),
        ops_after=len(remaining),
    )


def regular_capture(count: int, *, layered: bool = True) -> Capture:
    """Return the capture of a regular program, with a pass that fuses and one that does nothing."""
    program = regular_program(count, layered=layered)
    stage = fuse(program)
    idle = Stage(
        name="identity_pass",
        program=stage.program,
        ops_before=stage.ops_after,
        ops_after=stage.ops_after,
    )
    return Capture(
        schema_version=SCHEMA_VERSION,
        name="Regular",
        sources=(SourceText(FILE, 1, SOURCE, "Regular.forward"),),
        transformed=(Transformed(TRANSFORMED, {1: 1, 2: 2, 3: 3}, FILE, "Regular.forward"),),
        program=program,
        stages=(stage, idle),
    )
