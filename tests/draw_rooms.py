"""Draw the rooms of the package on their floors, with their imports, as docs/rooms.svg.

python -m tests.draw_rooms

The floors are those in `test_layers.FLOORS`; the arrows follow the import statements. Since every
room may import floor 0, arrows to it are omitted.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from itertools import pairwise
from pathlib import Path

from .test_layers import FLOORS, imports, modules, room

PICTURE = Path(__file__).parents[1] / "docs" / "rooms.svg"

WIDTH, MARGIN, LABEL_WIDTH = 1000, 20, 70
BOX_WIDTH, BOX_HEIGHT = 128, 38
BEND_WIDTH = 26
GAP = 22
FLOOR_HEIGHT = 106
BASEMENT_COLUMNS = 5
BASEMENT_ROW_HEIGHT = 48
SWEEPS = 8


@dataclass(eq=False, slots=True)
class Slot:
    """A place on a floor for a room, or for an arrow that passes through."""

    floor: int
    name: str = ""
    x: float = 0.0

    @property
    def width(self) -> int:
        """The width in pixels."""
        return BOX_WIDTH if self.name else BEND_WIDTH


def room_imports() -> set[tuple[str, str]]:
    """Return the pairs of rooms above floor 0 in which the first imports the second."""
    pairs = {
        (room(path), name.split(".")[1])
        for path in modules()
        for name in imports(path, nested=True)
        if name.startswith("paddle_workbench.")
    }
    return {
        (importer, imported)
        for importer, imported in pairs
        if importer != imported and FLOORS.get(importer, 0) and FLOORS.get(imported, 0)
    }


def place() -> tuple[list[Slot], list[list[Slot]]]:
    """Return the slots of floors 1 and above, and the slots on each arrow from top to bottom."""
    slots = {name: Slot(floor, name) for name, floor in sorted(FLOORS.items()) if floor}
    everything = list(slots.values())
    arrows: list[list[Slot]] = []
    for importer, imported in sorted(room_imports()):
        bends = [Slot(floor) for floor in range(FLOORS[importer] - 1, FLOORS[imported], -1)]
        everything += bends
        arrows.append([slots[importer], *bends, slots[imported]])
    neighbours: dict[Slot, list[Slot]] = {slot: [] for slot in everything}
    for arrow in arrows:
        for upper, lower in pairwise(arrow):
            neighbours[upper].append(lower)
            neighbours[lower].append(upper)
    floors = [
        [slot for slot in everything if slot.floor == floor]
        for floor in range(1, max(FLOORS.values()) + 1)
    ]
    for row in floors:
        _spread(row)
    for _ in range(SWEEPS):
        for row in (*floors, *reversed(floors)):
            centre = {slot: _mean(neighbours[slot], slot.x) for slot in row}
            row.sort(key=lambda slot: centre[slot])
            _spread(row)
    while any(_swap_neighbours(row, neighbours) for row in floors):
        pass
    return everything, arrows


def draw() -> str:
    """Return the picture as SVG."""
    everything, arrows = place()
    basement = sorted(name for name, floor in FLOORS.items() if floor == 0)
    rows = -(-len(basement) // BASEMENT_COLUMNS)
    top = max(FLOORS.values())
    ground = MARGIN + top * FLOOR_HEIGHT
    height = ground + rows * BASEMENT_ROW_HEIGHT + 2 * MARGIN
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        'font-family="sans-serif" font-size="14" role="img">',
        "<title>The rooms of paddle_workbench on their floors</title>",
        "<desc>Made by python -m tests.draw_rooms. An arrow leads from a room to one that it "
        "imports.</desc>",
        '<defs><marker id="head" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" '
        'markerHeight="7" orient="auto"><path d="M0 0 8 4 0 8z" fill="#5a6b7b"/></marker></defs>',
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
    ]
    lines += [_band(floor, _floor_top(floor) - 34, FLOOR_HEIGHT - 8) for floor in range(1, top + 1)]
    lines.append(_band(0, ground, height - ground - MARGIN))
    lines += map(_arrow, arrows)
    lines += [_box(slot.name, slot.x, _floor_top(slot.floor)) for slot in everything if slot.name]
    step = (WIDTH - LABEL_WIDTH - 2 * MARGIN) / BASEMENT_COLUMNS
    for number, name in enumerate(basement):
        row, column = divmod(number, BASEMENT_COLUMNS)
        x = MARGIN + LABEL_WIDTH + step * (column + 0.5)
        lines.append(_box(name, x, ground + MARGIN / 2 + row * BASEMENT_ROW_HEIGHT))
    return "\n".join([*lines, "</svg>", ""])


def _spread(row: list[Slot]) -> None:
    """Place slots next to each other, centred on the floor."""
    total = sum(slot.width for slot in row) + GAP * (len(row) - 1)
    x = LABEL_WIDTH + (WIDTH - LABEL_WIDTH - total) / 2
    for slot in row:
        slot.x = x + slot.width / 2
        x += slot.width + GAP


def _swap_neighbours(row: list[Slot], neighbours: dict[Slot, list[Slot]]) -> bool:
    """Swap slots if that makes the arrows steeper, and return whether any were swapped."""
    has_swapped = False
    slant = _slant(row, neighbours)
    for left in range(len(row)):
        for right in range(left + 1, len(row)):
            row[left], row[right] = row[right], row[left]
            _spread(row)
            new_slant = _slant(row, neighbours)
            if new_slant < slant - 0.5:
                slant, has_swapped = new_slant, True
            else:
                row[left], row[right] = row[right], row[left]
                _spread(row)
    return has_swapped


def _slant(row: list[Slot], neighbours: dict[Slot, list[Slot]]) -> float:
    """Return how far the arrows of a floor are from vertical."""
    return sum((slot.x - other.x) ** 2 for slot in row for other in neighbours[slot])


def _mean(slots: list[Slot], otherwise: float) -> float:
    return sum(slot.x for slot in slots) / len(slots) if slots else otherwise


def _floor_top(floor: int) -> float:
    """Return the top of the boxes on a floor."""
    return MARGIN + (max(FLOORS.values()) - floor) * FLOOR_HEIGHT + 34


def _band(floor: int, y: float, height: float) -> str:
    return (
        f'<rect x="{MARGIN}" y="{y:g}" width="{WIDTH - 2 * MARGIN}" height="{height:g}" rx="6" '
        f'fill="#f3f6f9"/><text x="{MARGIN + 12}" y="{y + height / 2 + 5:g}" fill="#5a6b7b">'
        f"floor {floor}</text>"
    )


def _box(name: str, x: float, y: float) -> str:
    return (
        f'<rect x="{x - BOX_WIDTH / 2:.1f}" y="{y:g}" width="{BOX_WIDTH}" height="{BOX_HEIGHT}" '
        f'rx="4" fill="#ffffff" stroke="#2f6db3"/><text x="{x:.1f}" y="{y + 24:g}" '
        f'text-anchor="middle" fill="#1b2a38">{escape(name)}</text>'
    )


def _arrow(slots: list[Slot]) -> str:
    """Return a smooth line from the bottom of one room through bends to the top of another."""
    first = slots[0]
    x, y = first.x, _floor_top(first.floor) + BOX_HEIGHT
    path = f"M{x:.1f} {y:g}"
    for slot in slots[1:]:
        above = _floor_top(slot.floor)
        half = (above - y) / 2
        path += f"C{x:.1f} {y + half:g} {slot.x:.1f} {above - half:g} {slot.x:.1f} {above:g}"
        x, y = slot.x, above
        if not slot.name:
            y += BOX_HEIGHT
            path += f"V{y:g}"
    return f'<path d="{path}" fill="none" stroke="#5a6b7b" marker-end="url(#head)"/>'


if __name__ == "__main__":
    PICTURE.write_text(draw(), encoding="utf-8")
