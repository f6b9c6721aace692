"""Planting modules in a folder from which only notebooks may import."""

from __future__ import annotations

from pathlib import Path

__all__ = ["imported_from", "plant", "plant_module"]

# Each is imported by the processes that the package starts, or by the programs in them.
NAMES = ("click", "json", "numpy", "paddle_workbench", "pydantic", "pytest", "random")
_MARKER = "imported.txt"


def plant(folder: Path) -> Path:
    """Create modules in a folder that record their import, and return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in NAMES:
        plant_module(folder, name)
    return folder


def plant_module(folder: Path, name: str) -> None:
    """Put one such module into a folder."""
    note = f"open({str(folder / _MARKER)!r}, 'a').write(__name__ + ' ')\n"
    (folder / f"{name}.py").write_text(note, encoding="utf-8")


def imported_from(folder: Path) -> list[str]:
    """Return the planted modules that were imported."""
    marker = folder / _MARKER
    return marker.read_text(encoding="utf-8").split() if marker.is_file() else []
