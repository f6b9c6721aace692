"""The step from the program to a target: which op or pass first makes it another result."""

from __future__ import annotations

import json
import math
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np

from ...child_process import Outcome
from ...contract import BundleRecord
from ...program.formats.assembly import Numbering
from ...program.model.capture import SCHEMA_VERSION, Capture, Stage
from ...program.model.structure import Op, Program, computes
from ...program.passes.arrays import read_arrays, write_arrays
from ...program.passes.comparison import TOLERANCE, Array, compare
from ...program.passes.culprit import find_culprit, overwriting_line
from ...program.passes.pipeline import PIPELINES, optimise
from ...program.passes.steps import LOWERED, SAVED
from ..rules import explain
from ..targets.onnx import MODEL
from ..targets.target import PROGRAM, PROGRAM_FOLDER, Target
from .child import problem_of, run_task
from .cut_search import first_wrong_op
from .difference import Cause, Step, weights_message
from .onnx_search import WEIGHTS
from .programs import RunProgram
from .worker import EXPECTED, OUTPUTS, VALUES

__all__ = ["target_step"]


def target_step(
    bundle: Path,
    record: BundleRecord,
    traced: Program,
    run: RunProgram,
    inputs: Sequence[Array],
    target: Target,
    files: Path | None,
    *,
    without: Sequence[str] = (),
) -> Step:
    """Run a target, and find the first op or pass that gives another value.

    Parameters
    ----------
    bundle : Path
        Its folder.
    record : BundleRecord
    traced : Program
    run : RunProgram
        The program and its values, which are right.
    inputs : sequence of arrays
    target : Target
    files : Path or None
        The folder with the files of the target, or the `.onnx` file; None to write them into a
        temporary folder.
    without : sequence of str
        Passes that the target leaves out.
    """
    with tempfile.TemporaryDirectory(prefix="trace_") as name:
        work = Path(name)
        folder = _folder(work, bundle, target, files)
        request: dict[str, Any] = {
            "target": target.name,
            "source": str((bundle / PROGRAM_FOLDER).resolve()),
            "folder": str(folder.resolve()),
            "write": files is None,
            "without": list(without),
            "inputs": [each.name for each in record.inputs],
        }
        if target.name == "onnx":
            title = "ONNX"
        else:
            title = "passes" if target.name in PIPELINES else target.title
        if target.name == "onnx" and files is not None:
            return _in_onnx(Step(title, None), work, request, traced, run, inputs)
        outcome = run_task("target", work, request, inputs)
        begun = (outcome.answer or {}).get("begun")
        if begun != "end":
            step = _failed(title, target, begun, outcome, traced)
            return _with_cut(step, work, request, run, inputs, traced)
        results = read_arrays(work / OUTPUTS)
        comparison = compare(results, run.outputs, [each.dtype for each in record.outputs])
        if isinstance(comparison, str):
            reason = comparison.replace("the Predictor", "the target")
            step = Step(title, math.inf, is_equal=False, problem=f"{reason.capitalize()}.")
        else:
            step = Step(title, comparison.difference, is_equal=comparison.is_equal)
        if target.name == "onnx":
            return _in_onnx(step, work, request, traced, run, inputs)
        if step.is_equal:
            return step
        if target.name not in PIPELINES:
            return _with_cut(step, work, request, run, inputs, traced)
        return _in_passes(step, work, request, bundle, traced, run, inputs)


def _folder(work: Path, bundle: Path, target: Target, files: Path | None) -> Path:
    """Return the folder with the files of a target, which may have to be written."""
    if files is not None and files.is_file():
        folder = work / "target"
        folder.mkdir()
        (folder / MODEL).symlink_to(files.resolve())
        return folder
    if files is not None:
        return files
    return work / "target" if target.write is not None else bundle / target.folder


def _failed(title: str, target: Target, begun: Any, outcome: Outcome, traced: Program) -> Step:
    word = {"write": "was being written", "load": "was loading", "run": "ran"}.get(begun, "ran")
    causes = tuple(
        Cause("known failure", finding.message, finding.hint, is_proven=False)
        for finding in explain(traced, target.name)
    )
    problem = f"While {target.title} {word}, its process {problem_of(outcome)}"
    return Step(title, None, is_equal=False, problem=problem, causes=causes)


def _with_cut(
    step: Step,
    work: Path,
    request: dict[str, Any],
    run: RunProgram,
    inputs: Sequence[Array],
    traced: Program,
) -> Step:
    """Add the first op that the target gets wrong or fails on."""
    difference = math.inf if step.difference is None else step.difference
    found = first_wrong_op(work, request, run, inputs, difference)
    if found is None:
        return step
    op = found.op
    return replace(
        step,
        before=found.before,
        after=None if math.isinf(found.after) and step.difference is None else found.after,
        op=op.kind,
        layer=op.layer,
        line=op.line or _line_near(run.program, op),
        op_id=op.id if op.id in traced.by_id() else None,
    )


def _in_onnx(
    step: Step,
    work: Path,
    request: dict[str, Any],
    traced: Program,
    run: RunProgram,
    inputs: Sequence[Array],
) -> Step:
    values = {value: array for value, array in run.values.items() if array.dtype.kind in "fiub"}
    write_arrays(work / EXPECTED, run.outputs)
    write_arrays(work / VALUES, list(values.values()))
    np.savez(work / WEIGHTS, **run.weights)
    request = request | {
        "model": str(Path(request["folder"]) / MODEL),
        "ops": [
            {
                "id": op.id,
                "kind": op.kind,
                "inputs": sorted(run.read_by(op)),
                "outputs": list(op.outputs),
                "attributes": _json(op.attributes),
                "computes": computes(op),
            }
            for op in run.program.ops
        ],
        "outputs": list(run.program.outputs),
        "values": list(values),
    }
    outcome = run_task("onnx", work, request, inputs)
    answer = outcome.answer
    if answer is None:
        problem = f"While ONNX Runtime ran the file, its process {problem_of(outcome)}"
        return replace(step, is_equal=False, problem=problem)
    difference = float(answer["difference"])
    name = "int8" if answer["is_quantised"] else step.name
    step = replace(step, name=name, difference=difference)
    if difference <= answer["tolerance"]:
        return replace(step, is_equal=True, problem="")
    step = replace(step, is_equal=False)
    if answer.get("where") == "runtime":
        cause = Cause(
            "graph optimisation",
            f"The graph is right, and wrong after ONNX Runtime's optimisation “{answer['level']}”.",
            "Set SessionOptions.graph_optimization_level to a lower level.",
        )
        return replace(step, name="ONNX Runtime", causes=(cause,))
    if answer.get("where") != "graph":
        return replace(
            step, problem="No op could be found: the graph has no values to compare with."
        )
    ops = run.program.by_id()
    op = ops[answer["op"]]
    since = ops.get(answer["since"]) if answer["since"] is not None else None
    line = op.line or _line_near(run.program, op)
    return replace(
        step,
        before=float(answer["before"]),
        after=float(answer["after"]),
        op=op.kind if since is None else f"{since.kind} … {op.kind}",
        node=", ".join(answer["nodes"]),
        layer=op.layer,
        line=line,
        op_id=op.id if op.id in traced.by_id() else None,
        causes=tuple(_causes(answer, op, traced)),
        problem=""
        if answer["is_proven"]
        else "From this op on the values differ; replacing its value alone does not repair them.",
    )


def _causes(answer: dict[str, Any], op: Op, traced: Program) -> list[Cause]:
    causes = []
    if "weights" in answer:
        known = _weight_names(traced)
        different = [known.get(name, name) for name in answer["weights"]]
        causes.append(
            Cause(
                "weights",
                weights_message(different, answer["weight_count"]),
                "Export the bundle again: the file was made from other weights.",
                is_proven=answer["weights_explain"],
            )
        )
    setting = answer["settings"]
    if setting is not None:
        causes.append(
            Cause(
                setting["name"],
                f"{setting['name']} is {_number(setting['is'])} instead of "
                f"{_number(setting['right'])}.",
                "Convert the program again, or correct the attribute of the node.",
            )
        )
    if answer["clipped"]:
        causes.append(
            Cause(
                "saturation",
                f"The quantisation saturates: {answer['clipped']:.0%} of the values are outside "
                "its range.",
                "Calibrate with inputs like this one, or leave this layer in float32.",
                is_proven=False,
            )
        )
    causes += [
        Cause("known failure", finding.message, finding.hint, is_proven=False)
        for finding in explain(traced, "onnx")
        if finding.op == op.kind
        and (op.line is None or finding.line is None or finding.line.line == op.line.line)
    ]
    return causes


def _weight_names(traced: Program) -> dict[str, str]:
    """Return the names of weights in the network by those in the program."""
    own = {parameter.value: parameter.name for parameter in traced.parameters}
    return {
        str(op.attributes.get("parameter_name", "")): own[op.outputs[0]]
        for op in traced.ops
        if op.name == "builtin.parameter" and op.outputs[0] in own
    }


def _number(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _line_near(program: Program, op: Op) -> Any:
    """Return the line of the op that made an input, if an op has none of its own."""
    makers = {value: each for each in program.ops for value in each.outputs}
    lines = [makers[value].line for value in op.inputs if value in makers]
    return next((line for line in lines if line is not None), None)


def _json(attributes: Any) -> dict[str, Any]:
    kept = {}
    for name, value in attributes.items():
        try:
            json.dumps(value)
        except (TypeError, ValueError):
            continue
        kept[name] = value
    return kept


def _in_passes(
    step: Step,
    work: Path,
    request: dict[str, Any],
    bundle: Path,
    traced: Program,
    run: RunProgram,
    inputs: Sequence[Array],
) -> Step:
    """Find the pass after which the Predictor returns something else."""
    pipeline = request["target"]
    numbering = Numbering(
        count(1 + max(run.program.by_id(), default=-1)).__next__,
        count(1 + max(run.program.values, default=-1)).__next__,
    )
    prefix = (bundle / PROGRAM_FOLDER / PROGRAM).resolve()
    stages = optimise(run.program, prefix, pipeline, numbering).stages
    before = (run.program, *(stage.program for stage in stages))
    names = [
        stage.name
        for earlier, stage in zip(before, stages, strict=False)
        if stage.program is not earlier and stage.name not in (SAVED, LOWERED, *request["without"])
    ]
    names = list(dict.fromkeys(names))
    write_arrays(work / EXPECTED, run.outputs)
    request = request | {
        "passes": names,
        "onednn": pipeline == "onednn",
        "tolerance": TOLERANCE,
    }
    outcome = run_task("passes", work, request, inputs)
    answer = outcome.answer or {}
    differences = {int(at): float(size) for at, size in answer.get("differences", {}).items()}
    if differences.get(0, 0.0) > TOLERANCE:
        problem = "The Predictor returns something else even without passes."
        return replace(step, before=differences[0], problem=problem)
    if "first" in answer:
        first = int(answer["first"])
        name = names[first]
        step = replace(step, before=differences[first], after=differences[first + 1])
    else:
        # Without some passes it does not run: leave them out one at a time instead.
        dtypes = [run.program.values[value].dtype for value in run.program.outputs]
        culprit = find_culprit(
            run.program, prefix, stages, inputs, run.outputs, dtypes, onednn=pipeline == "onednn"
        )
        if culprit is None or not culprit.name:
            return replace(step, problem="It is not one pass alone.")
        name = culprit.name
        step = replace(step, before=culprit.difference, after=step.difference)
    capture = Capture(SCHEMA_VERSION, "", program=run.program, stages=stages)
    at = next(index for index, stage in enumerate(stages) if stage.name == name)
    line = overwriting_line(run.program, stages, name)
    op = _changed_op(capture, at)
    if line is not None:
        cause = Cause(
            "overwritten value",
            f"{name} overwrites a value that another op still reads.",
            f'Leave the pass out: config.delete_pass("{name}").',
        )
    else:
        cause = Cause(
            "pass",
            f"The result is right before {name} and wrong after it.",
            f'Leave the pass out: config.delete_pass("{name}").',
        )
    known = traced.by_id()
    return replace(
        step,
        op=name,
        layer=op.layer if op is not None else "",
        line=line or (op.line if op is not None else None),
        op_id=op.id if op is not None and op.id in known else None,
        causes=(cause,),
    )


def _changed_op(capture: Capture, at: int) -> Op | None:
    """Return the first op of the program that a pass replaced or changed."""
    stage: Stage = capture.stages[at]
    ops = capture.program.by_id() if capture.program else {}
    for number in (*stage.added, *stage.changed):
        for origin in capture.origins(number, stage=at):
            op = ops.get(origin.op_id)
            if op is not None and op.line is not None:
                return op
    return None
