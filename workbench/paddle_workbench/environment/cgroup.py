"""The resource limits of a container: the control groups of this process."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Limits", "read_limits"]


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of a process; None means no limit."""

    cores: float | None
    memory_bytes: int | None


def read_limits(root: Path = Path("/")) -> Limits:
    """Return the tightest limits among this process's control groups and their parents.

    Parameters
    ----------
    root : Path
        The folder of `proc` and `sys`.
    """
    cores: list[float] = []
    memory: list[int] = []
    for controllers, group in _memberships(root / "proc" / "self" / "cgroup"):
        mount = root / "sys" / "fs" / "cgroup"
        unified = controllers == [""]
        for controller in controllers:
            for folder in _upwards(mount / controller, group):
                if unified:
                    cores += _ratio(_words(folder / "cpu.max"))
                    memory += _numbers(folder / "memory.max")
                elif controller == "cpu":
                    quota = _words(folder / "cpu.cfs_quota_us")
                    cores += _ratio(quota + _words(folder / "cpu.cfs_period_us"))
                elif controller == "memory":
                    memory += _numbers(folder / "memory.limit_in_bytes")
    return Limits(cores=min(cores, default=None), memory_bytes=min(memory, default=None))


def _memberships(file: Path) -> Iterator[tuple[list[str], str]]:
    """Yield the controllers (one empty name in version 2) and the group of each hierarchy."""
    if not file.is_file():
        return
    for line in file.read_text(encoding="utf-8").splitlines():
        _, controllers, group = line.split(":", 2)
        yield controllers.split(","), group


def _upwards(mount: Path, group: str) -> Iterator[Path]:
    """Yield the group's folder and its parents; a container may see only the mount."""
    folder = mount / group.lstrip("/")
    while folder != mount and folder.is_relative_to(mount):
        yield folder
        folder = folder.parent
    yield mount


def _words(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8").split() if file.is_file() else []


def _numbers(file: Path) -> list[int]:
    return [int(word) for word in _words(file) if word.isdecimal()]


def _ratio(words: list[str]) -> list[float]:
    # "max 100000" and "-1 100000" mean no limit.
    if len(words) != 2 or not words[0].isdecimal() or not int(words[1]):
        return []
    return [int(words[0]) / int(words[1])]
