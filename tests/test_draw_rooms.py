"""The picture of the rooms in docs/ is up to date."""

from __future__ import annotations

import pytest

from .draw_rooms import PICTURE, draw, room_imports
from .test_layers import FLOORS


@pytest.fixture(scope="module")
def picture() -> str:
    return draw()


def test_picture_is_current(picture: str) -> None:
    is_current = PICTURE.read_text(encoding="utf-8") == picture
    assert is_current, "docs/rooms.svg is out of date. Run: .venv/bin/python -m tests.draw_rooms"


def test_picture_shows_every_room(picture: str) -> None:
    assert all(f">{name}</text>" in picture for name in FLOORS)


def test_arrows_follow_imports() -> None:
    assert ("server", "checks") in room_imports()
    assert ("server", "widgets") not in room_imports()
