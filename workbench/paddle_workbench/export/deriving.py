"""A bundle made from another one: another program, with the same processing, labels and samples."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path

from ..contract import Model, Parent, RecipeStep
from ..errors import BundleError
from ..program.model.archive import save as save_capture
from ..program.model.capture import Capture
from ..reading import is_folder
from ..storage import storage_error, write_model
from .bundle import Bundle
from .bundle_files import RECORD, named_path, record_of_file, records_of_folder
from .drafts import new_draft, put_in_place
from .examples import FOLDER as EXAMPLES
from .making import check_replaceable
from .programs import copy_program
from .provenance import versions
from .samples import SAMPLES, answered, write_samples
from .saving import LINES, SavedNetwork
from .targets.registry import is_folder_of_target
from .targets.target import PROGRAM_FOLDER

__all__ = ["adopt", "derive", "place_of_child"]


def derive(
    parent: Bundle,
    path: str | Path,
    program: str | Path | None = None,
    *,
    lines: Capture | None = None,
    files: Mapping[str, Model] | None = None,
) -> Bundle:
    """Make a bundle of a changed program, with everything else of the bundle that it was made from.

    Task, labels, steps, vocabularies, examples, licence and version are those of the parent, which
    the record names. The samples are the same inputs, with the outputs of the new program. It has
    no targets and no metrics yet.

    Parameters
    ----------
    parent : Bundle
    path : str or Path
        The folder to make; a bundle that was there before is replaced as a whole.
    program : str or Path, optional
        A saved program, as for `Bundle.from_program`. By default the parent's, whose samples are
        then kept as they are.
    lines : Capture, optional
        The program with the lines of the code, in place of the saved one.
    files : mapping of str to Model, optional
        Further JSON files, by their paths in the bundle, such as `inference/quantization.json`.

    Raises
    ------
    BundleError
        If there is no such program, it has other inputs or another number of outputs, it refuses
        samples that the parent's takes, or the path is another folder.
    """
    target = place_of_child(parent, path)
    record = parent.record
    samples = parent.samples
    with new_draft(target) as draft:
        _copy_rest(parent, draft)
        if program is None:
            _copy_files(parent, draft, f"{PROGRAM_FOLDER}/")
            update = {}
        else:
            saved = copy_program(named_path(program, code="PW-X308"), draft / PROGRAM_FOLDER)
            try:
                _check_signature(saved, parent)
                samples = answered(samples, saved.run, saved.run_empty)
            finally:
                saved.close()
            if lines is not None:
                save_capture(lines, draft / PROGRAM_FOLDER / LINES)
            # Its outputs may have other fixed sizes, such as features after pruning.
            update = {
                "inputs": saved.inputs,
                "outputs": saved.outputs,
                "samples_from": "predictor",
                "legacy_problem": None,
            }
        try:
            (draft / SAMPLES).parent.mkdir(exist_ok=True)
            write_samples(samples, draft / SAMPLES)
            for name, content in (files or {}).items():
                (draft / name).parent.mkdir(parents=True, exist_ok=True)
                write_model(draft / name, content)
        except OSError as error:
            raise storage_error(target, error) from error
        made = record.model_copy(
            update={
                **update,
                "name": target.name,
                "created_at": datetime.now(timezone.utc),
                "samples": tuple(sample.record() for sample in samples),
                "targets": {},
                "metrics": {},
                "provenance": versions(),
                "parent": _parent(parent),
                "files": records_of_folder(draft),
            }
        )
        write_model(draft / RECORD, made)
        put_in_place(draft, target)
    return Bundle(target)


def adopt(
    bundle: Bundle, path: str | Path, *, parent: Bundle, steps: Sequence[RecipeStep] = ()
) -> Bundle:
    """Copy a bundle with its targets to another place, as one that was made from a given parent.

    Parameters
    ----------
    bundle : Bundle
    path : str or Path
        The folder to make; a bundle that was there before is replaced as a whole.
    parent : Bundle
    steps : sequence of RecipeStep
        By which it was made from the parent.

    Raises
    ------
    BundleError
        If the path is another folder.
    """
    target = place_of_child(parent, path)
    with new_draft(target) as draft:
        _copy_files(bundle, draft, "")
        update = {"name": target.name, "parent": _parent(parent, steps)}
        write_model(draft / RECORD, bundle.record.model_copy(update=update))
        put_in_place(draft, target)
    return Bundle(target)


def place_of_child(parent: Bundle, path: str | Path) -> Path:
    """Return the path of a bundle to make from another one, before anything costs time.

    Raises
    ------
    BundleError
        If it is the path of that one, which would be lost, or lies in it, or something there is not
        a bundle.
    """
    target = named_path(path, code="PW-X409")
    if is_folder(target) and target.samefile(parent.path):
        raise BundleError(
            f"{target} is the bundle itself, which is kept for comparison.",
            f"Choose another path, such as {target.with_name(f'{target.name}-small')}.",
            code="PW-X409",
        )
    if target.resolve().is_relative_to(parent.path.resolve()):
        raise BundleError(
            f"{target} lies in the bundle {parent.record.name}, whose files stay as they are.",
            f"Choose another path, such as {parent.path.with_name(target.name)}.",
            code="PW-X409",
        )
    check_replaceable(target)
    return target


def _parent(bundle: Bundle, steps: Sequence[RecipeStep] = ()) -> Parent:
    record = bundle.record
    digest = record_of_file(bundle.folder / RECORD).sha256
    return Parent(name=record.name, version=record.version, sha256=digest, steps=tuple(steps))


def _copy_rest(parent: Bundle, draft: Path) -> None:
    """Copy the files that steps name, and the examples."""
    for name in parent.record.files:
        top = name.split("/", 1)[0]
        is_other = top in (PROGRAM_FOLDER, SAMPLES.split("/", 1)[0]) or is_folder_of_target(top)
        if top == EXAMPLES or not is_other:
            _copy_files(parent, draft, name)


def _copy_files(parent: Bundle, draft: Path, start: str) -> None:
    for name in parent.record.files:
        if not name.startswith(start):
            continue
        try:
            (draft / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(parent.folder / name, draft / name)
        except OSError as error:
            raise storage_error(draft / name, error) from error


def _check_signature(saved: SavedNetwork, parent: Bundle) -> None:
    record = parent.record
    for kind, new, old in (
        ("inputs", saved.inputs, record.inputs),
        ("outputs", saved.outputs, record.outputs),
    ):
        if len(new) != len(old):
            raise BundleError(
                f"The program has {len(new)} {kind}, and that of {record.name} has {len(old)}.",
                "Make a bundle of its own: Bundle.from_program(path, program, examples=[…]).",
                code="PW-X308",
            )
