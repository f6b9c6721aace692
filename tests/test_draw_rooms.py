"""The picture of the rooms in docs/ is up to date."""

from __future__ import annotations

from .draw_rooms import PICTURE, draw, room_imports
from .test_layers import FLOORS


def test_picture_is_current() -> None:
    is_current = PICTURE.read_text(encoding="utf-8") == draw()
    assert is_current, "docs/rooms.svg is out of date. Run: .venv/bin/python -m tests.draw_rooms"


def test_picture_shows_every_room() -> None:
    picture = draw()
    assert all(f">{name}</text>" in picture for name in FLOORS)


def test_arrows_follow_imports() -> None:
    assert ("server", "checks") in room_imports()
    assert ("server", "widgets") not in room_imports()
