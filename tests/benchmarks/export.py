"""Which target accepts which network: equal to the eager network, or refused with its cause.

python -m tests.benchmarks.export                      # what has not been measured with this code
python -m tests.benchmarks.export gru --to onnx mnn    # these alone; a name may be that of a group
python -m tests.benchmarks.export --again              # what has been measured, too
python -m tests.benchmarks.export --stored             # measure nothing, write the page again

Results are added to docs/export-matrix.{json,md} one network at a time, so an interrupted run goes
on where it was. The exit status is 1 if preflight was wrong about a network, or has no cause.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

from paddle_workbench import export as export_room
from paddle_workbench.child_process import ANSWER, Limits, run
from paddle_workbench.export.targets.registry import TARGETS

from . import what_works
from .export_lite import paddle_lite
from .export_page import DISAGREEMENTS, cell, counts, disagreements, forecast_counts, page
from .export_trial import MODULE, REQUEST, Results, was_killed

# PaddleX only takes bundles whose processing it can express: tests/export/test_paddlex.py.
COLUMNS = tuple(name for name, target in TARGETS.items() if target.check_record is None)
REPOSITORY = Path(__file__).parents[2]
DOCS = REPOSITORY / "docs"
RESULTS, PAGE = DOCS / "export-matrix.json", DOCS / "export-matrix.md"
LIMIT_S = 900
"""For one result."""
NETWORKS = ("cases", "course", "functions", "networks", "trial")
ROOM = Path(export_room.__file__).parent
DECIDES = (
    "attempt.py", "edge_cases.py", "legacy_program.py", "mappers.py", "parity.py", "preflight.py",
    "rules.py", "samples.py", "saving.py", "worker.py", "targets/*.py",
)  # fmt: skip
"""The modules that decide about a result."""


def code_of(target: str) -> str:
    """Return a digest of what a result of a target depends on."""
    digest = hashlib.sha256()
    networks = (Path(__file__).with_name(f"export_{name}.py") for name in NETWORKS)
    for path in (*networks, *(path for name in DECIDES for path in sorted(ROOM.glob(name)))):
        digest.update(path.read_bytes())
    for package in TARGETS[target].packages:
        try:
            digest.update(f"{package} {metadata.version(package)}".encode())
        except metadata.PackageNotFoundError:
            continue
    return digest.hexdigest()[:8]


class Measuring:
    """Measures networks in a child process, which is started again after a result that ends it.

    Parameters
    ----------
    wanted : dict of str to list of str
        The targets by network.
    keep : callable
        Called with the name of a network and its results as soon as there are more.
    """

    def __init__(self, wanted: dict[str, list[str]], keep: Callable[[str, Results], None]) -> None:
        self._wanted = {name: list(targets) for name, targets in wanted.items() if targets}
        self._keep = keep

    def run(self) -> None:
        while self._wanted:
            with tempfile.TemporaryDirectory() as folder:
                self._run_child(Path(folder))

    def _run_child(self, folder: Path) -> None:
        (folder / REQUEST).write_text(json.dumps(self._wanted), encoding="utf-8")
        last, since = "", time.monotonic()

        def look() -> None:
            nonlocal last, since
            path = folder / ANSWER
            text = path.read_text("utf-8") if path.is_file() else ""
            if text != last:
                last, since = text, time.monotonic()
                self._take(json.loads(text)["results"])
            elif time.monotonic() - since > LIMIT_S:
                raise TimeoutError

        paths = os.pathsep.join(filter(None, (str(REPOSITORY), os.environ.get("PYTHONPATH"))))
        environment = os.environ | {"PYTHONPATH": paths}
        try:
            outcome = run(
                MODULE, limits=Limits(), folder=folder, environment=environment, listener=look
            )
        except TimeoutError:
            verdict, problem = "killed", f"did not return within {LIMIT_S} s"
        else:
            verdict = "killed" if was_killed(outcome) else "failed"
            problem = ": ".join([outcome.problem, *outcome.last_lines(1)])
        if self._wanted:
            answer = json.loads(last) if last else {}
            self._give_up(answer, {"verdict": verdict, "reason": f"The process {problem}"})

    def _take(self, results: dict[str, Results]) -> None:
        for name, row in results.items():
            wanted = self._wanted.get(name, [])
            new = {target: result for target, result in row.items() if target in wanted}
            if new:
                self._keep(name, new)
                self._wanted[name] = [target for target in wanted if target not in new]
                if not self._wanted[name]:
                    del self._wanted[name]

    def _give_up(self, answer: dict[str, Any], result: dict[str, str]) -> None:
        """Note what ended the child: a target, or all of a network whose bundle was not made."""
        name = answer.get("name", next(iter(self._wanted)))
        targets = [answer["target"]] if answer.get("target") else self._wanted.get(name, [])
        self._take({name: dict.fromkeys(targets, result)})


def stored() -> dict[str, Any]:
    """Return the stored results in the order of the cases, without those that are gone."""
    from .export_cases import cases

    old = json.loads(RESULTS.read_text("utf-8"))["networks"] if RESULTS.is_file() else {}
    networks = {
        group: {name: old.get(group, {}).get(name, {}) for name in names}
        for group, names in cases().items()
    }
    return {"targets": list(COLUMNS), "networks": networks}


def write(matrix: dict[str, Any]) -> None:
    RESULTS.write_text(json.dumps(matrix, indent=1, ensure_ascii=False) + "\n", "utf-8")
    PAGE.write_text(page(matrix), encoding="utf-8")


def outdated(row: Results, codes: dict[str, str]) -> list[str]:
    """Return the targets without a result of this code."""
    return [to for to, code in codes.items() if row.get(to, {}).get("code") != code]


def print_row(name: str, row: Results) -> None:
    print(f"{name}: " + " | ".join(f"{to} {cell(row[to])}" for to in COLUMNS if to in row))
    for target, result in row.items():
        if result["verdict"] in DISAGREEMENTS:
            print(f"    {target}: {result['reason']}")
    sys.stdout.flush()


def print_summary(matrix: dict[str, Any]) -> int:
    """Print what is equal and where preflight was wrong, and return how often it was."""
    numbers = [f"{to} {equal} of {tried}" for to, (equal, tried) in counts(matrix).items()]
    print("\nEqual: " + ", ".join(numbers))
    right, needless, silent = forecast_counts(matrix)
    print(
        f"Looking at the program alone was right {right} times, warned {needless} times of what "
        f"is equal, and did not warn {silent} times of what the target refuses."
    )
    wrong = list(disagreements(matrix))
    for verdict, meaning in DISAGREEMENTS.items():
        places = [f"{name} to {target}" for name, target, each in wrong if each == verdict]
        print(f"{len(places)} {meaning}{': ' if places else ''}{', '.join(places)}")
    return len(wrong)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*")
    parser.add_argument("--to", nargs="*", default=list(COLUMNS), choices=list(COLUMNS))
    parser.add_argument("--again", action="store_true")
    parser.add_argument("--stored", action="store_true")
    options = parser.parse_args(arguments if arguments is not None else [])
    matrix = stored()
    rows = {
        name: row
        for group, networks in matrix["networks"].items() for name, row in networks.items()
        if not options.names or {name, group} & set(options.names)
    }  # fmt: skip
    if not options.stored:
        codes = {target: code_of(target) for target in options.to}
        wanted = {
            name: list(codes) if options.again else outdated(row, codes)
            for name, row in rows.items()
        }

        def keep(name: str, results: Results) -> None:
            rows[name] |= {to: result | {"code": codes[to]} for to, result in results.items()}
            write(matrix)
            print_row(name, results)

        with paddle_lite():
            Measuring(wanted, keep).run()
    write(matrix)
    what_works.write_pages()
    print()
    for name, row in rows.items():
        print_row(name, row)
    return print_summary(matrix)


if __name__ == "__main__":
    sys.exit(bool(main(sys.argv[1:])))
