"""`workbench program`: show a saved program, or compare two."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import click

from ..program.formats.saved import SavedProgram, read
from ..program.model.capture import Capture, Stage
from ..program.model.structure import Op, Program, is_counted
from ..terminal_text import one_line
from .printing import print_json, print_text

__all__ = ["command"]


class _ShowByDefault(click.Group):
    """A group that shows a program if the first argument is not a command."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in {*self.commands, *ctx.help_option_names}:
            args = ["show", *args]
        return super().parse_args(ctx, args)


@click.group("program", cls=_ShowByDefault)
def command() -> None:
    """Show a saved program or capture, or compare two: workbench program PATH shows one.

    Programs end in .json (PIR), .pdmodel or .onnx, or are called __model__.
    """


@command.command("diff")
@click.argument("before", type=click.Path(path_type=Path))
@click.argument("after", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the difference as JSON.")
def diff(before: Path, after: Path, *, as_json: bool) -> None:
    """Compare ops, shapes, attributes and weights of two saved programs.

    The exit status is 1 if anything differs.
    """
    from ..program.difference import difference

    result = difference(read(before), read(after))
    if as_json:
        print_json(json.dumps(result.to_json(), ensure_ascii=False, indent=2))
    else:
        print_text(result)
    sys.exit(not result.is_same)


@command.command("show")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print all details as JSON.")
def show(path: Path, *, as_json: bool) -> None:
    """Show the stages, ops, inputs and outputs of a saved program or capture."""
    saved = read(path)
    if as_json:
        print_json(json.dumps(_description(saved), ensure_ascii=False, indent=2))
    else:
        _print(saved)


def _description(saved: SavedProgram) -> dict[str, Any]:
    return {
        "path": str(saved.path),
        "format": saved.format,
        "version": saved.version,
        **_program(saved.program),
        "stages": [_stage(stage) for stage in saved.capture.stages] if saved.capture else [],
    }


def _program(program: Program) -> dict[str, Any]:
    return {
        "inputs": [_value(program, value) for value in program.inputs],
        "outputs": [_value(program, value) for value in program.outputs],
        "parameters": [
            {
                "name": parameter.name,
                "shape": parameter.shape,
                "dtype": parameter.dtype,
                "bytes": parameter.bytes,
            }
            for parameter in program.parameters
        ],
        "ops": [_op(op) for op in program.ops],
        "values": [_value(program, value) for value in program.values],
    }


def _op(op: Op) -> dict[str, Any]:
    return {
        "id": op.id,
        "name": op.name,
        "inputs": op.inputs,
        "outputs": op.outputs,
        "attributes": dict(op.attributes),
        "layer": op.layer,
        "line": {"file": op.line.file, "line": op.line.line, "certain": op.line.certain}
        if op.line
        else None,
        "regions": [
            {"arguments": region.arguments, "ops": [_op(inner) for inner in region.ops]}
            for region in op.regions
        ],
    }


def _value(program: Program, number: int) -> dict[str, Any]:
    value = program.values[number]
    return {
        "id": number,
        "name": value.name,
        "shape": value.shape,
        "size_names": value.size_names,
        "dtype": value.dtype,
    }


def _stage(stage: Stage) -> dict[str, Any]:
    return {
        "name": stage.name,
        "scope": stage.scope,
        "duration_ms": stage.duration_ms,
        "matches": stage.matches,
        "ops_before": stage.ops_before,
        "ops_after": stage.ops_after,
        "removed": stage.removed,
        "added": stage.added,
        "changed": stage.changed,
    }


def _print(saved: SavedProgram) -> None:
    program = saved.program
    counts = Counter(op.name for op in program.walk() if is_counted(op))
    size = sum(parameter.bytes for parameter in program.parameters)
    version = f" {saved.version}" if saved.version else ""
    print_text(one_line(f"{saved.path} ({saved.format}{version})"))
    _print_values("input", program, program.inputs)
    _print_values("output", program, program.outputs)
    print_text(f"  parameters  {len(program.parameters)}, {size:,} bytes")
    print_text(f"  ops         {counts.total()}")
    names = {name: one_line(name) for name in counts}
    width = max(map(len, names.values()), default=0)
    for name, number in counts.most_common():
        print_text(f"    {names[name]:{width}}  {number:6}")
    if saved.capture is not None and saved.capture.stages:
        _print_stages(saved.capture)


def _print_values(label: str, program: Program, numbers: tuple[int, ...]) -> None:
    for number in numbers:
        value = program.values[number]
        # Without parentheses if even the number of sizes is unknown.
        shape = "" if value.shape is None else f" ({', '.join(value.sizes())})"
        name = f" {value.name}" if value.name else ""
        print_text(one_line(f"  {label:<10} {name}{shape} {value.dtype}"))


def _print_stages(capture: Capture) -> None:
    print_text(f"  stages      {len(capture.stages)}; those that changed something:")
    width = max(len(stage.name) for stage in capture.stages)
    for stage in capture.stages:
        if not (stage.added or stage.removed or stage.changed):
            continue
        duration = " " * 11 if stage.duration_ms is None else f"{stage.duration_ms:8.2f} ms"
        matches = "" if stage.matches is None else f"  {stage.matches} matches"
        ops = f"{stage.ops_before:6} -> {stage.ops_after:<6}"
        print_text(f"    {one_line(stage.name):{width}} {ops}{duration}{matches}")
