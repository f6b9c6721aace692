"""Find notebooks that need not run again: those that passed and have not changed since.

The key of a notebook covers everything that its outputs may depend on. It consists of parts, so
that a check can report which of them has changed.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import platform
import site
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from pydantic import AwareDatetime

from ..contract import SCHEMA_VERSION, Model
from ..course.companions import companions_of
from ..errors import SchemaVersionError, StorageError
from ..notebooks import Notebook
from ..settings import settings
from ..storage import read_or_set_aside, set_aside, write_model
from .results import NotebookReport

__all__ = ["CheckCache", "Lookup", "cache_key"]

PACKAGE = Path(__file__).parents[1]
# Built from `src/`, or written by Python; no notebook uses them.
_FOLDERS_WITHOUT_CODE = frozenset(("labextension", "__pycache__"))
# Prefixes of variables that change what a notebook computes.
_PREFIXES = ("FLAGS_", "PADDLE_", "CUDA_", "OMP_", "MKL_", "OPENBLAS_", "PYTHON", "MPL")
# Set by tests and benchmarks; what they change is in the key itself.
_FOLDER_VARIABLES = frozenset(("PADDLE_WORKBENCH_HOME", "PADDLE_WORKBENCH_COURSE"))


_log = logging.getLogger(__name__)


class _CachedPass(Model):
    """A file of the cache: a notebook that passed, and its inputs."""

    schema_version: int = SCHEMA_VERSION
    key: dict[str, str]
    report: NotebookReport
    passed_at: AwareDatetime


@dataclass(frozen=True, slots=True)
class Lookup:
    """Whether a notebook has to run.

    Parameters
    ----------
    reason : str
        Why it has to run, or why not.
    key : mapping
        The digest of each part.
    report : NotebookReport or None
        The report of its last pass, if it need not run.
    """

    reason: str
    key: Mapping[str, str]
    report: NotebookReport | None = None


def cache_key(notebook: Notebook, options: Mapping[str, object]) -> dict[str, str]:
    """Return a digest of each thing that a notebook's outputs may depend on.

    Parameters
    ----------
    notebook : Notebook
    options : mapping
        How it is checked.
    """
    environment = {
        name: value
        for name, value in os.environ.items()
        if name.startswith(_PREFIXES) and name not in _FOLDER_VARIABLES
    }
    return {
        "notebook": notebook.sha256,
        "companions": _digest_files(companions_of(notebook.path, notebook.node)),
        "package": _digest_files(_package_files()),
        "lock": _digest(sorted(_package_versions())),
        "python": f"{platform.python_implementation()} {sys.version}",
        "platform": f"{platform.platform()} {platform.processor()} {os.cpu_count()} cores",
        "environment": _digest(sorted(environment.items())),
        "options": json.dumps(dict(options), sort_keys=True),
    }


class CheckCache:
    """The cache of notebooks that passed.

    Parameters
    ----------
    folder : Path, optional
        By default in the workbench home.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or settings().cache / "checks"

    def look_up(self, notebook: Notebook, options: Mapping[str, object]) -> Lookup:
        """Return whether a notebook has to run."""
        key = cache_key(notebook, options)
        entry = self._read(notebook.path)
        if entry is None:
            return Lookup("it has not passed yet", key)
        when = f"{entry.passed_at.astimezone():%Y-%m-%d %H:%M}"
        changed = [name for name in key if entry.key.get(name) != key[name]]
        if changed:
            verb = "has" if len(changed) == 1 else "have"
            return Lookup(f"{' and '.join(changed)} {verb} changed since it passed, {when}", key)
        report = entry.report.model_copy(update={"cached_at": entry.passed_at})
        return Lookup(f"nothing has changed since it passed, {when}", key, report)

    def store(
        self,
        notebook: Notebook,
        key: Mapping[str, str],
        options: Mapping[str, object],
        report: NotebookReport,
    ) -> None:
        """Store a pass, unless something changed while the notebook ran."""
        if not report.passed or cache_key(notebook, options) != dict(key):
            return
        entry = _CachedPass(key=dict(key), report=report, passed_at=datetime.now(timezone.utc))
        write_model(self._file(notebook.path), entry)

    def _file(self, notebook: Path) -> Path:
        name = hashlib.sha256(str(notebook.resolve()).encode()).hexdigest()[:16]
        return self._folder / f"{notebook.stem}-{name}.json"

    def _read(self, notebook: Path) -> _CachedPass | None:
        # A broken cache costs a run, never an answer.
        file = self._file(notebook)
        try:
            entry, _notice = read_or_set_aside(file, _CachedPass, kind="check result")
        except SchemaVersionError:
            set_aside(file)
            return None
        except StorageError as error:
            _log.warning("%s", error)
            return None
        return entry


def _package_files() -> list[Path]:
    return [
        path
        for path in sorted(PACKAGE.rglob("*"))
        if path.is_file() and not _FOLDERS_WITHOUT_CODE & set(path.relative_to(PACKAGE).parts)
    ]


def _package_versions() -> Iterable[str]:
    """Yield names and versions of installed packages, and the digests of the locks."""
    for folder in dict.fromkeys([*site.getsitepackages(), *sys.path]):
        path = Path(folder)
        if path.is_dir() and path.name.endswith("-packages"):
            yield from (entry.name for entry in path.glob("*.dist-info"))
    for lock in sorted((PACKAGE.parent / "requirements").glob("[cg]pu.txt")):
        yield hashlib.sha256(lock.read_bytes()).hexdigest()


def _digest_files(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(f"{path.name}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()
