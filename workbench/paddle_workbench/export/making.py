"""A bundle is made in a folder next to its place, and put there as a whole."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..contract import (
    Postprocessing,
    Preprocessing,
    SampleSource,
    Task,
)
from ..errors import BundleError, WorkbenchError
from ..reading import is_file
from ..storage import storage_error, write_model
from .arguments import check_names, record_of_arguments
from .bundle_files import RECORD, read_record, records_of_folder
from .drafts import new_draft, put_in_place
from .examples import write_examples
from .held_out import held_out_samples
from .processing import (
    check_inputs,
    check_steps,
    placements,
    postprocess,
    preprocess,
)
from .samples import SAMPLES, samples_of, write_samples
from .saving import SavedNetwork
from .targets.target import PROGRAM_FOLDER
from .vocabulary import vocabulary_file

__all__ = ["check_replaceable", "make_bundle"]


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
    check_replaceable(target)
    files = {} if files is None else files
    check_names(files)
    check_inputs(held_out)
    check_steps(preprocessing, () if postprocessing is None else postprocessing)
    if task == "object-detection" and postprocessing is None:
        raise BundleError(
            "The bundle of a detector needs the step that makes boxes of its outputs.",
            "Pass its anchors: postprocessing=[YoloBoxes(anchors=…, strides=…)].",
            code="PW-X408",
        )
    # Wrong arguments are reported before the network is traced, which takes its time.
    record = record_of_arguments(
        target.name,
        task=task,
        labels=labels,
        preprocessing=preprocessing,
        postprocessing=postprocessing,
        metrics=metrics,
        version=version,
        licence=licence,
    )
    with new_draft(target) as draft:
        with _errors_of(target):
            for name, lines in files.items():
                (draft / name).parent.mkdir(parents=True, exist_ok=True)
                (draft / name).write_text(vocabulary_file(lines), encoding="utf-8")
        batch = preprocess(examples, preprocessing, draft)
        saved = save(draft / PROGRAM_FOLDER)
        try:
            samples = samples_of(batch, saved.inputs, saved.run, saved.run_empty)
            if len(held_out):
                samples += held_out_samples(held_out, preprocessing, draft, saved.inputs, saved.run)
        finally:
            saved.close()
        with _errors_of(target):
            if preprocessing:
                write_examples(examples, draft)
            (draft / SAMPLES).parent.mkdir()
            write_samples(samples, draft / SAMPLES)
            record = record.model_copy(
                update={
                    "inputs": saved.inputs,
                    "outputs": saved.outputs,
                    "samples": tuple(sample.record() for sample in samples),
                    "legacy_problem": saved.legacy_problem,
                    "samples_from": samples_from,
                    "files": records_of_folder(draft),
                }
            )
        # Wrong labels are found now and not by the first who uses the bundle.
        places = placements(examples, record.preprocessing, record.postprocessing)
        postprocess(samples[0].outputs or (), record.postprocessing, record.labels, places)
        write_model(draft / RECORD, record)
        _check_readable(draft, target)
        put_in_place(draft, target)


@contextmanager
def _errors_of(target: Path) -> Iterator[None]:
    """Name the bundle, and not its draft, if the disk is full."""
    try:
        yield
    except OSError as error:
        raise storage_error(target, error) from error


def _check_readable(draft: Path, target: Path) -> None:
    """Reject what could not be opened again before it takes the place of another bundle."""
    try:
        read_record(draft)
    except WorkbenchError as error:
        raise BundleError(
            f"The bundle was not made: {error.message.replace(str(draft), str(target))}",
            "Change the argument that is too large or is not a text.",
            code="PW-X409",
        ) from error


def check_replaceable(path: Path) -> None:
    """Raise BundleError if something at a path is not a bundle, which a new one would replace."""
    # Of a path that is not valid, the attempt to make it tells why.
    if os.path.lexists(path) and (path.is_symlink() or not is_file(path / RECORD)):
        raise BundleError(
            f"{path} exists and is not a bundle; it was left unchanged.",
            "Choose another path, or remove it.",
            code="PW-X404",
        )
