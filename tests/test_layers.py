"""A room imports only from the floors below it, and never what its line of the plan forbids."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "workbench" / "paddle_workbench"

FLOORS = {
    "child_process": 0,
    "errors": 0,
    "settings": 0,
    "time_limit": 0,
    "contract": 0,
    "notebooks": 0,
    "pretrained": 0,
    "processor": 0,
    "reading": 0,
    "storage": 0,
    "course": 1,
    "environment": 1,
    "execution": 1,
    "kernels": 1,
    "program": 1,
    "text": 1,
    "jobs": 2,
    # Above text and environment: its pictures show their corpora, in their fonts.
    "ocr": 2,
    "runs": 2,
    "checks": 2,
    "server": 3,
    "widgets": 3,
    "cli": 4,
}

# What a room's modules must not import, even inside a function.
FORBIDDEN = {
    "course": {"paddle", "tornado", "ipywidgets"},
    "program": {"ipywidgets", "tornado"},
    "runs": {"paddle"},
    "server": {"paddle", "ipywidgets"},
    "widgets": {"paddle"},
}
# Probes are programs of their own: the doctor runs them in child processes.
RUN_AS_CHILDREN = {"environment/probes.py"}


def modules() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py") if "labextension" not in path.parts)


def imports(path: Path, *, nested: bool) -> Iterator[str]:
    """The absolute names that a module imports; relative ones are resolved."""
    package = ("paddle_workbench", *path.relative_to(PACKAGE).parent.parts)
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree) if nested else tree.body:
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) - node.level + 1] if node.level else ()
            base = ".".join((*start, *([node.module] if node.module else [])))
            yield from (f"{base}.{name.name}" for name in node.names)


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def test_every_room_has_a_floor() -> None:
    assert {room(path) for path in modules()} - {"__init__"} == set(FLOORS)


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_room_imports_only_from_below(path: Path) -> None:
    if room(path) == "__init__":
        return
    floor = FLOORS[room(path)]
    for name in imports(path, nested=True):
        parts = name.split(".")
        if parts[0] != "paddle_workbench" or len(parts) < 2 or parts[1] not in FLOORS:
            continue
        below = FLOORS[parts[1]] < floor or parts[1] == room(path) or floor == 0 == FLOORS[parts[1]]
        assert below, f"{path.name} (floor {floor}) imports {name} (floor {FLOORS[parts[1]]})"


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_room_imports_nothing_forbidden(path: Path) -> None:
    forbidden = FORBIDDEN.get(room(path), set())
    assert not forbidden & {name.split(".")[0] for name in imports(path, nested=True)}


def test_nothing_imports_paddle_when_imported() -> None:
    for path in modules():
        if path.relative_to(PACKAGE).as_posix() in RUN_AS_CHILDREN:
            continue
        found = {name.split(".")[0] for name in imports(path, nested=False)}
        assert not found & {"paddle", "paddlenlp", "paddleocr", "paddlex"}, path
