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
    "program",
    "export",
    "differences",
    "ledger",
    "what_works",
    "microscope",
    "ocr",
    "ocr_desk",
    "ocr_errors",
    "text",
]


def main() -> None:
    for name in sys.argv[1:] or BENCHMARKS:
        import_module(f"tests.benchmarks.{name}").main()


if __name__ == "__main__":
    main()
