"""How much each piece of a text contributes to a model's score."""

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
    "gather_tokens",
    "integrated_gradients",
    "join_units",
    "occlusion",
]


@dataclass(frozen=True, slots=True)
class Attribution:
    """The contribution of each token to a score.

    Parameters
    ----------
    values : ndarray of float64, (tokens,)
        Positive if the token raises the score.
    score, baseline : float
        Scores of the text, and of the text without content.
    """

    values: NDArray[np.float64]
    score: float
    baseline: float

    @property
    def gap(self) -> float:
        """Sum of the values minus `score - baseline`; 0 is perfect."""
        return float(self.values.sum() - (self.score - self.baseline))


def integrated_gradients(
    score: Callable[[Any], Any],
    layer: Any,
    ids: Sequence[int],
    baseline_ids: Sequence[int],
    *,
    steps: int = 16,
) -> Attribution:
    """Return the contribution of each token to a network's score, by integrated gradients.

    The embedding moves on a straight line from that of `baseline_ids` to that of `ids`. The
    contribution of a token is the gradient of the score, integrated along this line by
    Gauss-Legendre quadrature, times the difference of the embeddings. The contributions add up
    to the difference of the two scores ("completeness"), except for the error of the quadrature,
    `Attribution.gap`.

    Parameters
    ----------
    score : callable
        Takes ids, (batch, length), int64, and returns differentiable scores, (batch,). Use a
        logit or a difference of logits, since probabilities saturate.
    layer : paddle.nn.Embedding
        The embedding that `score` uses.
    ids, baseline_ids : sequence of int, equal lengths
        The baseline has for example `[MASK]` in place of every token, between the same `[CLS]`
        and `[SEP]`.
    steps : int
        Number of points on the line, all in one batch.

    Raises
    ------
    ShapeError
        If the two rows of ids differ in length or are empty.

    References
    ----------
    Sundararajan et al. 2017, "Axiomatic Attribution for Deep Networks".
    """
    import paddle

    if len(ids) != len(baseline_ids) or not len(ids):
        raise ShapeError(
            f"{len(ids)} ids and {len(baseline_ids)} baseline ids do not match.",
            "Give one baseline id for each id.",
        )
    points, weights = leggauss(steps)  # type: ignore[no-untyped-call]  # untyped in numpy 1.26
    # From [-1, 1] to [0, 1], plus the two ends for their scores.
    alpha = np.concatenate([[0.0], (points + 1) / 2, [1.0]])[:, None, None]
    pair = paddle.to_tensor(np.array([baseline_ids, ids], dtype=np.int64))
    with paddle.no_grad():
        start, end = layer(pair).unbind(0)  # (length, hidden) each
    difference = (end - start).numpy().astype(np.float64)
    path = paddle.to_tensor((start.numpy() + alpha * difference).astype(np.float32))
    path.stop_gradient = False
    hook = layer.register_forward_post_hook(lambda _layer, _inputs, _output: path)
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
    """Return how much a score drops when each unit of a text is removed, one at a time.

    Only the score is needed, so this also works for models without gradients.

    Parameters
    ----------
    score : callable
        Takes texts and returns one score each. It must accept `""`.
    text : str
    units : sequence of Span
        Characters or words of the text.

    Returns
    -------
    Attribution
        One value per unit. The values need not add up: of two words with the same meaning, each
        one is dispensable.

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


def join_units(units: Sequence[Span], tokens: Sequence[Span]) -> tuple[Span, ...]:
    """Join units of a text that share a token, so that no unit is finer than its tokens.

    Parameters
    ----------
    units, tokens : sequence of Span
        Parts of the same text, in order; neither overlap among themselves.

    Returns
    -------
    tuple of Span
        Each contains whole units and whole tokens.
    """
    joined: list[Span] = []
    for part in sorted((*units, *tokens), key=lambda span: (span.start, span.end)):
        if joined and part.start < joined[-1].end:
            joined[-1] = Span(joined[-1].start, max(joined[-1].end, part.end))
        else:
            joined.append(Span(part.start, part.end))
    starts = {unit.start for unit in units}
    return tuple(span for span in joined if starts.intersection(range(span.start, span.end)))


def gather_tokens(
    values: Sequence[float] | NDArray[np.float64],
    tokens: Sequence[Span],
    units: Sequence[Span],
) -> NDArray[np.float64]:
    """Return the sum of the values of the tokens in each unit, (units,).

    Parameters
    ----------
    values : sequence of float, (tokens,)
    tokens : sequence of Span, equal length
    units : sequence of Span
        Each contains whole tokens.

    Raises
    ------
    ShapeError
        If there is not one value per token.
    """
    if len(values) != len(tokens):
        raise ShapeError(f"{len(values)} values for {len(tokens)} tokens.", "Give one per token.")
    starts = np.array([token.start for token in tokens], dtype=np.int64)
    array = np.asarray(values, dtype=np.float64)
    return np.array([array[(unit.start <= starts) & (starts < unit.end)].sum() for unit in units])
