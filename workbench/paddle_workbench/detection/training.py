"""Trains a network, and stops where it should."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ..errors import DetectionError, TrainingError
from ..program.progress import ProgressBar
from ..reading import expanded
from .batches import Batch, Batches
from .checkpoints import (
    Checkpoint,
    CheckpointRecord,
    check_arrays,
    check_resumable,
    fingerprint,
    prepare_folder,
    read_checkpoint,
    write_checkpoint,
)
from .dataset import Dataset
from .detector import Detector
from .evaluation import evaluate
from .history import EvaluationRecord, History, StepRecord
from .loss import loss_parts, yolo_loss
from .optimisation import (
    Average,
    adam_for,
    load_adam_state,
    load_net_arrays,
    net_arrays,
    read_adam_state,
    weights_of,
)
from .recipe import Recipe

if TYPE_CHECKING:
    from .yolo import YOLOv3

__all__ = ["CHECKPOINT", "Listener", "train"]

Listener = Callable[[StepRecord | EvaluationRecord], None]

CHECKPOINT: Final = "checkpoint.zip"
"""The name of a checkpoint in the folder of its training."""


def train(
    net: YOLOv3,
    dataset: Dataset,
    recipe: Recipe,
    *,
    validation: Dataset | None = None,
    folder: Path | str | None = None,
    resume: bool = False,
    listener: Listener | None = None,
) -> History:
    """Train a network.

    In the end it has the weights of its best evaluation; without evaluations those of the last
    step, or their average if the recipe has one.

    Parameters
    ----------
    net : YOLOv3
    dataset : Dataset
        The pictures for training. Its classes are those of the network.
    recipe : Recipe
    validation : Dataset, optional
        Is evaluated as often as the recipe says, and in the end.
    folder : path, optional
        Where checkpoints are written: as often as the recipe says, and in the end. Each replaces
        the one before.
    resume : bool
        Continue from the checkpoint in the folder. The result is exactly that of a training
        without a break, on the same machine with the same number of threads.
    listener : callable, optional
        Is called with the record of each step and evaluation. By default a bar shows them, where a
        person watches.

    Returns
    -------
    History

    Raises
    ------
    DetectionError
        If network, data set, recipe and checkpoint do not go together, or the listener cannot be
        called.
    TrainingError
        If the loss is not a finite number. `batch` of the error is what caused it; the weights are
        those before it, and so is the checkpoint.
    StorageError
        If a checkpoint cannot be read or written; a folder that cannot be written shows before the
        first step.
    KeyboardInterrupt
        If the learner stops it. The last checkpoint remains, and the message names it.
    """
    if resume and folder is None:
        raise DetectionError("Training cannot be resumed without a folder.", "Pass its folder.")
    if listener is not None and not callable(listener):
        raise DetectionError(
            f"The listener is {listener!r:.80}, which cannot be called.",
            "Pass a function that takes the record of a step or of an evaluation.",
        )
    place = None if folder is None else expanded(folder)
    training = _Training(net, dataset, recipe, validation, place)
    if resume:
        training.resume()
    elif place is not None:
        prepare_folder(place)
    with ProgressBar("training") as bar:

        def show(record: StepRecord | EvaluationRecord) -> None:
            if listener is not None:
                listener(record)
            else:
                done = len(training.history.steps)
                bar.advance(done / recipe.steps, training.describe())

        training.run(show)
    return training.history


class _Training:
    def __init__(
        self,
        net: YOLOv3,
        dataset: Dataset,
        recipe: Recipe,
        validation: Dataset | None,
        folder: Path | None,
    ) -> None:
        if not hasattr(net, "strides"):
            raise DetectionError(
                f"The network is a {type(net).__name__}, and not a YOLOv3.",
                "Make one: YOLOv3(train_set.classes, anchors).",
            )
        if not isinstance(recipe, Recipe):
            raise DetectionError(
                f"The recipe is a {type(recipe).__name__}, and not a Recipe.",
                "For example: dataclasses.replace(QUARTER_WIDTH, steps=100).",
            )
        for each in (dataset,) if validation is None else (dataset, validation):
            if not isinstance(each, Dataset):
                raise DetectionError(
                    f"A data set is a {type(each).__name__}, and not a Dataset.",
                    "Load one: load_annotations(folder).dataset.",
                )
            if tuple(each.classes) != net.classes:
                raise DetectionError(
                    f"The network has the classes {net.classes}, and a data set {each.classes}.",
                    "Make the network with the classes of the data set, or read the data set in "
                    "their order: load_annotations(folder, classes=net.classes).",
                )
        if validation is None and (recipe.evaluate_every or recipe.patience):
            name = "evaluate_every" if recipe.evaluate_every else "patience"
            raise DetectionError(
                f"The recipe has {name}={getattr(recipe, name)}, and there is no validation set.",
                "Pass validation=…, or set evaluate_every=0 and patience=None.",
            )
        if validation is not None and not len(validation):
            raise DetectionError("The validation set has no pictures.", "Add some, or pass None.")
        if validation is not None and not any(validation.box_counts().values()):
            raise DetectionError(
                "The validation set has no boxes, so nothing can be evaluated.",
                "Add pictures with boxes, or pass None.",
            )
        self.net, self.recipe, self.validation = net, recipe, validation
        self.history = History()
        self._path = folder / CHECKPOINT if folder else None
        self._batches = Batches(dataset, recipe)
        self._fingerprint = fingerprint(dataset)
        self._checkpoint_steps: int | None = None
        self._best: dict[str, Any] = {}
        self._average = Average(net, recipe.average_decay) if recipe.average_decay else None
        self._start_optimizer({})

    @property
    def _done(self) -> int:
        return len(self.history.steps)

    def _start_optimizer(self, state: dict[str, Any]) -> None:
        self._is_frozen = self._done < self.recipe.frozen_steps
        self._optimizer = adam_for(self.net, self.recipe, frozen=self._is_frozen)
        load_adam_state(self.net, self._optimizer, state)

    def resume(self) -> None:
        """Continue where the checkpoint ends."""
        assert self._path is not None  # noqa: S101 - `train` has checked it
        checkpoint = read_checkpoint(self._path)
        check_resumable(checkpoint.record, self._record())
        check_arrays(
            checkpoint,
            {name: tuple(value.shape) for name, value in self.net.state_dict().items()},
            learned=[name for name, each in self.net.named_parameters() if not each.stop_gradient],
        )
        self.history = checkpoint.record.history
        load_net_arrays(self.net, checkpoint.net)
        self._best = checkpoint.best
        if self._average is not None:
            self._average.load(checkpoint.average)
        self._start_optimizer(checkpoint.adam)
        self._checkpoint_steps = self._done

    def run(self, show: Listener) -> None:
        """Run the steps that remain."""
        try:
            self._run(show)
        except KeyboardInterrupt as error:
            raise KeyboardInterrupt(f"Stopped in step {self._done}. {self._kept()}") from error
        finally:
            for weight in weights_of(self.net):
                weight.stop_gradient = False
            self.net.eval()
        load_net_arrays(self.net, self._result())

    def _run(self, show: Listener) -> None:
        recipe, history = self.recipe, self.history
        previous: Batch | None = None
        while self._done < recipe.steps and history.ending == "running":
            if self._is_frozen and self._done >= recipe.frozen_steps:
                self._start_optimizer(read_adam_state(self.net, self._optimizer))
            batch = self._batches[self._done]
            record = self._step(batch, previous)
            history.steps.append(record)
            previous = batch
            show(record)
            if _is_due(self._done, recipe.evaluate_every):
                self._evaluate(show)
            if _is_due(self._done, recipe.checkpoint_every) and self._done < recipe.steps:
                self._write()
        if history.ending == "running":
            if not history.evaluations or history.evaluations[-1].steps < self._done:
                self._evaluate(show)
            history.ending = "completed"
            self._write()
        elif self._checkpoint_steps != self._done:
            self._write()

    def _step(self, batch: Batch, previous: Batch | None) -> StepRecord:
        import paddle

        net, rate = self.net, self.recipe.rate(batch.step)
        settings: Any = {
            "anchors": net.anchors,
            "strides": net.strides,
            "classes": len(net.classes),
        }
        self._check_boxes(batch)
        net.train()
        if self._is_frozen:
            net.backbone.eval()
        with warnings.catch_warnings():
            # Paddle warns in each batch normalisation that it does what it is there for.
            warnings.filterwarnings("ignore", message="When training, we now always track")
            heads = net(paddle.to_tensor(batch.inputs))
        loss = yolo_loss(heads, batch.truth, **settings).mean()
        if not math.isfinite(float(loss)):
            raise self._not_finite(batch, previous, float(loss), heads)
        parts = loss_parts([head.numpy() for head in heads], batch.truth, **settings)
        loss.backward()
        self._optimizer.set_lr(rate)
        self._optimizer.step()
        self._optimizer.clear_grad()
        if self._average is not None:
            self._average.update(net, batch.step)
        return StepRecord(batch.step, rate, parts)

    def _check_boxes(self, batch: Batch) -> None:
        """Stop before boxes that are not numbers, for which Paddle's loss would crash."""
        rows = zip(batch.names, batch.boxes, strict=True)
        broken = tuple(name for name, boxes in rows if not np.isfinite(boxes).all())
        if broken:
            raise TrainingError(
                f"The true boxes of {_shortened(broken)}, in step {batch.step}, are not finite "
                f"numbers. {self._kept()}",
                "Correct them, or leave the pictures out.",
                batch=batch,
            )

    def _not_finite(
        self, batch: Batch, previous: Batch | None, loss: float, heads: list[Any]
    ) -> TrainingError:
        """Return the error for a loss that is not finite, with the batch that caused it."""
        broken = [
            name
            for name, parameter in self.net.named_parameters()
            if not np.isfinite(parameter.numpy()).all()
        ]
        cause = previous if broken and previous is not None else batch
        if cause is not batch:
            reason = (
                f"{len(broken)} parameters such as {broken[0]} have not been finite since "
                f"step {cause.step}"
            )
        elif broken:
            reason = f"{len(broken)} parameters such as {broken[0]} are not finite at the start"
        elif not all(np.isfinite(head.numpy()).all() for head in heads):
            reason = "the network's outputs are not finite, although its parameters are"
        else:
            reason = "the network's outputs are finite, but too large"
        return TrainingError(
            f"The loss of step {batch.step} is {loss}: {reason}. The batch of step {cause.step} "
            f"contains {_shortened(cause.names)}. {self._kept()}",
            f"Look at the error's `batch`; then lower peak_rate (now {self.recipe.peak_rate:g}), "
            "set clip_norm, or correct the pictures.",
            batch=cause,
        )

    def _evaluate(self, show: Listener) -> None:
        if self.validation is None:
            return
        history = self.history
        kept = net_arrays(self.net) if self._average is not None else None
        if self._average is not None:
            load_net_arrays(self.net, self._average.arrays())
        detector = Detector(net=self.net, input_size=self.recipe.input_size)
        result = evaluate(self.validation, detector.detect(self.validation))
        best = history.best
        is_best = best is None or result.map50 > best.map50
        if is_best:
            self._best = net_arrays(self.net)
        if kept is not None:
            load_net_arrays(self.net, kept)
        record = EvaluationRecord(self._done, result.map50, result.map, is_best)
        history.evaluations.append(record)
        show(record)
        patience = self.recipe.patience
        if patience is not None and history.evaluations_since_best() >= patience:
            history.ending = "stopped early"

    def _result(self) -> dict[str, Any]:
        if self._best:
            return self._best
        return net_arrays(self.net) if self._average is None else self._average.arrays()

    def _record(self) -> CheckpointRecord:
        return CheckpointRecord(
            recipe=self.recipe,
            history=self.history,
            classes=self.net.classes,
            strides=self.net.strides,
            anchors=self.net.anchors,
            pictures=self._fingerprint,
        )

    def _write(self) -> None:
        if self._path is None:
            return
        checkpoint = Checkpoint(
            self._record(),
            net=net_arrays(self.net),
            adam=read_adam_state(self.net, self._optimizer),
            average={} if self._average is None else self._average.arrays(),
            best=self._best,
        )
        write_checkpoint(self._path, checkpoint)
        self._checkpoint_steps = self._done

    def _kept(self) -> str:
        """Return what remains of a training that was stopped."""
        if self._path is None:
            return "There is no checkpoint, since no folder was passed."
        if self._checkpoint_steps is None:
            return "There is no checkpoint yet."
        return (
            f"{self._path} contains the first {self._checkpoint_steps} steps; resume=True goes on "
            "from there."
        )

    def describe(self) -> str:
        """Return how far the training is, on one line."""
        record = self.history.steps[-1]
        parts = record.parts
        text = (
            f"step {self._done} of {self.recipe.steps}, loss {parts.total:.1f} "
            f"(centre {parts.centre:.1f}, size {parts.size:.1f}, "
            f"objectness {parts.objectness:.1f}, classes {parts.classes:.1f})"
        )
        if self.history.evaluations:
            text += f", mAP50 {self.history.evaluations[-1].map50:.3f}"
        return text


def _is_due(done: int, every: int) -> bool:
    return bool(every) and done % every == 0


def _shortened(names: tuple[str, ...]) -> str:
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
