"""Text classifiers behind one interface, and explanations of their predictions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from ..errors import TextError
from .characters import Notice, inspect_text, is_empty, readable
from .saliency import gather_tokens, integrated_gradients, join_units, occlusion
from .segmentation import Token, Tokenizer, padded
from .spans import Span

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "LONGEST_EXPLAINED",
    "Difference",
    "Explanation",
    "Method",
    "NetworkModel",
    "TextModel",
    "Unit",
    "explain",
    "greatest_differences",
    "units_of",
]

# Maximum number of characters to explain. Longer texts are cut, with a notice.
LONGEST_EXPLAINED: Final = 512

Method = Literal["gradients", "occlusion"]
Unit = Literal["characters", "words"]

# Texts per batch; a batch of long texts must fit into a small machine.
_BATCH = 64


class TextModel:
    """A binary classifier, defined by its probabilities alone.

    Parameters
    ----------
    name : str
    positive : callable
        Takes texts and returns the probability of the positive class, (n,). It must accept `""`.
    """

    def __init__(
        self, name: str, positive: Callable[[Sequence[str]], NDArray[np.float64]] | None = None
    ) -> None:
        self.name = name
        self._positive = positive

    def probabilities(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Return the probability of the positive class for each text, (n,)."""
        if self._positive is None:
            raise TextError(f"{self.name} has no prediction function.", "Pass one as `positive`.")
        return np.asarray(self._positive(texts), dtype=np.float64)

    def scores(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Return the logit of the probability for each text, (n,).

        Saliency is measured in logits, since probabilities near 0 and 1 hardly change.
        """
        p = np.clip(self.probabilities(texts), 1e-6, 1 - 1e-6)
        return np.asarray(np.log(p / (1 - p)))


class NetworkModel(TextModel):
    """A Paddle network that takes ids, (batch, length), and returns logits, (batch, 2).

    Parameters
    ----------
    name : str
    net : paddle.nn.Layer
        Is put into evaluation mode.
    tokenizer : Tokenizer
        The one that the network was trained with.
    embedding : paddle.nn.Embedding
        The network's token embedding.
    length : int
        Maximum number of tokens per text, including `[CLS]` and `[SEP]`.

    Raises
    ------
    TextError
        If vocabulary and embedding differ in size, which would make predictions meaningless.
    """

    def __init__(
        self, name: str, net: Any, tokenizer: Tokenizer, *, embedding: Any, length: int
    ) -> None:
        super().__init__(name)
        rows = int(embedding.weight.shape[0])
        if rows != len(tokenizer):
            raise TextError(
                f"The vocabulary {tokenizer.name!r} has {len(tokenizer)} tokens, but the embedding "
                f"of {name} has {rows} rows.",
                "Use the tokeniser that the network was trained with.",
            )
        net.eval()
        self.net, self.tokenizer, self.embedding, self.length = net, tokenizer, embedding, length

    def _row(self, text: str) -> list[int]:
        if not is_empty(text):
            return self.tokenizer.encode([text], length=self.length)[0]
        return [self.tokenizer.special[2], self.tokenizer.special[3]]

    def scores(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Return the difference of the two logits for each text, (n,)."""
        import paddle

        rows = [self._row(text) for text in texts]
        scores = np.empty(len(rows))
        # Texts of similar length share a batch, which saves padding.
        order = np.argsort([len(row) for row in rows], kind="stable")
        with paddle.no_grad():
            for start in range(0, len(order), _BATCH):
                batch = order[start : start + _BATCH]
                ids = paddle.to_tensor(padded([rows[i] for i in batch]))
                y_hat = self.net(ids).numpy()
                scores[batch] = y_hat[:, 1] - y_hat[:, 0]
        return scores

    def probabilities(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Return the probability of the positive class for each text, (n,)."""
        return np.asarray(1 / (1 + np.exp(-self.scores(texts))))

    def read(self, text: str) -> list[Token]:
        """Return the tokens of a text that the network reads; further tokens are cut."""
        return self.tokenizer.tokenize(text)[: self.length - 2]


@dataclass(frozen=True, slots=True)
class Explanation:
    """A model's prediction for a text, and the contribution of each piece of the text.

    Parameters
    ----------
    model : str
    text : str
        The part of the text that was explained.
    probability : float
        Probability of the positive class.
    units : tuple of Span
        Characters or words. Those that share a token are joined for integrated gradients, which
        have one value per token.
    values : ndarray of float64, (units,)
        In logits; positive if the unit supports the positive class.
    method : str
        `gradients` or `occlusion`. Models without gradients always use occlusion.
    gap : float
        Error of integrated gradients: sum of the values minus the difference of the scores.
    joined : bool
        Whether units are joined, because the model's tokens are longer.
    notices : tuple of Notice
        What may mislead the model.
    """

    model: str
    text: str
    probability: float
    units: tuple[Span, ...]
    values: NDArray[np.float64]
    method: Method
    gap: float
    joined: bool
    notices: tuple[Notice, ...]


def explain(
    model: TextModel, text: str, *, method: Method = "gradients", unit: Unit = "characters"
) -> Explanation:
    """Return a model's prediction for a text and the contribution of each character or word.

    Integrated gradients have one value per token: characters or words that share a token are
    joined.

    Parameters
    ----------
    model : TextModel
    text : str
    method : str
        `gradients` or `occlusion`.
    unit : str
        `characters` or `words`.

    Raises
    ------
    TextError
        If the text is not a string, or contains nothing visible.
    """
    readable(text)
    excerpt = text[:LONGEST_EXPLAINED]
    readable(excerpt)
    tokens = model.read(excerpt) if isinstance(model, NetworkModel) else []
    end = tokens[-1].end if tokens and tokens[-1].end < len(excerpt.rstrip()) else None
    limit = end if end is not None else LONGEST_EXPLAINED
    notices = inspect_text(text, limit=max(limit, 1))
    units = tuple(span for span in units_of(excerpt, unit) if span.start < limit)
    joined = False
    if method == "gradients" and isinstance(model, NetworkModel):
        attribution = _gradients(model, tokens)
        spans = [Span(token.start, token.end) for token in tokens]
        whole = join_units(units, spans)
        joined, units = whole != units, whole
        values = gather_tokens(attribution.values[1:-1], spans, units)
        gap, score = attribution.gap, attribution.score
    else:
        attribution = occlusion(model.scores, excerpt, units)
        values, gap, score, method = attribution.values, 0.0, attribution.score, "occlusion"
    return Explanation(
        model.name,
        excerpt,
        float(1 / (1 + np.exp(-score))),
        units,
        values,
        method,
        gap,
        joined,
        notices,
    )


def _gradients(model: NetworkModel, tokens: Sequence[Token]) -> Any:
    _, _, cls, sep, mask = model.tokenizer.special
    ids = [cls, *(token.id for token in tokens), sep]
    baseline = [cls, *(mask for _ in tokens), sep]

    def score(batch: Any) -> Any:
        y_hat = model.net(batch)  # (steps, 2)
        return y_hat[:, 1] - y_hat[:, 0]

    return integrated_gradients(score, model.embedding, ids, baseline)


def units_of(text: str, unit: Unit) -> tuple[Span, ...]:
    """Return the visible characters of a text, or its words as segmented by jieba."""
    plain = readable(text)
    if unit == "characters":
        return tuple(Span(i, i + 1) for i, character in enumerate(plain) if character != " ")
    import logging

    import jieba

    jieba.setLogLevel(logging.WARNING)
    return tuple(_words(jieba.tokenize(plain)))


def _words(tokens: Any) -> Iterator[Span]:
    for word, start, end in tokens:
        if not word.isspace():
            yield Span(start, end)


@dataclass(frozen=True, slots=True)
class Difference:
    """A text on which two models disagree.

    Parameters
    ----------
    text : str
    label : int
        The true class.
    first, second : float
        Probabilities of the positive class from the first and the second model.
    """

    text: str
    label: int
    first: float
    second: float


def greatest_differences(
    first: TextModel, second: TextModel, texts: Sequence[str], labels: Sequence[int], n: int = 10
) -> list[Difference]:
    """Return the `n` texts whose probabilities differ most between two models, largest first."""
    p, q = first.probabilities(texts), second.probabilities(texts)
    order = np.argsort(-np.abs(p - q), kind="stable")[:n]
    return [Difference(texts[int(i)], int(labels[int(i)]), float(p[i]), float(q[i])) for i in order]
