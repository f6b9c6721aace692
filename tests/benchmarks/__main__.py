"""Run the benchmarks with the given names, or all of them."""

from __future__ import annotations

import sys
from importlib import import_module

BENCHMARKS = [
    "setup",
    "extension_size",
    "server_start",
    "kernels",
    "checks",
    "runs",
    "runs_list",
    "runs_screen",
    "threads",
    "program",
    "export",
    "export_times",
    "differences",
    "ledger",
    "what_works",
    "microscope",
    "ocr",
    "ocr_desk",
    "ocr_errors",
    "text",
    "pruning",
    "detection",
    "detection_recipe",
    "compression",
    "distillation",
    "int8",
    "serving",
    "serving_stress",
    "serving_soak",
]


def main() -> None:
    names = sys.argv[1:] or BENCHMARKS
    failures = [import_module(f"tests.benchmarks.{name}").main() for name in names]
    sys.exit(any(failures))


if __name__ == "__main__":
    main()
