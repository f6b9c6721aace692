"""Examine which shared libraries of the operating system are missing, by asking the loader."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from importlib.machinery import EXTENSION_SUFFIXES
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from ...child_process import Outcome
from ...contract import Text
from ..installed_files import installation_folder, recorded_files
from ..lock import locked_versions
from ..system_libraries import install_libraries_command, missing_libraries
from .findings import Observation

__all__ = ["examine_system_libraries", "library_repair"]

LDD_TIMEOUT_S = 120.0
# A plain ".so" is a library that modules need rather than a module, except for Paddle's.
_MODULE_SUFFIXES = (*(suffix for suffix in EXTENSION_SUFFIXES if suffix != ".so"), "/libpaddle.so")
_NOT_FOUND = re.compile(r"^\t(\S+) => not found$", re.MULTILINE)
_NOT_LOADED = re.compile(rb"(lib[^\s:/]+): cannot open shared object file")


def examine_system_libraries() -> Iterator[Observation]:
    """Ask the loader for the libraries that the extension modules of the locked packages need."""
    title = Text(zh="系统库", en="System libraries")
    ldd = shutil.which("ldd")
    if sys.platform != "linux" or ldd is None:
        detail = Text(zh="本系统上不检查。", en="Not examined on this system.")
        yield Observation("system_libraries", title, "ok", detail)
        return
    modules = _extension_modules()
    needed = _libraries_not_found(ldd, modules)
    if not needed:
        detail = Text(
            zh=f"{len(modules)} 个扩展模块需要的库都在。",
            en=f"The libraries of {len(modules)} extension modules are here.",
        )
        yield Observation("system_libraries", title, "ok", detail)
        return
    names = [f"{library} ({', '.join(sorted(users))})" for library, users in sorted(needed.items())]
    yield Observation(
        "system_libraries",
        title,
        "broken",
        Text(zh=f"缺少：{'；'.join(names)}", en=f"Missing: {'; '.join(names)}"),
        install_libraries_command(needed),
    )


def library_repair(outcome: Outcome) -> str:
    """Return the command that installs the system library that a probe could not load.

    Empty if the probe failed for another reason, or if the library belongs to a package: that
    package is then broken.
    """
    names = {name.decode("utf-8", "replace") for name in _NOT_LOADED.findall(outcome.stderr)}
    if not names or names & _own_libraries():
        return ""
    # An import reports only the first that is missing.
    return install_libraries_command(names.union(missing_libraries()))


def _libraries_not_found(ldd: str, modules: Mapping[Path, str]) -> dict[str, set[str]]:
    """Return the libraries that the loader does not find, and the distributions that need them."""
    # With one file, ldd prints no headings.
    result = subprocess.run(
        [ldd, *map(str, modules), "/dev/null"],
        check=False,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=LDD_TIMEOUT_S,
    )
    own = _own_libraries()
    needed: dict[str, set[str]] = {}
    for section in re.split(r"^(?=/)", result.stdout, flags=re.MULTILINE):
        name = modules.get(Path(section.partition(":\n")[0]))
        for library in _NOT_FOUND.findall(section):
            if name is not None and library not in own:
                needed.setdefault(library, set()).add(name)
    return needed


def _extension_modules() -> dict[Path, str]:
    """Return the extension modules of the locked distributions, with the distributions' names."""
    return {
        folder / file: name
        for name, folder, file in _locked_files()
        if f"/{file}".endswith(_MODULE_SUFFIXES) and (folder / file).is_file()
    }


def _own_libraries() -> set[str]:
    """Return the names of the libraries that locked distributions contain."""
    files = (file.rpartition("/")[2] for _, _, file in _locked_files())
    return {file for file in files if ".so" in file}


def _locked_files() -> Iterator[tuple[str, Path, str]]:
    """Yield the name of each locked distribution, where it is, and each file there."""
    for name in locked_versions():
        try:
            installed = distribution(name)
        except PackageNotFoundError:
            continue
        folder = installation_folder(installed)
        for file, _size in recorded_files(installed):
            yield name, folder, file
