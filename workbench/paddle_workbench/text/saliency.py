"""Which pieces of a text moved a model's answer, and by how much."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.polynomial.legendre import leggauss

from ..errors import ShapeError, TextError
from .spans import Span

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "Attribution",
    "distribute",
    "gather_spans",
    "integrated_gradients",
    "occlusion",
]


@dataclass(frozen=True, slots=True)
class Attribution:
    """What each token gave to a score.

    Parameters
    ----------
    values : ndarray of float64, (tokens,)
        Positive where the token raised the score.
    score, baseline : float
        Of the text, and of the text without content.
    """

    values: NDArray[np.float64]
    score: float
    baseline: float

    @property
    def gap(self) -> float:
        """Return how far the values are from adding up to `score - baseline`; 0 is perfect."""
        return float(self.values.sum() - (self.score - self.baseline))


def integrated_gradients(
    score: Callable[[Any], Any],
    layer: Any,
    ids: Sequence[int],
    baseline_ids: Sequence[int],
    *,
    steps: int = 16,
) -> Attribution:
    """Return what each token gave to a network's score, by integrated gradients.

    The embedding moves on a straight line from that of `baseline_ids` to that of `ids`; the
    gradient of the score along the way, summed by Gauss and Legendre's rule and multiplied by the
    way, is what each token gave. These add up to the difference of the two scores
    ("completeness"), up to the error of the sum: `Attribution.gap`.

    Parameters
    ----------
    score : callable
        Takes ids (batch, length), int64, and returns one score each, (batch,), differentiably.
        Use a logit or a difference of logits: probabilities saturate.
    layer : paddle.nn.Embedding
        Whose output is moved; the one that `score` looks ids up in.
    ids, baseline_ids : sequence of int, equal lengths
        For example `[MASK]` in place of every token, between the same `[CLS]` and `[SEP]`.
    steps : int
        Points on the way, all in one batch.

    Raises
    ------
    ShapeError
        If the two rows of ids are of different lengths, or empty.

    References
    ----------
    Sundararajan et al. 2017, "Axiomatic Attribution for Deep Networks".
    """
    import paddle

    if len(ids) != len(baseline_ids) or not len(ids):
        raise ShapeError(
            f"{len(ids)} ids and {len(baseline_ids)} of the baseline do not match.",
            "Give one baseline id for each id.",
        )
    points, weights = leggauss(steps)  # type: ignore[no-untyped-call]  # as numpy 1.26 has it
    # From [-1, 1] to [0, 1]; the two ends come along, for their scores.
    alpha = np.concatenate([[0.0], (points + 1) / 2, [1.0]])[:, None, None]
    pair = paddle.to_tensor(np.array([baseline_ids, ids], dtype=np.int64))
    with paddle.no_grad():
        start, end = layer(pair).unbind(0)  # (length, hidden) each
    difference = (end - start).numpy().astype(np.float64)
    path = paddle.to_tensor((start.numpy() + alpha * difference).astype(np.float32))
    path.stop_gradient = False
    hook = layer.register_forward_post_hook(lambda _layer, _given, _found: path)
    try:
        scores = score(paddle.expand(pair[1:], [len(alpha), len(ids)]))  # (steps + 2,)
        (gradient,) = paddle.grad(scores.sum(), path)  # (steps + 2, length, hidden)
    finally:
        hook.remove()
    mean = np.einsum("s,slh->lh", weights / 2, gradient.numpy()[1:-1].astype(np.float64))
    ends = scores.numpy().astype(np.float64)
    return Attribution((mean * difference).sum(axis=1), float(ends[-1]), float(ends[0]))


def occlusion(
    score: Callable[[list[str]], NDArray[np.float64]], text: str, units: Sequence[Span]
) -> Attribution:
    """Return how far a score falls when each stretch of a text is taken out, one at a time.

    Nothing but the score is needed, so that any model can be asked, also one without gradients.

    Parameters
    ----------
    score : callable
        Takes texts and returns one score each; must take `""`, which is all of a text taken out.
    text : str
    units : sequence of Span
        Within the text; characters, or words.

    Returns
    -------
    Attribution
        One value a unit. They need not add up: two words that say the same are each dispensable.

    Raises
    ------
    TextError
        If a unit is outside the text.

    References
    ----------
    Zeiler and Fergus 2014, "Visualizing and Understanding Convolutional Networks", section 4.2.
    """
    for unit in units:
        if not 0 <= unit.start < unit.end <= len(text):
            raise TextError(
                f"The unit {unit.start}-{unit.end} is outside a text of {len(text)} characters.",
                "Use units and text from the same sentence.",
            )
    variants = [text[: unit.start] + text[unit.end :] for unit in units]
    scores = np.asarray(score([text, "", *variants]), dtype=np.float64)
    return Attribution(scores[0] - scores[2:], float(scores[0]), float(scores[1]))


def distribute(
    values: Sequence[float] | NDArray[np.float64], tokens: Sequence[Span], length: int
) -> NDArray[np.float64]:
    """Return what each character got when each token shares its value evenly among its characters.

    Parameters
    ----------
    values : sequence of float, (tokens,)
    tokens : sequence of Span, equal length
    length : int
        Of the text; characters that no token has get 0.

    Raises
    ------
    ShapeError
        If there is not one value a token.
    """
    if len(values) != len(tokens):
        raise ShapeError(f"{len(values)} values for {len(tokens)} tokens.", "Give one per token.")
    shares = np.zeros(length)
    for value, token in zip(values, tokens, strict=True):
        shares[token.start : token.end] += value / (token.end - token.start)
    return shares


def gather_spans(characters: NDArray[np.float64], spans: Sequence[Span]) -> NDArray[np.float64]:
    """Return the sum of the characters' values in each span."""
    return np.array([characters[span.start : span.end].sum() for span in spans])
