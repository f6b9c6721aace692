"""Which distributions the modules of the locked packages are loaded from, without importing them.

A version in the metadata says little about the module: another distribution can have overwritten
its files, and another folder can come first on `sys.path`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.machinery import EXTENSION_SUFFIXES, PathFinder
from importlib.metadata import Distribution, PackagePath, distributions
from pathlib import Path

from packaging.utils import canonicalize_name

from .lock import locked_versions

__all__ = ["Owner", "WrongSource", "wrong_sources"]


@dataclass(frozen=True, slots=True)
class Owner:
    """An installed distribution that contains a module.

    Parameters
    ----------
    name : str
        Its canonical name.
    version : str
    files : tuple of PackagePath
        The Python files and extension modules of this module.
    """

    name: str
    version: str
    files: tuple[PackagePath, ...]

    def is_loaded_from(self, origin: Path) -> bool:
        """Return whether a file is this distribution's, and no other has overwritten the module."""
        return any(_path(file) == origin for file in self.files) and all(
            file.size is None or (_path(file).is_file() and _path(file).stat().st_size == file.size)
            for file in self.files
        )


@dataclass(frozen=True, slots=True)
class WrongSource:
    """A module of a locked distribution that another one replaces, or shares files with.

    Parameters
    ----------
    module : str
        The name of the top-level module.
    locked : Owner
        The locked distribution.
    others : tuple of Owner
        The distributions that contain the module too.
    origin : Path or None
        The file that Python loads; None if the module is missing.
    loaded : Owner or None
        The distribution that this file belongs to; None if it belongs to none.
    """

    module: str
    locked: Owner
    others: tuple[Owner, ...]
    origin: Path | None
    loaded: Owner | None


def wrong_sources(locked: Mapping[str, str] | None = None) -> list[WrongSource]:
    """Return the modules of locked distributions that others replace, or contain too.

    Namespace packages are not compared, since many distributions share them.

    Parameters
    ----------
    locked : mapping, optional
        Versions by canonical name; by default those of the lock.
    """
    locked = locked_versions() if locked is None else locked
    return sorted(_wrong_sources(locked), key=lambda source: source.module)


def _wrong_sources(locked: Mapping[str, str]) -> Iterator[WrongSource]:
    for module, owners in _owners().items():
        own = next((owner for owner in owners if owner.name in locked), None)
        if own is None:
            continue
        # Not importlib.util.find_spec, which asks sys.modules and the shim's finder first.
        spec = PathFinder.find_spec(module)
        origin = Path(spec.origin).resolve() if spec is not None and spec.origin else None
        others = tuple(owner for owner in owners if owner is not own)
        if not others and origin in [_path(file) for file in own.files]:
            continue
        loaded = None
        if origin is not None:
            loaded = next((item for item in owners if item.is_loaded_from(origin)), None)
        yield WrongSource(module, own, others, origin, loaded)


def _owners() -> dict[str, list[Owner]]:
    """Return the distributions that contain each top-level module."""
    owners: dict[str, list[Owner]] = {}
    names: set[str] = set()
    for distribution in distributions():
        name = canonicalize_name(distribution.metadata["Name"] or "")
        # The first on `sys.path` hides others of its name; a half-removed one has no name.
        if not name or name in names:
            continue
        names.add(name)
        for module, files in _modules(distribution).items():
            owners.setdefault(module, []).append(Owner(name, distribution.version, files))
    return owners


def _modules(distribution: Distribution) -> dict[str, tuple[PackagePath, ...]]:
    """Return the files of each top-level module of a distribution."""
    files: dict[str, list[PackagePath]] = {}
    names: set[str] = set()
    for file in distribution.files or ():
        if not file.name.endswith((".py", *EXTENSION_SUFFIXES)):
            continue
        name = file.parts[0].partition(".")[0]
        files.setdefault(name, []).append(file)
        if len(file.parts) == 1 or (len(file.parts) == 2 and file.name == "__init__.py"):
            names.add(name)
    return {name: tuple(files[name]) for name in names}


def _path(file: PackagePath) -> Path:
    return Path(file.locate()).resolve()
