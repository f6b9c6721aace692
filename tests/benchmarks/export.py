"""Which target accepts which network: equal to the eager network, or refused with its cause.

python -m tests.benchmarks.export                      # all, into docs/export-matrix.{json,md}
python -m tests.benchmarks.export gru --to onnx mnn    # these alone, without writing

What a target accepts is exported, opened again and run once more on the examples. The exit status
is 1 if that fails, or if a refusal has no known cause, and so needs a rule.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from paddle_workbench.contract import ExportFinding
from paddle_workbench.errors import BundleError, ExportError
from paddle_workbench.export.bundle import Bundle
from paddle_workbench.export.targets.registry import TARGETS
from paddle_workbench.program.passes.comparison import relative_difference

DOCS = Path(__file__).parents[2] / "docs"
KNOWN = "PW-X201"
"""Codes from here name a cause; those below say what happened."""
MISSING = "PW-X105"
TOLERANCE = 0.03
INTRODUCTION = """\
`python -m tests.benchmarks.export` wrote this page from {count} networks; its whole result is in
[export-matrix.json](export-matrix.json). A number is the largest difference from the eager network,
relative to its largest value: the target is equal. ⚠ marks one that differs on an empty batch or on
NaN. A code says why the target refuses the network; [export.md](export.md) explains it."""


def result_of(bundle: Bundle, target: str, examples: list[Any]) -> dict[str, Any]:
    """Export to a target, open the bundle again, and run it on the examples."""
    started = time.perf_counter()
    try:
        preflight = bundle.export(target)
    except ExportError as error:
        findings = [each for each in error.preflight if each.severity == "error"]
        return _refusal(findings) | {"seconds": _since(started)}
    parity = preflight.parity
    assert parity is not None
    result = {
        "verdict": "equal",
        "difference": parity.largest_difference or 0.0,
        "warnings": [each.message for each in preflight],
        "seconds": _since(started),
    }
    problem = _problem(Bundle(bundle.path), target, examples)
    return result | ({"verdict": "failed", "reason": problem} if problem else {})


def _refusal(findings: list[ExportFinding]) -> dict[str, Any]:
    codes = list(dict.fromkeys(each.code for each in findings))
    known = any(code >= KNOWN for code in codes)
    verdict = "missing" if codes == [MISSING] else "refused" if known else "unexplained"
    return {"verdict": verdict, "codes": codes, "reason": findings[0].message.splitlines()[0]}


def _problem(bundle: Bundle, target: str, examples: list[Any]) -> str:
    """Return what is wrong with an exported bundle, or an empty text."""
    (sample,) = (each for each in bundle.samples if each.name == "examples")
    outputs = bundle.predict(examples, target=target)
    for output, expected in zip(outputs, sample.outputs or (), strict=True):
        if output.shape != expected.shape or relative_difference(output, expected) > TOLERANCE:
            return "predict differs from the eager network"
    return ""


def _since(started: float) -> float:
    return round(time.perf_counter() - started, 1)


def results(case: Any, folder: Path, targets: list[str]) -> dict[str, dict[str, Any]]:
    from paddle.static import InputSpec

    spec = [InputSpec(shape, dtype, f"x{at}") for at, (shape, dtype) in enumerate(case.spec)]
    try:
        bundle = Bundle.create(
            folder / "bundle", case.network, input_spec=spec, examples=case.examples
        )
    except BundleError as error:
        reason = error.message.splitlines()[0]
        return {target: {"verdict": "no bundle", "reason": reason} for target in targets}
    return {target: result_of(bundle, target, case.examples) for target in targets}


def cell(result: dict[str, Any] | None) -> str:
    """Return a result as it stands in the table."""
    if result is None:
        return ""
    verdict = result["verdict"]
    if verdict == "equal":
        note = " ⚠" if result["warnings"] else ""
        return f"{result['difference']:.0e}{note}"
    if verdict == "no bundle":
        return "no bundle"
    codes = [code for code in result.get("codes", ()) if verdict != "refused" or code >= KNOWN]
    return " ".join(codes) + (" **unexplained**" if verdict == "unexplained" else "") or verdict


def page(matrix: dict[str, Any]) -> str:
    """Return the matrix as a page of the documentation."""
    targets, groups = matrix["targets"], matrix["networks"]
    rows = [row for group in groups.values() for row in group.values()]
    counts = {
        target: sum(row.get(target, {}).get("verdict") == "equal" for row in rows)
        for target in targets
    }
    lines = [
        "# Which network exports where",
        "",
        INTRODUCTION.format(count=len(rows)),
        "",
        "| | " + " | ".join(targets) + " |",
        "|---|" + "---|" * len(targets),
        f"| **equal, of {len(rows)}** | "
        + " | ".join(str(counts[each]) for each in targets)
        + " |",
    ]
    for group, networks in groups.items():
        lines.append(f"| **{group}** |" + " |" * len(targets))
        for name, row in networks.items():
            cells = " | ".join(cell(row.get(target)) for target in targets)
            lines.append(f"| {name} | {cells} |")
    refused = {
        row[target]["reason"]
        for row in rows for target in targets
        if row.get(target, {}).get("verdict") == "no bundle"
    }  # fmt: skip
    if refused:
        lines += ["", "No bundle can be made of some, since Paddle cannot run or trace them:", ""]
        lines += [f"* {reason}" for reason in sorted(refused)]
    return "\n".join(lines) + "\n"


def main(arguments: list[str] | None = None) -> int:
    from .export_cases import cases

    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*")
    parser.add_argument("--to", nargs="*", default=list(TARGETS), choices=list(TARGETS))
    options = parser.parse_args(arguments if arguments is not None else [])
    path = DOCS / "export-matrix.json"
    matrix: dict[str, Any] = {"targets": list(TARGETS), "networks": {}}
    old = json.loads(path.read_text("utf-8"))["networks"] if path.is_file() else {}
    is_whole = not options.names
    problems = 0
    warnings.simplefilter("ignore")
    for group, networks in cases().items():
        rows = matrix["networks"].setdefault(group, {})
        for name, case_of in networks.items():
            rows[name] = dict(old.get(group, {}).get(name, {}))
            if options.names and name not in options.names:
                continue
            np.random.seed(0)
            with tempfile.TemporaryDirectory() as folder:
                new = results(case_of(), Path(folder), options.to)
            rows[name] |= new
            problems += sum(each["verdict"] in ("failed", "unexplained") for each in new.values())
            print(f"{name}: " + " | ".join(f"{to} {cell(new[to])}" for to in new), flush=True)
            if is_whole:  # an interruption keeps what is measured
                path.write_text(json.dumps(matrix, indent=1, ensure_ascii=False) + "\n", "utf-8")
            for target, each in new.items():
                if each["verdict"] in ("failed", "unexplained", "no bundle"):
                    print(f"    {target}: {each['reason']}", flush=True)
    if is_whole:
        (DOCS / "export-matrix.md").write_text(page(matrix), encoding="utf-8")
    return problems


if __name__ == "__main__":
    sys.exit(bool(main(sys.argv[1:])))
