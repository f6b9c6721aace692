"""What still works: which format is written and read by which tool, in the installed versions.

python -m tests.benchmarks.what_works            # runs the probes, and writes docs/what-works.*
python -m tests.benchmarks.what_works --check    # only compares the pages with the stored results

The results are in `docs/what-works.json`; both pages are made from it, and from the matrix of
networks and targets in `docs/export-matrix.json` where that was measured.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

from paddle_workbench.child_process import Limits, run
from paddle_workbench.contract import Language, Text

from .export_page import counts
from .what_works_probe import PROBES

DOCS = Path(__file__).parents[2] / "docs"
RESULTS = DOCS / "what-works.json"
MATRIX = DOCS / "export-matrix.json"
PAGES: dict[Language, Path] = {
    "en": DOCS / "what-works.md",
    "zh": DOCS / "what-works.zh-CN.md",
}
PACKAGES = ("paddlepaddle", "paddle2onnx", "onnx", "onnxruntime", "MNN")
LIMITS = Limits(time_s=300.0)
# Kernels round differently; a wrong layout or a missing op differs by far more.
TOLERANCE = 1e-3

FORMATS = {
    "pir": Text(
        en="`.json` and `.pdiparams`, Paddle 3's format (`paddle.jit.save`)",
        zh="`.json` 和 `.pdiparams`，飞桨 3 的格式（`paddle.jit.save`）",
    ),
    "legacy": Text(
        en="`.pdmodel` and `.pdiparams`, the legacy format (`FLAGS_enable_pir_api=0` before "
        "`import paddle`)",
        zh="`.pdmodel` 和 `.pdiparams`，旧格式（`import paddle` 之前设 `FLAGS_enable_pir_api=0`）",
    ),
    "parameters": Text(
        en="`.pdparams`, weights alone (`paddle.save`)", zh="`.pdparams`，只有权重（`paddle.save`）"
    ),
    "onnx": Text(en="`.onnx` (Paddle2ONNX from `.json`)", zh="`.onnx`（Paddle2ONNX，从 `.json`）"),
    "mnn": Text(en="`.mnn` (mnnconvert from `.onnx`)", zh="`.mnn`（mnnconvert，从 `.onnx`）"),
}
NEEDS = {"mnn": "onnx", "onnx": "pir"}
"""What a format is converted from."""

WORDS = {
    "title": Text(en="What still works", zh="哪些还能用"),
    "intro": Text(
        en="`python -m tests.benchmarks.what_works` wrote this page: each line is a process that "
        "wrote one small network in a format, or read it with a tool and compared the result with "
        "the eager network. A test fails if the versions change and the page does not.",
        zh="这一页由 `python -m tests.benchmarks.what_works` 生成：每一行都是一个进程，它把同一个小"
        "网络写成一种格式，或者用一个工具读它，再与动态图的结果比较。版本变了而这一页没变，"
        "测试就会失败。",
    ),
    "versions": Text(en="Versions", zh="版本"),
    "package": Text(en="package", zh="包"),
    "version": Text(en="version", zh="版本"),
    "formats": Text(en="Who reads what", zh="谁读什么"),
    "format": Text(en="format", zh="格式"),
    "tool": Text(en="tool", zh="工具"),
    "result": Text(en="result", zh="结果"),
    "write": Text(en="is written", zh="写出"),
    "Paddle2ONNX": Text(en="Paddle2ONNX, then ONNX Runtime", zh="Paddle2ONNX，再用 ONNX Runtime"),
    "workbench": Text(en="the workbench (viewer)", zh="工作台（查看）"),
    "equal": Text(
        en="equal, largest difference {difference:.0e}", zh="相等，最大差别 {difference:.0e}"
    ),
    "exact": Text(en="equal to the last digit", zh="每一位都相等"),
    "wrong": Text(
        en="**wrong**, difference {difference:.1g}", zh="**不对**，差别 {difference:.1g}"
    ),
    "works": Text(en="works", zh="可以"),
    "fails": Text(en="**fails**: {reason}", zh="**失败**：{reason}"),
    "networks": Text(en="Which networks", zh="哪些网络"),
    "count": Text(
        en="Of {count} networks, each target is equal to the eager network for so many; "
        "[the matrix](export-matrix.md) has every network.",
        zh="{count} 个网络里，每个目标有这么多个与动态图相等；"
        "[整个矩阵](export-matrix.md) 列出了每个网络。",
    ),
    "target": Text(en="target", zh="目标"),
    "networks_equal": Text(en="equal", zh="相等"),
    "networks_measured": Text(en="measured", zh="测了"),
}


def measure() -> dict[str, Any]:
    """Run all probes, each format in a folder of its own."""
    results: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory() as scratch:
        for kind in FORMATS:
            # A format that is converted is made in the folder of its source.
            source = kind
            while source in NEEDS:
                source = NEEDS[source]
            folder = Path(scratch) / source
            folder.mkdir(exist_ok=True)
            for name in PROBES:
                if name == f"write {kind}" or name.startswith(f"{kind} "):
                    tool = "write" if name.startswith("write ") else name.partition(" ")[2]
                    results.setdefault(kind, {})[tool] = _probe(name, folder)
                    print(name, results[kind][tool], flush=True)
    return {"versions": versions(), "formats": results}


def _probe(name: str, folder: Path) -> dict[str, Any]:
    paths = os.pathsep.join(filter(None, (str(DOCS.parent), os.environ.get("PYTHONPATH"))))
    outcome = run(
        "tests.benchmarks.what_works_probe", name, str(folder),
        limits=LIMITS, folder=folder, environment=os.environ | {"PYTHONPATH": paths},
    )  # fmt: skip
    if outcome.status == 0 and outcome.answer is not None:
        difference = outcome.answer["difference"]
        if difference is None:
            return {"verdict": "works"}
        return {
            "verdict": "equal" if difference <= TOLERANCE else "wrong",
            "difference": float(f"{difference:.0e}"),
        }
    (reason,) = outcome.last_lines(1, length=1000) or [outcome.problem]
    return {"verdict": "fails", "reason": reason.strip().replace(f"{folder}/", "")[:160]}


def versions() -> dict[str, str]:
    """Return the installed version of each package; those that are missing are left out."""
    installed = {}
    for name in PACKAGES:
        try:
            installed[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return installed


def page(results: dict[str, Any], matrix: dict[str, Any] | None, language: Language) -> str:
    """Return the page in a language."""
    return "\n".join(_lines(results, matrix, language)) + "\n"


def _lines(
    results: dict[str, Any], matrix: dict[str, Any] | None, language: Language
) -> Iterator[str]:
    def say(name: str, **values: Any) -> str:
        return WORDS[name].in_language(language).format(**values)

    yield f"# {say('title')}"
    yield from ("", say("intro"), "", f"## {say('versions')}", "")
    yield from (f"| {say('package')} | {say('version')} |", "|---|---|")
    yield from (f"| {name} | {version} |" for name, version in results["versions"].items())
    yield from ("", f"## {say('formats')}", "")
    yield from (f"| {say('format')} | {say('tool')} | {say('result')} |", "|---|---|---|")
    for kind, tools in results["formats"].items():
        for tool, result in tools.items():
            values = {key: value for key, value in result.items() if key != "verdict"}
            cells = (
                FORMATS[kind].in_language(language) if tool == "write" else "",
                say(tool) if tool in WORDS else f"`{tool}`" if "." in tool else tool,
                say(_word(result), **values).replace("|", "\\|"),
            )
            yield f"| {' | '.join(cells)} |"
    if matrix is not None:
        count = sum(map(len, matrix["networks"].values()))
        yield from ("", f"## {say('networks')}", "", say("count", count=count), "")
        columns = ("target", "networks_equal", "networks_measured")
        yield from (f"| {' | '.join(map(say, columns))} |", "|---|---|---|")
        for target, (equal, measured) in counts(matrix).items():
            yield f"| {target} | {equal} | {measured} |"


def _word(result: dict[str, Any]) -> str:
    return "exact" if result.get("difference") == 0.0 else str(result["verdict"])


def problems() -> list[str]:
    """Return what of the pages is out of date: versions, or text."""
    results = json.loads(RESULTS.read_text("utf-8"))
    matrix = _matrix()
    found = [
        f"{path.name} is not what {RESULTS.name} gives"
        for language, path in PAGES.items()
        if path.read_text("utf-8") != page(results, matrix, language)
    ]
    if results["versions"] != versions():
        found.append(f"measured with {results['versions']}, installed are {versions()}")
    return found


def _matrix() -> dict[str, Any] | None:
    matrix: dict[str, Any] | None = None
    if MATRIX.is_file():
        matrix = json.loads(MATRIX.read_text("utf-8"))
    return matrix


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--check", action="store_true", help="Run no probes.")
    options = parser.parse_args(arguments if arguments is not None else [])
    if options.check:
        found = problems()
        print("\n".join(found) or "up to date")
        return len(found)
    RESULTS.write_text(json.dumps(measure(), indent=1, ensure_ascii=False) + "\n", "utf-8")
    write_pages()
    return 0


def write_pages() -> None:
    """Write both pages from the stored results."""
    results = json.loads(RESULTS.read_text("utf-8"))
    for language, path in PAGES.items():
        path.write_text(page(results, _matrix(), language), "utf-8")


if __name__ == "__main__":
    sys.exit(bool(main(sys.argv[1:])))
