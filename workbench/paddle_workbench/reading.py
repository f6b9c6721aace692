"""Reading files from untrusted sources: only regular files, within limits, with clear errors."""

from __future__ import annotations

import errno
import json
import math
import os
import re
import shlex
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic_core import from_json

from .errors import FileBrokenError, FileMissingError, StorageError, WorkbenchError

if TYPE_CHECKING:
    import yaml

__all__ = [
    "MAX_BYTES",
    "broken_file",
    "decode",
    "expanded",
    "is_file",
    "is_folder",
    "parse_json",
    "parse_yaml",
    "read_bytes",
    "read_text",
    "resolved",
    "storage_errors_as",
    "yaml_loader",
]

MAX_BYTES = 64 * 1024 * 1024
"""The default limit on the size of a file."""

_FILE_TYPES = {
    stat.S_IFDIR: "folder",
    stat.S_IFIFO: "named pipe",
    stat.S_IFSOCK: "socket",
    stat.S_IFCHR: "device",
    stat.S_IFBLK: "device",
}
# Candidates for numbers that are too large for a float.
# Two patterns, since a combined one takes twice as long.
_MANY_DIGITS = re.compile(r"[0-9]{309}")
_LARGE_EXPONENT = re.compile(r"[eE][+]?[0-9]{3}")


def expanded(path: str | Path) -> Path:
    """Return a path that a person gave, with `~` for a home folder replaced as a shell does.

    Raises
    ------
    StorageError
        If it is not a path.
    """
    try:
        return Path(path).expanduser()
    except TypeError:
        raise StorageError(
            f"{path!r:.80} is not a path.",
            'Pass a text or a pathlib.Path, such as "bundles/sentiment".',
        ) from None
    except RuntimeError:  # there is no such user, or this one has no home
        return Path(path)


def is_file(path: Path) -> bool:
    """Return whether a path leads to a regular file; a path that is not valid does not."""
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name that is too long, or contains NUL
        return False


def is_folder(path: Path) -> bool:
    """Return whether a path leads to a folder; a path that is not valid does not."""
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def resolved(path: Path) -> Path:
    """Return the absolute path of a file or folder, without links; it need not exist.

    Raises
    ------
    StorageError
        If the path is not valid, or its links lead in a circle.
    """
    try:
        return path.resolve()
    except (OSError, RuntimeError, ValueError) as error:
        # For a circle of links Python raises RuntimeError, whose text names the path once more.
        reason = "its links lead in a circle" if isinstance(error, RuntimeError) else str(error)
        raise StorageError(f"{str(path)!r:.200} is not a path: {reason}.", "Check it.") from error


def read_bytes(
    path: Path, *, kind: str, limit_bytes: int = MAX_BYTES, hint: str = "", start: int = 0
) -> bytes:
    """Return the content of a regular file, without waiting for pipes or devices.

    Parameters
    ----------
    path : Path
    kind : str
        What the file should be, for messages, for example `run record`.
    limit_bytes : int
        The maximum size; a larger file is not read.
    hint : str, optional
        The hint for a broken file; by default, to move it away.
    start : int
        The first byte to return. The limit applies to what follows it.

    Raises
    ------
    FileMissingError
        If there is no such file.
    FileBrokenError
        If it is not a regular file, or is too large.
    StorageError
        If the operating system cannot read it.
    """
    try:
        with open(path, "rb", opener=_open_without_waiting) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                type_name = _FILE_TYPES.get(stat.S_IFMT(status.st_mode), "special file")
                raise broken_file(path, kind, f"it is a {type_name}", hint)
            size = max(0, status.st_size - start)
            file.seek(start)
            content = file.read(limit_bytes + 1) if size <= limit_bytes else b""
    except FileNotFoundError as error:
        raise FileMissingError(f"There is no {kind} {path}.", "Check the path.") from error
    except (OSError, ValueError) as error:
        raise _unreadable(path, kind, error, hint) from error
    size = max(size, len(content))
    if size > limit_bytes:
        raise FileBrokenError(
            f"{path} has {_size(size)}; the limit for a {kind} is {_size(limit_bytes)}.",
            hint or _move_away(path),
        )
    return content


def read_text(path: Path, *, kind: str, limit_bytes: int = MAX_BYTES, hint: str = "") -> str:
    """Return the text of a regular file in UTF-8.

    The parameters are those of `read_bytes`.

    Raises
    ------
    FileMissingError, StorageError
        As for `read_bytes`.
    FileBrokenError
        As for `read_bytes`, or if the file is not UTF-8.
    """
    content = read_bytes(path, kind=kind, limit_bytes=limit_bytes, hint=hint)
    return decode(content, path, kind=kind, hint=hint)


def decode(content: bytes, path: Path, *, kind: str, hint: str = "") -> str:
    """Return the text in the content of a file.

    Raises
    ------
    FileBrokenError
        If it is not UTF-8.
    """
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        reason = f"it is not UTF-8 text (byte {error.start + 1} is {content[error.start]:#04x})"
        raise broken_file(path, kind, reason, hint) from error


def parse_json(content: bytes, path: Path, *, kind: str, hint: str = "") -> Any:
    """Return the JSON values in the content of a file.

    The parser is strict: it rejects NaN and Infinity, numbers that are too large for a float, lone
    surrogates, and more than 200 levels of nesting. So the values can be used in calculations and
    written again.

    Raises
    ------
    FileBrokenError
        If the content is not such JSON.
    """
    text = decode(content, path, kind=kind, hint=hint)
    try:
        values = from_json(text, allow_inf_nan=False)
        if _LARGE_EXPONENT.search(text) or _MANY_DIGITS.search(text):
            json.loads(text, parse_int=_check_number, parse_float=_check_number)
    except ValueError as error:
        reason = str(error)
        if reason.startswith("recursion limit"):
            reason = "it is nested too deeply"
        elif not isinstance(error, _LargeNumberError):
            reason = f"{_what_is_wrong(text)} ({reason})"
        raise broken_file(path, kind, reason, hint) from error
    return values


def parse_yaml(text: str) -> Any:
    """Return the values of a YAML text; a key that occurs twice is an error, and not the last.

    Raises
    ------
    yaml.YAMLError
        Also if a value contains itself.
    RecursionError
        If it is nested too deeply.
    """
    loader = yaml_loader(text)
    try:
        return loader.get_single_data()
    finally:
        loader.dispose()


def yaml_loader(text: str, *, dates: bool = True) -> yaml.SafeLoader:
    """Return a safe loader of a YAML text, with errors for keys that occur twice and for circles.

    A value that contains itself, by an alias, is a circle.

    Parameters
    ----------
    text : str
    dates : bool
        Whether a text such as 2024-01-01 is a date.

    Raises
    ------
    yaml.YAMLError
        If the text has characters that YAML does not allow.
    """
    import yaml

    unfinished: list[str | None] = []

    class Loader(yaml.SafeLoader):
        def compose_node(self, parent: Any, index: Any) -> Any:
            # The children of a node are composed while it is on this list.
            is_alias = self.check_event(yaml.AliasEvent)
            event: Any = self.peek_event()  # type: ignore[no-untyped-call] # as its stubs say
            if is_alias and event.anchor in unfinished:
                raise yaml.composer.ComposerError(
                    problem=f"the alias *{event.anchor} is inside of its own value",
                    problem_mark=event.start_mark,
                )
            unfinished.append(None if is_alias else event.anchor)
            node = super().compose_node(parent, index)
            unfinished.pop()
            return node

        def construct_mapping(self, node: Any, *options: Any, **more: Any) -> dict[Any, Any]:
            seen: set[str] = set()
            for key, _ in node.value:
                if not isinstance(key, yaml.ScalarNode):
                    continue
                if key.value in seen:
                    raise yaml.constructor.ConstructorError(
                        problem=f"the field {key.value!r:.80} occurs twice",
                        problem_mark=key.start_mark,
                    )
                seen.add(key.value)
            return super().construct_mapping(node, *options, **more)

    if not dates:
        Loader.yaml_implicit_resolvers = {
            first: [pair for pair in resolvers if not pair[0].endswith(":timestamp")]
            for first, resolvers in Loader.yaml_implicit_resolvers.items()
        }
    return Loader(text)


@contextmanager
def storage_errors_as(room_error: type[WorkbenchError]) -> Iterator[None]:
    """Convert a `StorageError` to the error of a room; a context manager and a decorator."""
    try:
        yield
    except StorageError as error:
        raise room_error(error.message, error.hint) from error


def broken_file(path: Path, kind: str, reason: str, hint: str = "") -> FileBrokenError:
    """Return the error for a broken file.

    Parameters
    ----------
    path : Path
    kind : str
        What it should be, for example `run record`.
    reason : str
        A clause without a full stop.
    hint : str, optional
        By default, to move the file away.
    """
    return FileBrokenError(f"{path} is not a {kind}: {reason}.", hint or _move_away(path))


class _LargeNumberError(ValueError):
    """A number that is too large for a float."""


def _open_without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY)


def _what_is_wrong(text: str) -> str:
    """Return why a text is not JSON; Python's own module writes NaN and Infinity."""
    try:
        values = from_json(text, allow_inf_nan=True)
    except ValueError:
        return "it is not JSON, or only part of it"
    found = _first_not_finite(values, "")
    where, number = found if found is not None else ("", "NaN or Infinity")
    return f"{where.removeprefix('.') or 'it'} is {number}, which JSON does not have"


def _first_not_finite(value: object, place: str) -> tuple[str, str] | None:
    """Return where the first number is that is not finite, such as `.boxes[2]`, and which it is."""
    if isinstance(value, float) and not math.isfinite(value):
        return place, "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    entries: Iterable[tuple[str, object]] = ()
    if isinstance(value, dict):
        entries = (
            (f".{key}" if key.isidentifier() else f"[{key!r:.40}]", each)
            for key, each in value.items()
        )
    elif isinstance(value, list):
        entries = ((f"[{number}]", each) for number, each in enumerate(value))
    places = (_first_not_finite(each, f"{place}{name}") for name, each in entries)
    return next((found for found in places if found is not None), None)


def _check_number(text: str) -> None:
    if not math.isfinite(float(text)):
        number = text if len(text) <= 12 else f"{text[:12]}…"
        raise _LargeNumberError(f"the number {number} is too large")


def _move_away(path: Path) -> str:
    return f"Restore it, or move it away: mv {shlex.quote(str(path))} {shlex.quote(f'{path}.old')}"


def _unreadable(path: Path, kind: str, error: OSError | ValueError, hint: str) -> StorageError:
    """Return the error for a failure to open or read; a NUL in the path raises `ValueError`."""
    code = error.errno if isinstance(error, OSError) else None
    if code == errno.EISDIR:
        return broken_file(path, kind, "it is a folder", hint)
    # A socket, or a device that does not exist.
    if code == errno.ENXIO:
        return broken_file(path, kind, "it is not a regular file", hint)
    reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
    command = "chmod u+r" if code in (errno.EACCES, errno.EPERM) else "ls -l"
    return StorageError(
        f"{path} cannot be read: {reason}.", f"Check it: {command} {shlex.quote(str(path))}"
    )


def _size(size: int) -> str:
    return f"{size / 2**20:.0f} MB" if size >= 2**20 else f"{size} bytes"
