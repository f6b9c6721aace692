"""Paths in records, which do not reveal the home."""

from __future__ import annotations

from pathlib import Path

from ...settings import settings

__all__ = ["locate", "portable_path"]


def portable_path(path: Path) -> str:
    """Return a path that does not reveal the home: relative to the course, or with `~`."""
    path = path.absolute()
    course = settings().course
    if path.is_relative_to(course):
        return path.relative_to(course).as_posix()
    home = Path.home()
    if path.is_relative_to(home) and home != Path(home.anchor):
        return f"~/{path.relative_to(home).as_posix()}"
    return path.as_posix()


def locate(portable: str) -> Path:
    """Return the path that a result of `portable_path` stands for; it need not exist."""
    path = Path(portable).expanduser()
    return path if path.is_absolute() else settings().course / path
