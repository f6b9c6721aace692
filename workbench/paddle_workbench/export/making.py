"""A bundle is made in a folder next to its place, and put there as a whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from ..contract import (
    BundleRecord,
    CtcDecode,
    Postprocessing,
    Preprocessing,
    SampleSource,
    Task,
    TopLabels,
)
from ..errors import BundleError
from ..storage import write_model
from .bundle_files import RECORD, records_of_folder
from .drafts import new_draft, put_in_place
from .examples import write_examples
from .held_out import held_out_samples
from .processing import postprocess, preprocess, vocabulary_file
from .provenance import versions
from .samples import SAMPLES, samples_of, write_samples
from .saving import SavedNetwork
from .targets.target import PROGRAM_FOLDER

__all__ = ["make_bundle"]


def make_bundle(
    target: Path,
    save: Callable[[Path], SavedNetwork],
    *,
    examples: Sequence[Any],
    task: Task = "tensors",
    labels: Sequence[str] = (),
    preprocessing: Sequence[Preprocessing] = (),
    postprocessing: Sequence[Postprocessing] | None = None,
    files: Mapping[str, Sequence[str]] | None = None,
    metrics: Mapping[str, float] | None = None,
    version: str = "1",
    licence: str = "",
    held_out: Sequence[Any] = (),
    samples_from: SampleSource = "eager",
) -> None:
    """Make a bundle with a program that is saved into a new folder of it.

    A bundle that was there before is replaced as a whole.

    Parameters
    ----------
    target : Path
        The folder to make.
    save : callable
        Saves the program into a folder that does not exist yet.
    samples_from : {"eager", "predictor"}
        Whose outputs the samples have.

    The others are those of `Bundle.create`.

    Raises
    ------
    BundleError
        If the network cannot be saved or run on the examples, or the path is another folder.
    """
    _check_replaceable(target)
    with new_draft(target) as draft:
        for name, lines in (files or {}).items():
            (draft / name).write_text(vocabulary_file(lines), encoding="utf-8")
        saved = save(draft / PROGRAM_FOLDER)
        try:
            batch = preprocess(examples, preprocessing, draft)
            if preprocessing:
                write_examples(examples, draft)
            samples = samples_of(batch, saved.inputs, saved.run, saved.run_empty)
            if len(held_out):
                samples += held_out_samples(held_out, preprocessing, draft, saved.inputs, saved.run)
        finally:
            saved.close()
        (draft / SAMPLES).parent.mkdir()
        write_samples(samples, draft / SAMPLES)
        record = BundleRecord(
            name=target.name,
            version=version,
            task=task,
            licence=licence,
            created_at=datetime.now(timezone.utc),
            inputs=saved.inputs,
            outputs=saved.outputs,
            labels=tuple(labels),
            preprocessing=tuple(preprocessing),
            postprocessing=tuple(
                _default_postprocessing(task) if postprocessing is None else postprocessing
            ),
            metrics=dict(metrics or {}),
            samples=tuple(sample.record() for sample in samples),
            legacy_problem=saved.legacy_problem,
            samples_from=samples_from,
            provenance=versions(),
            files=records_of_folder(draft),
        )
        # Wrong labels are found now and not by the first who uses the bundle.
        postprocess(samples[0].outputs or (), record.postprocessing, record.labels)
        write_model(draft / RECORD, record)
        put_in_place(draft, target)


def _default_postprocessing(task: Task) -> tuple[Postprocessing, ...]:
    if task in ("text-classification", "image-classification"):
        return (TopLabels(count=5),)
    return (CtcDecode(),) if task == "text-recognition" else ()


def _check_replaceable(path: Path) -> None:
    if path.is_symlink() or (path.exists() and not (path / RECORD).is_file()):
        raise BundleError(
            f"{path} exists and is not a bundle; it was left unchanged.",
            "Choose another path, or remove it.",
            code="PW-X404",
        )
