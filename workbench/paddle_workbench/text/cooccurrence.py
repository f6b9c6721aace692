"""Token vectors from co-occurrence counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..errors import ShapeError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["cooccurrence_vectors"]

# Exponent that reduces the weight of frequent neighbours, as in word2vec.
SMOOTHING = 0.75


def cooccurrence_vectors(
    rows: Sequence[Sequence[int]], *, vocab_size: int, size: int, window: int = 4
) -> NDArray[np.float32]:
    """Return one vector per token: neighbour counts, weighted by PMI and reduced by an SVD.

    Tokens with the same neighbours get similar vectors. This takes seconds on one core, and gives
    a good initial embedding for a network.

    Parameters
    ----------
    rows : sequence of sequences of int
        The training texts as ids, without `[CLS]` and `[SEP]`.
    vocab_size, size : int
        Number of vectors and their length.
    window : int
        Number of neighbours on each side; a neighbour at distance d counts 1/d.

    Returns
    -------
    ndarray of float32, (vocab_size, size)
        With standard deviation 1; rows of tokens that do not occur are 0.

    Raises
    ------
    ShapeError
        If `size` is not below `vocab_size`.

    References
    ----------
    Levy and Goldberg 2014, "Neural Word Embedding as Implicit Matrix Factorization".
    """
    from scipy.sparse import coo_matrix
    from scipy.sparse.linalg import svds

    if not 0 < size < vocab_size:
        raise ShapeError(
            f"{vocab_size} tokens are too few for vectors of {size} numbers.",
            f"Give a size from 1 to {vocab_size - 1}.",
        )
    # All rows in one array, separated by gaps that no window can bridge.
    gap = [-1] * window
    flat = np.concatenate([np.array([*row, *gap], dtype=np.int64) for row in rows])
    matrix_rows, matrix_columns, weights = [], [], []
    for distance in range(1, window + 1):
        both = (flat[:-distance] >= 0) & (flat[distance:] >= 0)
        first, second = flat[:-distance][both], flat[distance:][both]
        matrix_rows += [first, second]
        matrix_columns += [second, first]
        weights.append(np.full(2 * len(first), 1.0 / distance))
    places = (np.concatenate(matrix_rows), np.concatenate(matrix_columns))
    shape = (vocab_size, vocab_size)
    counts = coo_matrix((np.concatenate(weights), places), shape=shape).tocsr().tocoo()
    of_token = np.asarray(counts.sum(axis=1)).ravel()
    of_neighbour = of_token**SMOOTHING / (of_token**SMOOTHING).sum()
    pmi = np.log(counts.data / (of_token[counts.row] * of_neighbour[counts.col]))
    is_positive = pmi > 0
    places = (counts.row[is_positive], counts.col[is_positive])
    positive = coo_matrix((pmi[is_positive], places), shape=shape).tocsr()
    # A fixed start vector makes the result reproducible.
    u, s, _ = svds(positive, k=size, v0=np.ones(vocab_size))
    vectors = u * np.sqrt(s)
    # Multithreaded sums differ in their last digits, and training would amplify the differences.
    rounded: NDArray[np.float32] = np.round(vectors / vectors.std(), 3).astype(np.float32)
    return rounded
