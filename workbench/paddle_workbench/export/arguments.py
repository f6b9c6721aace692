"""The arguments of `Bundle.create`, checked before they cost anything."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timezone
from pathlib import PurePosixPath
from typing import Any

from pydantic import ValidationError

from ..contract import (
    BundleRecord,
    CtcDecode,
    Postprocessing,
    Preprocessing,
    Task,
    TopLabels,
    invalid_field,
)
from ..errors import BundleError
from .bundle_files import RECORD, is_inside
from .examples import FOLDER as EXAMPLES
from .provenance import versions
from .samples import SAMPLES
from .targets.registry import is_folder_of_target

__all__ = ["check_names", "record_of_arguments"]

_CODE = "PW-X409"


def record_of_arguments(
    name: str,
    *,
    task: Task,
    labels: Sequence[str],
    preprocessing: Sequence[Preprocessing],
    postprocessing: Sequence[Postprocessing] | None,
    metrics: Mapping[str, float] | None,
    version: str,
    licence: str,
) -> BundleRecord:
    """Return the record of a new bundle, still without its program, samples and files.

    Raises
    ------
    BundleError
        If an argument has another type, is not one of its values, or cannot be written as JSON.
    """
    if isinstance(labels, bytes | set | frozenset | Mapping) or not isinstance(labels, Iterable):
        raise BundleError(
            f"labels is {labels!r:.80}, and not a list of texts.",
            'Pass them in the order of the outputs: labels=["bad", "good"]',
            code=_CODE,
        )
    if not isinstance(metrics, Mapping | None):
        raise BundleError(
            f"metrics is {metrics!r:.80}, and not a dict of numbers.",
            'Pass what was measured: metrics={"accuracy": 0.93}',
            code=_CODE,
        )
    try:
        record = BundleRecord(
            name=name,
            version=version,
            task=task,
            licence=licence,
            created_at=datetime.now(timezone.utc),
            inputs=(),
            outputs=(),
            labels=tuple(labels),
            preprocessing=tuple(preprocessing),
            postprocessing=tuple(
                _default_postprocessing(task) if postprocessing is None else postprocessing
            ),
            metrics=dict(metrics or {}),
            provenance=versions(),
            files={},
        )
    except ValidationError as error:
        raise _wrong(invalid_field(error)) from error
    try:
        BundleRecord.model_validate_json(record.model_dump_json())
    except ValueError as error:  # of UTF-8, which has no such characters
        raise _wrong("a text contains half a surrogate pair, which is not a character") from error
    return record


def check_names(files: Mapping[str, Any]) -> None:
    """Reject names of files that are not free in a bundle.

    Raises
    ------
    BundleError
        If one is not a path inside a bundle, is hidden, or is that of a file or folder that the
        bundle makes itself.
    """
    if not isinstance(files, Mapping):
        raise BundleError(
            f"files is {files!r:.80}, and not a dict of vocabularies by file name.",
            'Pass their characters: files={"vocabulary.json": [...]}',
            code=_CODE,
        )
    for name in files:
        if not isinstance(name, str) or not _is_free(name) or _is_below_another(name, files):
            raise BundleError(
                f"{name!r:.200} cannot be the name of a file in the bundle.",
                "Choose another one, such as vocabulary.json.",
                code=_CODE,
            )


def _is_free(name: str) -> bool:
    if not is_inside(name):
        return False
    first, last = PurePosixPath(name).parts[0], PurePosixPath(name).parts[-1]
    is_own = first in _OWN_FOLDERS or is_folder_of_target(first)
    # Hidden ones are locks, and files that are not whole yet.
    return not is_own and not first.startswith(".") and last != RECORD


def _is_below_another(name: str, files: Mapping[str, Any]) -> bool:
    return any(str(folder) in files for folder in PurePosixPath(name).parents)


_OWN_FOLDERS = frozenset({EXAMPLES, PurePosixPath(SAMPLES).parts[0]})


def _default_postprocessing(task: Task) -> tuple[Postprocessing, ...]:
    if task in ("text-classification", "image-classification"):
        return (TopLabels(count=5),)
    return (CtcDecode(),) if task == "text-recognition" else ()


def _wrong(reason: str) -> BundleError:
    return BundleError(
        f"The bundle was not made: {reason}.",
        "Correct the argument, and make the bundle again.",
        code=_CODE,
    )
