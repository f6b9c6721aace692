"""The size of the extension over the network."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

EXTENSION = Path(__file__).parents[2] / "workbench" / "paddle_workbench" / "labextension"


def compressed_bytes() -> dict[str, tuple[int, int]]:
    """Return the size in bytes of each file that a browser loads, plain and with gzip."""
    sizes = {}
    for path in sorted((EXTENSION / "static").rglob("*")):
        if path.suffix in (".js", ".css", ".svg"):
            content = path.read_bytes()
            sizes[path.name] = (len(content), len(gzip.compress(content)))
    return sizes


def main() -> None:
    version = json.loads((EXTENSION / "package.json").read_text(encoding="utf-8"))["version"]
    sizes = compressed_bytes()
    print(f"\nExtension {version} over the wire (goal: under 150 kB compressed)")
    for name, (plain, compressed) in sizes.items():
        print(f"  {name:60} {plain / 1000:8.1f} kB  {compressed / 1000:8.1f} kB gzip")
    plain = sum(size for size, _ in sizes.values())
    compressed = sum(size for _, size in sizes.values())
    print(f"  {'all':60} {plain / 1000:8.1f} kB  {compressed / 1000:8.1f} kB gzip")
