"""What the steps of a recipe need, checked before the first of them: a long step is not lost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from ..contract import (
    DistilStep,
    LedgerProtocol,
    PruneStep,
    QuantizeStep,
    Recipe,
    RecipeStep,
)
from ..errors import CompressionError, WorkbenchError
from ..export.bundle import Bundle
from ..export.decisions import box_step
from ..export.deriving import place_of_child
from ..export.opening import opened
from ..export.targets.registry import TARGETS, target_named
from ..reading import expanded
from .batches import count_of, program_batches, whole_batch
from .effects import check_truth
from .pruning.pruning import channel_groups, check_removable
from .pruning.rounds import shares_of_round
from .quantization.calibration_data import calibration_data
from .quantization.plan import layer_names, make_plan, with_layers
from .quantization.quantizing import float_program

__all__ = [
    "check_layers",
    "check_measured_inputs",
    "check_options",
    "check_steps",
    "needs_data",
    "student_of",
]

_DATA = "data"
_OPTIONS = ("data", "inputs", "truth", "measure", "listener", "batch", "threads", "progress")


def check_steps(
    recipe: Recipe, bundle: Bundle, data: Sequence[Any] | None, folder: Path, place: Path
) -> None:
    """Reject a recipe with a step that cannot be done, or with data that do not fit one.

    Parameters
    ----------
    recipe : Recipe
    bundle : Bundle
        The one that it starts from.
    data : sequence, or None
        Raw inputs for training and calibration; None if no step needs any.
    folder : Path
        That paths in the recipe are relative to.
    place : Path
        Where the result goes.

    Raises
    ------
    CompressionError
        With the number and name of the step.
    BundleError
        If there is no such target.
    """
    target_named(recipe.target)
    if data is not None:
        # Also if no step takes them, since they are compared with the held-out inputs.
        whole_batch(data, bundle, role=_DATA)
    values = () if data is None else data
    current, is_pruned = bundle, False
    for number, step in enumerate(recipe.steps, 1):
        with _named(number, step):
            before = recipe.steps[number - 2] if number > 1 else None
            if isinstance(before, QuantizeStep) and not isinstance(step, QuantizeStep):
                raise CompressionError(
                    "the quantize before it would be lost, since it plans for the weights that "
                    "there are.",
                    "Put quantize last.",
                )
            if isinstance(step, PruneStep):
                _check_pruning(step, current, values, is_first=not is_pruned)
                is_pruned = True
            elif isinstance(step, DistilStep):
                student = student_of(step, current, folder)
                place_of_child(student, place)
                whole_batch(values, student, role=_DATA)
                current, is_pruned = student, False
            elif isinstance(step, QuantizeStep):
                _check_quantization(step, current, values, recipe.target)


def check_layers(recipe: Recipe, exported: Bundle, folder: Path) -> None:
    """Reject a quantisation without layers, or that keeps a layer which there is not.

    Parameters
    ----------
    recipe : Recipe
        Whose steps were checked.
    exported : Bundle
        The one that it starts from, with the ONNX program if the target has one.
    folder : Path
        That paths in the recipe are relative to.

    Raises
    ------
    CompressionError
        With the number and name of the step.
    """
    current = exported
    for number, step in enumerate(recipe.steps, 1):
        with _named(number, step):
            if isinstance(step, DistilStep):
                current = student_of(step, current, folder)
            elif isinstance(step, QuantizeStep):
                program = float_program(current)
                names = layer_names(program, current.program)
                with_layers(make_plan(program, names, {}, method="dynamic"), None, step.keep)


def check_measured_inputs(
    inputs: Sequence[Any] | None, truth: Sequence[object] | None, bundle: Bundle
) -> None:
    """Reject held-out inputs that a bundle does not take, or a truth that is not one of them.

    Raises
    ------
    CompressionError
        With the first that does not fit.
    """
    record = bundle.record
    if inputs is not None:
        whole_batch(inputs, bundle, role="held-out inputs")
    # That a detector has no accuracy, and how many examples there are, the ledger knows.
    if truth is not None and record.postprocessing and box_step(record) is None:
        check_truth(truth, record, None if inputs is None else count_of(inputs, record))


def check_options(options: Iterable[str]) -> None:
    """Reject a keyword that `compress` does not have.

    Raises
    ------
    CompressionError
        With one that may be meant.
    """
    names = [*_OPTIONS, *LedgerProtocol.model_fields]
    for name in options:
        if name not in names:
            matches = get_close_matches(name, names, n=1)
            raise CompressionError(
                f"compress has no option {name!r:.80}.",
                f"Did you mean {matches[0]!r}?" if matches else f"Use one of: {', '.join(names)}.",
            )


def needs_data(step: RecipeStep) -> bool:
    """Return whether a step takes raw inputs."""
    if isinstance(step, PruneStep):
        return step.criterion == "taylor"
    return not isinstance(step, QuantizeStep) or step.method != "dynamic"


def student_of(step: DistilStep, teacher: Bundle, folder: Path) -> Bundle:
    """Return the bundle that a step trains.

    Raises
    ------
    CompressionError
        If its task or labels are not those of the teacher.
    BundleError
        If there is no such bundle.
    """
    student = opened(folder / expanded(step.student))
    for name in ("task", "labels"):
        mine, its = (getattr(each.record, name) for each in (teacher, student))
        if mine != its:
            raise CompressionError(
                f"The {name} of the student {student.record.name} is {its!r:.80}, and that of "
                f"{teacher.record.name} {mine!r:.80}.",
                "Make the student's bundle with the same task and labels.",
            )
    return student


@contextmanager
def _named(number: int, step: RecipeStep) -> Iterator[None]:
    try:
        yield
    except WorkbenchError as error:
        raise CompressionError(
            f"Step {number}, {step.step}, cannot be done: {error.message}",
            error.hint,
            code=error.code,
        ) from error


def _check_pruning(step: PruneStep, bundle: Bundle, data: Sequence[Any], *, is_first: bool) -> None:
    graph = channel_groups(bundle)
    share: Any = step.groups or step.share
    check_removable(graph, share, step.criterion)
    if is_first and step.rounds > 1:
        shares_of_round(graph, graph, share, number=1, rounds=step.rounds, criterion=step.criterion)
    if needs_data(step):
        program_batches(data, bundle, role=_DATA)


def _check_quantization(
    step: QuantizeStep, bundle: Bundle, data: Sequence[Any], target: str
) -> None:
    if "int8" not in target_named(target).lighter:
        targets = [name for name, each in TARGETS.items() if "int8" in each.lighter]
        raise CompressionError(
            f"the target {target} has no int8 weights.",
            f"Choose another target for the recipe: {', '.join(targets)}.",
        )
    if needs_data(step):
        calibration_data(bundle, data)
