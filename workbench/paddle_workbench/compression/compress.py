"""A bundle made smaller by a recipe, with the effect of every step in its ledger."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from ..contract import (
    DistilStep,
    FineTuneStep,
    JobProgress,
    PruneStep,
    QuantizeStep,
    Recipe,
    Text,
    Weights,
)
from ..errors import CompressionError, ExportError, StorageError, WorkbenchError
from ..export.attempt import Listener
from ..export.bundle import Bundle
from ..export.deriving import adopt, derive, place_of_child
from ..export.drafts import new_draft
from ..export.ledger.ledger import Ledger
from ..export.ledger.variants import Variant
from ..export.opening import opened
from ..export.processing import prepare
from ..export.saving import LINES
from ..export.targets.target import PROGRAM, PROGRAM_FOLDER
from ..program.model.archive import load
from ..program.progress import ProgressBar
from ..reading import expanded
from ..scratch import ScratchFolder
from .batches import count_of
from .data import check_not_held_out, read_inputs
from .distillation.teaching import Teaching, teach
from .distillation.training import distil
from .pruning.groups import ChannelGraph
from .pruning.pruning import channel_groups, prune
from .pruning.rounds import shares_of_round
from .quantization.quantizing import quantize
from .recipe import recipe_of
from .recipe_checks import (
    check_layers,
    check_measured_inputs,
    check_options,
    check_steps,
    needs_data,
    student_of,
)
from .stages import Stage, stages_of
from .trainable import load_trainable, save_trained

__all__ = ["ORIGINAL", "compress"]

ORIGINAL = "original"
"""The name of the bundle that a recipe starts from, in the ledger of the one that it ends with."""
CALIBRATION_INPUTS = 512
"""More do not make scales better, and all activations of each are counted."""
_TITLES = {
    "prune": Text(zh="剪枝", en="pruning"),
    "fine_tune": Text(zh="微调", en="fine-tuning"),
    "distil": Text(zh="蒸馏", en="distillation"),
    "quantize": Text(zh="量化", en="quantisation"),
}
_MEASURING = Text(zh="测量", en="measuring")


def compress(
    bundle: Bundle | str | Path,
    recipe: Any,
    path: str | Path,
    *,
    data: Sequence[Any] | str | Path | None = None,
    inputs: Sequence[Any] | None = None,
    truth: Sequence[object] | None = None,
    measure: bool = True,
    listener: Listener | None = None,
    **protocol: Any,
) -> Bundle:
    """Make a bundle smaller by the steps of a recipe, and measure what each of them did.

    After each step the bundle is exported to the recipe's target, run and compared with itself, as
    `Bundle.export` does. The result is a bundle whose record names its parent and the steps. Its
    ledger has a row for the original and for each step: accuracy, decisions that changed, time and
    size; if a pruning has rounds, for each round of it and of its fine-tuning. The original is not
    changed, and nothing is written to `path` before all steps are done.

    Parameters
    ----------
    bundle : Bundle, str or Path
    recipe : Recipe, mapping, list, str or Path
        See `recipe_of`; a text or path is that of a YAML file.
    path : str or Path
        The folder to make; a bundle that was there before is replaced as a whole.
    data : sequence, str or Path, optional
        Raw inputs for training and calibration, as `bundle.predict` takes them, or what
        `read_inputs` reads. By default the `data` of the recipe. No labels: what is trained learns
        from the outputs of the bundle that the recipe starts from. Scales for int8 are chosen
        from up to 512 of them, from all parts of the data.
    inputs, truth : sequence, optional
        Held-out inputs and their right labels or texts, as for `Ledger`. By default the bundle's
        examples, without a truth.
    measure : bool
        Whether the ledger is measured.
    listener : callable, optional
        Called with the progress, a `contract.JobProgress`, also within steps, of which its `step`
        then says what they are at; an exception ends the work. A bar shows it as well, where a
        person watches.
    **protocol
        Of `Ledger.measure`: `batch=1`, `threads=1`, and fields of `contract.LedgerProtocol`, such
        as `budget_s=60`.

    Returns
    -------
    Bundle

    Raises
    ------
    CompressionError
        If an option, the recipe or the data is not valid, an input is also in the held-out set, or
        a step cannot be done; the message names the step.
    BundleError
        If the bundle is not whole, there is no such target, or the path is another folder.
    StorageError
        If the result cannot be written, such as on a full disk; the message says where it is kept.
    """
    check_options(protocol)
    original = opened(bundle)
    place = place_of_child(original, path)
    chosen = recipe_of(recipe)
    folder = _folder_of(recipe)
    stages = stages_of(chosen)
    raw = _data_of(data, chosen, folder, original)
    check_measured_inputs(inputs, truth, original)
    check_steps(chosen, original, raw, folder, place)
    if raw is not None:
        check_not_held_out(raw, original, () if inputs is None else inputs)
    with new_draft(place):
        pass  # A folder that cannot be written is named before anything is trained.
    total = len(stages) + 1 + measure
    with ProgressBar(f"compress {original.record.name}") as bar, ScratchFolder("compress") as work:

        def show(done: int, step: Text, part: JobProgress | None = None) -> None:
            text = step if part is None else _within(step, part)
            if listener is not None:
                listener(JobProgress(done=done, total=total, step=text))
            share = part.done / part.total if part is not None and part.total else 0.0
            bar.advance((done + share) / total, text.en)

        show(0, Text(zh="导出", en="export"))
        first = original
        if measure or not _is_exported(original, chosen.target):
            first = derive(original, work / ORIGINAL / original.record.name)
            first.export(chosen.target)
        check_layers(chosen, first, folder)
        if measure:
            # What cannot be measured with is named before anything is trained.
            ledger = Ledger(first, inputs=inputs, truth=truth, path=work / "ledger.json")
            ledger.check_protocol(**protocol)
        steps = _Steps(original, () if raw is None else raw, folder)
        made = {ORIGINAL: first}
        last = first
        for number, stage in enumerate(stages, 1):
            title = _TITLES[stage.step.step]
            show(number, title)
            steps.show = partial(show, number, title)
            last = _done(steps, stage, last, work / f"{number}" / place.name, chosen.target)
            made[stage.name] = last
        try:
            last = adopt(last, path, parent=original, steps=chosen.steps)
        except StorageError as error:
            raise _rescued(last, error) from error
        if measure:
            show(total - 1, _MEASURING)
            ledger = Ledger(first, inputs=inputs, truth=truth, path=last.path)
            for name, each in made.items():
                ledger.add(Variant(name, bundle=each, target=chosen.target, title=name))
            ledger.measure(variants=list(made), baseline=ORIGINAL, **protocol)
    return last


def _rescued(bundle: Bundle, error: StorageError) -> StorageError:
    """Keep what was made though it cannot be copied to its place, and say where it is."""
    try:
        kept = Path(tempfile.mkdtemp(prefix="compressed-")) / bundle.path.name
        bundle.path.rename(kept)  # takes no space
    except OSError:
        return error
    hint = f"{error.hint} The new bundle is kept in {kept}; copy it from there."
    return StorageError(error.message, hint.strip())


def _within(step: Text, part: JobProgress) -> Text:
    """Return what a step does, with what it is at."""
    if part.step is None:
        return step
    detail = part.step.en[:1].lower() + part.step.en[1:]
    return Text(zh=f"{step.zh}：{part.step.zh}", en=f"{step.en}: {detail}")


def _data_of(
    data: Sequence[Any] | str | Path | None, recipe: Recipe, folder: Path, bundle: Bundle
) -> Sequence[Any] | None:
    """Return the raw inputs for training and calibration; None if no step needs any."""
    chosen: Any = data
    if chosen is None and recipe.data:
        chosen = folder / expanded(recipe.data)
    if chosen is None:
        needing = [step.step for step in recipe.steps if needs_data(step)]
        if needing:
            raise CompressionError(
                f"The recipe has the step {needing[0]}, which needs inputs, and there are none.",
                "Pass data=[…], raw inputs that are not held out, or add `data: FILE` to it.",
            )
        return None
    return read_inputs(chosen, bundle.record) if isinstance(chosen, str | Path) else chosen


def _is_exported(bundle: Bundle, target: str) -> bool:
    exported = bundle.record.targets.get(target)
    return exported is not None and exported.weights == "fp32"


def _folder_of(recipe: Any) -> Path:
    """Return the folder that paths in a recipe are relative to."""
    return expanded(recipe).parent if isinstance(recipe, str | Path) else Path()


def _done(steps: _Steps, stage: Stage, bundle: Bundle, place: Path, target: str) -> Bundle:
    """Do one stage, and export its result; an error names it."""
    try:
        made, weights = steps.do(stage, bundle, place)
        made.export(target, weights=weights)
    except ExportError as error:
        raise CompressionError(
            f"{stage.description}, was done, but its result was not exported: {error.message}",
            error.hint,
            code=error.code,
        ) from error
    except WorkbenchError as error:
        raise CompressionError(
            f"{stage.description}, was not done: {error.message}",
            error.hint,
            code=error.code,
        ) from error
    return made


@dataclass
class _Steps:
    """What the steps of a recipe do.

    Parameters
    ----------
    original : Bundle
        Whose outputs training learns from.
    data : sequence
        Raw inputs; none if no step needs any.
    folder : Path
        That paths in the recipe are relative to.
    """

    original: Bundle
    data: Sequence[Any]
    folder: Path
    show: Listener | None = None
    """Called with the progress within a step."""
    _teaching: Teaching | None = None
    _whole: ChannelGraph | None = None
    """The channels before the first round of a pruning."""

    def do(self, stage: Stage, bundle: Bundle, place: Path) -> tuple[Bundle, Weights]:
        """Do a step with a bundle; return the new one, and the weights that it is exported with."""
        step = stage.step
        if isinstance(step, PruneStep) and stage.round:
            step = self._round_of(step, stage.round, bundle)
        return _DOING[type(step)](self, step, bundle, place)

    def _round_of(self, step: PruneStep, number: int, bundle: Bundle) -> PruneStep:
        """Return what is pruned in one round."""
        now = channel_groups(bundle)
        if number == 1 or self._whole is None:
            self._whole = now
        shares = shares_of_round(
            self._whole,
            now,
            step.groups or step.share,
            number=number,
            rounds=step.rounds,
            criterion=step.criterion,
        )
        return step.model_copy(update={"groups": shares, "rounds": 1})

    def _prune(self, step: PruneStep, bundle: Bundle, place: Path) -> tuple[Bundle, Weights]:
        share: Any = step.groups or step.share
        made = prune(
            bundle,
            place,
            share=share,
            criterion=step.criterion,
            inputs=self.data,
            listener=self.show,
        )
        return made, "fp32"

    def _fine_tune(self, step: FineTuneStep, bundle: Bundle, place: Path) -> tuple[Bundle, Weights]:
        return self._trained(bundle, place, self._taught(), step), "fp32"

    def _distil(self, step: DistilStep, bundle: Bundle, place: Path) -> tuple[Bundle, Weights]:
        student = student_of(step, bundle, self.folder)
        return self._trained(
            student, place, teach(bundle, self.data, listener=self.show), step
        ), "fp32"

    def _quantize(self, step: QuantizeStep, bundle: Bundle, place: Path) -> tuple[Bundle, Weights]:
        made = quantize(
            bundle,
            place,
            calibration=() if step.method == "dynamic" else self._calibration(),
            method=step.method,
            bits=step.bits,
            keep=step.keep,
            listener=self.show,
        )
        return made, "int8"

    def _calibration(self) -> Sequence[Any]:
        """Return inputs from all parts of the data, `CALIBRATION_INPUTS` at most."""
        data, record = self.data or (), self.original.record
        chosen = slice(None, None, max(1, -(-count_of(data, record) // CALIBRATION_INPUTS)))
        return data[chosen] if record.preprocessing else [array[chosen] for array in data]

    def _taught(self) -> Teaching:
        if self._teaching is None:
            self._teaching = teach(self.original, self.data, listener=self.show)
        return self._teaching

    def _trained(
        self, student: Bundle, place: Path, teaching: Teaching, step: FineTuneStep | DistilStep
    ) -> Bundle:
        """Train the program of a bundle."""
        source = student.folder / PROGRAM_FOLDER
        arrays = prepare(student.record.preprocessing, student.folder)(self.data)
        with ScratchFolder("training") as scratch:
            layer = load_trainable(source / f"{PROGRAM}.json")
            distil(
                teaching,
                layer,
                arrays,
                epochs=step.epochs,
                lr=step.lr,
                batch_size=step.batch_size,
                temperature=step.temperature,
                seed=step.seed,
                listener=self.show,
            )
            trained = scratch / "trained"
            trained.mkdir()
            save_trained(layer, source, trained)
            # Its ops are those of the student, so they keep their names and lines.
            return derive(student, place, trained, lines=load(source / LINES))


_DOING: dict[type, Callable[..., tuple[Bundle, Weights]]] = {
    PruneStep: _Steps._prune,
    FineTuneStep: _Steps._fine_tune,
    DistilStep: _Steps._distil,
    QuantizeStep: _Steps._quantize,
}
