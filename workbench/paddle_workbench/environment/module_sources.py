"""Which distributions the modules of the locked packages are loaded from, without importing them.

A version in the metadata says little about the module: another distribution can have overwritten
its files, and another folder can come first on `sys.path`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.machinery import EXTENSION_SUFFIXES, PathFinder
from importlib.metadata import Distribution, distributions
from pathlib import Path

from .installed_files import installation_folder, recorded_files
from .lock import distribution_name, locked_versions

__all__ = ["Owner", "WrongSource", "wrong_sources"]

# Some distributions install these by mistake; nobody imports them.
_NOT_MODULES = frozenset(("docs", "examples", "test", "tests"))


@dataclass(frozen=True, slots=True)
class Owner:
    """An installed distribution that contains a module.

    Parameters
    ----------
    name : str
        Its canonical name.
    version : str
    folder : Path
        Where it is installed.
    sizes : mapping of str to int or None
        The sizes in bytes of the Python files and extension modules of this module, where they
        are known, by their paths in `folder`.
    """

    name: str
    version: str
    folder: Path
    sizes: Mapping[str, int | None]

    def contains(self, origin: Path) -> bool:
        """Return whether a file, whose path is resolved, is one of this distribution's."""
        return any(
            file.endswith(origin.name) and (self.folder / file).resolve() == origin
            for file in self.sizes
        )

    def is_loaded_from(self, origin: Path) -> bool:
        """Return whether a file is this distribution's, and no other has overwritten the module."""
        return self.contains(origin) and all(
            size is None or _size(self.folder / file) == size for file, size in self.sizes.items()
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
        if own is None or module in _NOT_MODULES:
            continue
        # Not importlib.util.find_spec, which asks sys.modules and the shim's finder first.
        spec = PathFinder.find_spec(module)
        origin = Path(spec.origin).resolve() if spec is not None and spec.origin else None
        others = tuple(owner for owner in owners if owner is not own)
        if not others and origin is not None and own.contains(origin):
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
        name = distribution_name(distribution)
        # The first on `sys.path` hides others of its name; a half-removed one has no name.
        if not name or name in names:
            continue
        names.add(name)
        folder = installation_folder(distribution)
        for module, sizes in _modules(distribution).items():
            owners.setdefault(module, []).append(Owner(name, distribution.version, folder, sizes))
    return owners


def _modules(distribution: Distribution) -> dict[str, dict[str, int | None]]:
    """Return the files of each top-level module of a distribution, with their sizes."""
    modules: dict[str, dict[str, int | None]] = {}
    names: set[str] = set()
    for file, size in recorded_files(distribution):
        if not file.endswith((".py", *EXTENSION_SUFFIXES)):
            continue
        top, _, rest = file.partition("/")
        name = top.partition(".")[0]
        modules.setdefault(name, {})[file] = size
        if rest in ("", "__init__.py"):
            names.add(name)
    return {name: modules[name] for name in names}


def _size(file: Path) -> int | None:
    return file.stat().st_size if file.is_file() else None
