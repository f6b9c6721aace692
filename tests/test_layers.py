"""A room imports only from floors below it, without circles, and no forbidden libraries."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "workbench" / "paddle_workbench"

FLOORS = {
    "child_process": 0,
    "codes": 0,
    "errors": 0,
    "settings": 0,
    "time_limit": 0,
    "contract": 0,
    "notebook_repair": 0,
    "notebooks": 0,
    "pretrained": 0,
    "processor": 0,
    "ray_cluster": 0,
    "reading": 0,
    "scratch": 0,
    "storage": 0,
    "telemetry": 0,
    "terminal_text": 0,
    "boxes": 1,
    "course": 1,
    "desk": 1,
    "environment": 1,
    "execution": 1,
    "kernels": 1,
    "picture_files": 1,
    "program": 1,
    "text": 1,
    "detection": 2,
    "export": 2,
    "jobs": 2,
    # Above text and environment, since it draws pictures with their corpora and fonts.
    "ocr": 2,
    "runs": 2,
    "checks": 2,
    "compression": 3,
    "serving": 3,
    "server": 4,
    "widgets": 4,
    "cli": 5,
}

# Libraries that the modules of a room must not import, even inside functions.
FORBIDDEN = {
    "boxes": {"paddle", "ipywidgets", "tornado"},
    "course": {"paddle", "tornado", "ipywidgets"},
    "desk": {"paddle", "ipywidgets"},
    "picture_files": {"paddle"},
    "program": {"ipywidgets", "tornado"},
    "runs": {"paddle"},
    "server": {"paddle", "ipywidgets"},
    "serving": {"paddle", "ipywidgets", "tornado"},
    "widgets": {"paddle"},
}
# Probes are separate programs that the doctor runs in child processes.
RUN_AS_CHILDREN = {"environment/doctor/probes.py"}
# Networks are classes of Paddle's, to be read as such. Other modules import them inside functions.
NETWORKS = {"detection/yolo.py"}


@cache
def modules() -> tuple[Path, ...]:
    paths = PACKAGE.rglob("*.py")
    return tuple(sorted(path for path in paths if "labextension" not in path.parts))


@cache
def imports(path: Path, *, nested: bool) -> tuple[str, ...]:
    """Return the absolute names of what a module imports."""
    return tuple(_imports(path, nested=nested))


def _imports(path: Path, *, nested: bool) -> Iterator[str]:
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


# One test for all modules, not one for each: there are hundreds.
def test_rooms_import_only_from_below() -> None:
    wrong = []
    for path in modules():
        floor = FLOORS.get(room(path))
        for name in imports(path, nested=True):
            parts = name.split(".")
            if parts[0] != "paddle_workbench" or len(parts) < 2 or parts[1] not in FLOORS:
                continue
            if floor is None or parts[1] == room(path) or FLOORS[parts[1]] < floor:
                continue
            if not floor == 0 == FLOORS[parts[1]]:
                file = path.relative_to(PACKAGE)
                wrong.append(f"{file} (floor {floor}) imports {name} (floor {FLOORS[parts[1]]})")
    assert wrong == []


def test_rooms_import_nothing_forbidden() -> None:
    wrong = [
        f"{path.relative_to(PACKAGE)} imports {name}"
        for path in modules()
        for name in imports(path, nested=True)
        if name.split(".")[0] in FORBIDDEN.get(room(path), set())
    ]
    assert wrong == []


def dotted(path: Path) -> str:
    """Return the name under which a module is imported."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def module_imports() -> dict[str, set[str]]:
    """Return the modules of the package that each module imports, even inside functions."""
    names = {dotted(path): path for path in modules()}
    graph: dict[str, set[str]] = {}
    for name, path in names.items():
        graph[name] = set()
        for imported in imports(path, nested=True):
            target = imported
            while target and target not in names:
                target = target.rpartition(".")[0]
            graph[name] |= {target} - {"", name, PACKAGE.name}
    return graph


def sibling_imports() -> dict[str, set[str]]:
    """Return which siblings the modules and folders of each folder import.

    If `program.passes.timing` imports `program.model.columns`, then `program.passes` imports
    `program.model`.
    """
    graph: dict[str, set[str]] = {}
    for name, targets in module_imports().items():
        for target in targets:
            pairs = enumerate(zip(name.split("."), target.split("."), strict=False), start=1)
            depth = next((depth for depth, (one, other) in pairs if one != other), None)
            if depth is not None:
                importer, imported = (".".join(path.split(".")[:depth]) for path in (name, target))
                graph.setdefault(importer, set()).add(imported)
    return graph


@pytest.mark.parametrize("graph", [module_imports, sibling_imports])
def test_has_no_circle(graph: Callable[[], dict[str, set[str]]]) -> None:
    try:
        TopologicalSorter(graph()).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(reversed(error.args[1])))


def test_no_module_imports_paddle_at_import() -> None:
    for path in modules():
        if path.relative_to(PACKAGE).as_posix() in RUN_AS_CHILDREN | NETWORKS:
            continue
        packages = {name.split(".")[0] for name in imports(path, nested=False)}
        assert not packages & {"paddle", "paddlenlp", "paddleocr", "paddlex"}, path


def test_no_module_imports_a_network_at_import() -> None:
    networks = {dotted(PACKAGE / path) for path in NETWORKS}
    wrong = [
        f"{path.relative_to(PACKAGE)} imports {name}"
        for path in modules()
        for name in imports(path, nested=False)
        if any(name == network or name.startswith(f"{network}.") for network in networks)
    ]
    assert wrong == []
