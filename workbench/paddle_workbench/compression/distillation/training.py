"""Trains a student on what its teacher says."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ...contract import JobProgress, Text
from ...errors import CompressionError, DistillationError, ShapeError
from ...export.attempt import Listener
from ...program.progress import ProgressBar
from .history import Distillation, EpochRecord
from .losses import are_probabilities
from .objective import PARTS, Objective
from .settings import Method, Settings, checked_labels
from .teaching import (
    TINY,
    Array,
    Teaching,
    arrays_of,
    check_network,
    layer_outputs,
    outputs_of,
    refusals,
    teach,
)

__all__ = ["accuracy", "distil"]

_WARM_UP = 0.1
"""The share of the steps in which the learning rate rises."""
_LONGEST_GRADIENT = 1.0
_SCORE = "Pass a function of the student that returns a number; more is better."


def distil(
    teacher: Any,
    student: Any,
    inputs: Any,
    *,
    labels: Any = None,
    teacher_inputs: Any = None,
    method: Method | None = None,
    temperature: float = 2.0,
    alpha: float = 0.7,
    features: Mapping[str, str] | None = None,
    epochs: int = 5,
    lr: float = 1e-3,
    batch_size: int = 64,
    seed: int = 0,
    blank: int = 0,
    validation: Callable[[Any], float] | None = None,
    listener: Listener | None = None,
) -> Distillation:
    """Train a student to return what its teacher does, and the labels if there are any.

    The loss is `alpha` times that of the teacher plus `1 - alpha` times that of the labels. What
    the teacher says is computed once. The student is trained with Adam, whose rate rises for a
    tenth of the steps and then falls along a cosine; longer gradients are shortened to 1.

    Parameters
    ----------
    teacher : Bundle, paddle.nn.Layer or Teaching
        `teach` returns a `Teaching`, which serves several students. May be None with `alpha=0`,
        for a student that learns from the labels alone.
    student : paddle.nn.Layer
        Also a program that `paddle.jit.load` loaded. It may return logits or probabilities. It is
        in evaluation mode in the end.
    inputs : sequence
        What the student takes: an array, (n, …), or a tuple with one for each input. If the teacher
        is a bundle, raw inputs, which its steps prepare for both.
    labels : sequence, optional
        For `logits` the class of each input, int (n,) or (n, …); for `sequence` the classes of each
        text.
    teacher_inputs : sequence, optional
        What the teacher takes, if that is something else; then `inputs` are arrays.
    method : {"logits", "sequence", "values"}, optional
        By default that of the bundle's task, or `logits`. `logits`: the distribution over the
        classes, at each place; `sequence`: the CTC loss of what the teacher reads; `values`: the
        squared difference of numbers, such as those of a detector.
    temperature : float
        Of `logits`.
    alpha : float
        From 0 to 1; without labels it is 1.
    features : mapping of str to str, optional
        For layers of the student the layers of the teacher whose outputs they learn, too, through a
        linear projection.
    epochs, batch_size : int
    lr : float
        The highest learning rate.
    seed : int
        Of the order of the inputs and of Paddle, from which dropout draws. The weights that the
        student starts with are those that it has.
    blank : int
        The class of CTC that stands for no character.
    validation : callable, optional
        Called with the student, in evaluation mode, after each epoch; returns a score, of which
        more is better. In the end the student has the weights of the best epoch, and without
        validation those of the last.
    listener : callable, optional
        Called with the progress, a `contract.JobProgress`, after each step; an exception ends the
        training. By default a bar shows it, where a person watches.

    Returns
    -------
    Distillation

    Raises
    ------
    CompressionError
        If an argument is not valid, the bundle does not take the inputs, the student refuses them,
        or `validation` does not return a finite number.
    ShapeError
        If the outputs of teacher and student, or inputs and labels, do not go together.
    DistillationError
        If the inputs, the outputs of the teacher, the loss or its gradients are not finite. `rows`
        of the error are the inputs that caused it, and the student has the weights before them.

    References
    ----------
    Hinton, Vinyals and Dean 2015, "Distilling the Knowledge in a Neural Network".
    """
    check_network(student, "student")
    _check_features(features)
    if validation is not None and not callable(validation):
        raise CompressionError(f"validation is {validation!r:.60}, and not a function.", _SCORE)
    features = dict(features or {})
    alpha = 1.0 if labels is None else alpha
    teaching = _teaching(teacher, inputs, teacher_inputs, features, alpha)
    settings = Settings(
        method=method or ("logits" if teaching is None else teaching.method),
        temperature=temperature,
        alpha=alpha,
        epochs=epochs,
        lr=lr,
        batch_size=batch_size,
        seed=seed,
        features=features,
        blank=blank,
    )
    is_prepared = teaching is not None and teaching.inputs is not None and teacher_inputs is None
    arrays = teaching.inputs if teaching is not None and is_prepared else arrays_of(inputs)
    assert arrays is not None  # noqa: S101 - is_prepared says so
    if teaching is not None and len(teaching) != len(arrays[0]):
        raise ShapeError(
            f"The student has {len(arrays[0])} inputs, and the teacher {len(teaching)}.",
            "Pass the same inputs to both, in the same order.",
        )
    targets = checked_labels(labels, len(arrays[0]), settings.method)
    training = _Training(student, arrays, teaching, targets, settings)
    with ProgressBar("distillation") as bar:
        return training.run(validation, lambda progress: bar.show(progress, listener))


def accuracy(network: Any, inputs: Any, labels: Any) -> float:
    """Return the share of inputs whose largest output is that of their label.

    Parameters
    ----------
    network : paddle.nn.Layer
        It is run in evaluation mode, and left as it was.
    inputs : array, (n, …), or a tuple of arrays
    labels : array of int, (n,)

    Raises
    ------
    ShapeError
        If there is not one label for each input.
    """
    best = outputs_of(network, inputs)[0].argmax(axis=-1)
    classes = np.asarray(labels)
    if best.shape != classes.shape:
        raise ShapeError(
            f"The network decides {best.shape}, and the labels are {classes.shape}.",
            "Pass one label for each input.",
        )
    return float((best == classes).mean())


class _Training:
    def __init__(
        self,
        student: Any,
        arrays: tuple[Array, ...],
        teaching: Teaching | None,
        labels: Any,
        settings: Settings,
    ) -> None:
        import paddle

        self._student, self._arrays, self._settings = student, arrays, settings
        parameters = [each for each in student.parameters() if not each.stop_gradient]
        if not parameters:
            raise CompressionError(
                "The student has no parameters that can be trained.",
                "Pass a network with layers; stop_gradient of its parameters must be False.",
            )
        paddle.seed(settings.seed)
        self._returns_probabilities, shapes = self._try_student()
        self._objective = Objective(teaching, labels, settings, shapes)
        for projection in self._objective.projections.values():
            parameters += projection.parameters()
        self._parameters = parameters
        self._optimizer = paddle.optimizer.Adam(
            0.0,
            parameters=parameters,
            grad_clip=paddle.nn.ClipGradByGlobalNorm(_LONGEST_GRADIENT),
            use_multi_tensor=True,  # one kernel for all parameters
        )

    def _try_student(self) -> tuple[bool, list[tuple[int, ...]]]:
        """Return whether the student returns probabilities, and the shapes of its features."""
        student, names = self._student, list(self._settings.features)
        first = tuple(array[:2] for array in self._arrays)
        with layer_outputs(student, names, "student") as seen:
            outputs = outputs_of(student, first)
        shapes = [tuple(seen[name].shape) for name in names]
        return all(map(are_probabilities, outputs)), shapes

    def run(
        self, validation: Callable[[Any], float] | None, show: Callable[[JobProgress], None]
    ) -> Distillation:
        settings, student = self._settings, self._student
        rows = len(self._arrays[0])
        batches = -(-rows // settings.batch_size)
        total, done = batches * settings.epochs, 0
        random = np.random.default_rng(settings.seed)
        records: list[EpochRecord] = []
        best, kept = 0, {}
        try:
            for epoch in range(settings.epochs):
                student.train()
                parts = []
                # Of nearly one size: batch normalisation cannot learn from a rest of one row.
                for chosen in np.array_split(random.permutation(rows), batches):
                    self._optimizer.set_lr(_rate(done, total, settings.lr))
                    parts.append(self._step(chosen, epoch))
                    done += 1
                    show(_progress(done, total, epoch, parts[-1][0]))
                student.eval()
                score = math.nan if validation is None else _score(validation, student)
                loss, teacher, labels, features = map(float, np.mean(parts, axis=0))
                records.append(EpochRecord(loss, teacher, labels, features, score))
                if validation is None or epoch == 0 or score > records[best].score:
                    best = epoch
                    kept = {} if validation is None else _weights(student)
        finally:
            student.eval()
        if kept and best < settings.epochs - 1:
            student.set_state_dict(kept)
        return Distillation(tuple(records), best)

    def _step(self, chosen: Array, epoch: int) -> tuple[float, ...]:
        """Make one step; return the loss and its parts."""
        import paddle

        names = list(self._settings.features)
        with refusals("student"), layer_outputs(self._student, names, "student") as seen:
            outputs = self._outputs(chosen)
        parts = self._objective.parts(outputs, seen, chosen)
        weights = self._objective.weights
        loss = paddle.add_n([weights[name] * part for name, part in parts.items()])
        value = float(loss)
        if math.isfinite(value):
            loss.backward()
        if not math.isfinite(value) or not self._has_finite_gradients():
            self._optimizer.clear_grad()
            raise self._not_finite(chosen, epoch, value, outputs)
        self._optimizer.step()
        self._optimizer.clear_grad()
        return (value, *(float(parts[name]) if name in parts else math.nan for name in PARTS))

    def _outputs(self, chosen: Array) -> list[Any]:
        import paddle
        from paddle.utils.layers_utils import flatten

        with warnings.catch_warnings():
            # A loaded program and batch normalisation warn of what they always do.
            warnings.simplefilter("ignore")
            results = self._student(*[paddle.to_tensor(array[chosen]) for array in self._arrays])
        outputs = [each for each in flatten(results) if isinstance(each, paddle.Tensor)]
        if self._returns_probabilities and self._settings.method != "values":
            return [paddle.log(paddle.clip(output, min=TINY)) for output in outputs]
        return outputs

    def _has_finite_gradients(self) -> bool:
        import paddle

        gradients = [each.grad for each in self._parameters if each.grad is not None]
        squares = [gradient.astype("float32").square().sum() for gradient in gradients]
        return not squares or math.isfinite(float(paddle.add_n(squares)))

    def _not_finite(
        self, chosen: Array, epoch: int, loss: float, outputs: list[Any]
    ) -> DistillationError:
        rows = tuple(sorted(chosen.tolist()))
        broken = [
            name
            for name, parameter in self._student.named_parameters()
            if not np.isfinite(parameter.numpy()).all()
        ]
        if broken:
            reason = f"{len(broken)} parameters of the student such as {broken[0]} are not finite"
        elif not all(np.isfinite(output.numpy()).all() for output in outputs):
            reason = "the student's outputs are not finite, although its parameters are"
        elif math.isfinite(loss):
            reason = "its gradients are not finite"
        else:
            reason = "the student's outputs are finite, but too large"
        shown = ", ".join(map(str, rows[:4])) + (f" and {len(rows) - 4} more" if rows[4:] else "")
        return DistillationError(
            f"The loss is {loss} in epoch {epoch + 1}: {reason}. The batch contains "
            f"inputs {shown}.",
            f"Look at the inputs in the error's `rows`; then lower lr (now {self._settings.lr:g}) "
            "or leave them out.",
            rows=rows,
        )


def _teaching(
    teacher: Any, inputs: Any, teacher_inputs: Any, features: Mapping[str, str], alpha: float
) -> Teaching | None:
    if teacher is None:
        if alpha != 0 or features:
            raise CompressionError(
                "There is no teacher.",
                "Pass one, or train the student alone: labels=…, alpha=0, without features.",
            )
        return None
    if isinstance(teacher, Teaching):
        missing = set(features.values()) - set(teacher.features)
        if missing:
            raise CompressionError(
                f"The teaching has no features {sorted(missing)[0]!r}.",
                f"Compute them: teach(teacher, inputs, features={sorted(features.values())})",
            )
        return teacher
    names = sorted(set(features.values()))
    return teach(teacher, inputs if teacher_inputs is None else teacher_inputs, features=names)


def _check_features(features: Any) -> None:
    if features is not None and not isinstance(features, Mapping):
        raise CompressionError(
            f"features is {features!r:.60}, and not a mapping of layers.",
            'Pass for layers of the student those of the teacher: features={"conv2": "layer3"}.',
        )


def _score(validation: Callable[[Any], float], student: Any) -> float:
    value: Any = validation(student)
    student.eval()
    try:
        score = float(value)
    except (TypeError, ValueError):
        score = math.nan
    if not math.isfinite(score):
        # No epoch would be better than one whose score is NaN.
        raise CompressionError(f"validation returned {value!r:.60}, and not a number.", _SCORE)
    return score


def _weights(student: Any) -> dict[str, Any]:
    return {name: value.clone() for name, value in student.state_dict().items()}


def _rate(step: int, steps: int, peak: float) -> float:
    rising = _WARM_UP * steps
    if step < rising:
        return peak * (step + 1) / (rising + 1)
    return peak * (1 + math.cos(math.pi * (step - rising) / (steps - rising))) / 2


def _progress(done: int, total: int, epoch: int, loss: float) -> JobProgress:
    return JobProgress(
        done=done,
        total=total,
        step=Text(
            zh=f"第 {epoch + 1} 轮，损失 {loss:.3f}", en=f"epoch {epoch + 1}, loss {loss:.3f}"
        ),
    )
