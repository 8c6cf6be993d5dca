"""What all phrasings together teach: which article a question belongs to, by kernel ridge regression.

The other ways look for the one question that is nearest. Here every phrasing speaks for its article and against all
others, as near as it is, so words that many articles share say little and small differences that divide them say much.
What speaks for no article at all is taught as well, by the questions about other things.

The sum is linear in the phrasings, so that leaving some out has a closed form (Rasmussen and Williams, Gaussian
Processes for Machine Learning, 5.4.2): calibration needs no second training.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from bot.learning.known_grams import KnownGrams

Floats = NDArray[np.float32]

#: How steep the nearness of embeddings falls, what shared words and letters count beside it, and the ridge.
STEEP, LEXICAL, RIDGE = 2.0, 0.2, 0.2
#: Questions an article, on average, from which on they teach more than the nearest one says.
FEWEST = 6
#: Questions from which on the matrix is too large to be inverted in a few seconds.
MOST = 3000

#: Rows of the matrix that are made at once.
BLOCK = 200


class Taught:
    """One language's lesson. Its rows are the questions in the order of the index, then those about other things."""

    def __init__(self, texts: Sequence[str], vectors: Floats, owners: NDArray[np.int64]) -> None:
        """`owners` says the article of each text; the number after the last article's stands for other things."""
        self._grams, self._rows = KnownGrams.learn(texts)
        targets = np.eye(int(owners.max()) + 1, dtype=np.float32)[owners]
        self._targets = np.asarray(targets - targets.mean(axis=1, keepdims=True), dtype=np.float32)
        kernel = np.asarray(vectors @ vectors.T, dtype=np.float32)
        kernel -= np.float32(1)
        kernel *= np.float32(STEEP)
        np.exp(kernel, out=kernel)
        # Block by block: the whole product would be the largest thing in memory.
        others = self._rows.T.tocsr()
        for start in range(0, len(kernel), BLOCK):
            shared = (self._rows[start : start + BLOCK] @ others).toarray()
            kernel[start : start + BLOCK] += np.float32(LEXICAL) * shared.astype(np.float32)
        kernel[np.diag_indices(len(kernel))] += np.float32(RIDGE)
        with threadpool_limits(1, user_api="blas"):
            self._inverse: Floats = np.linalg.inv(kernel)
            self._votes: Floats = self._inverse @ self._targets

    def scores(self, text: str, near: Floats) -> Floats:
        """About 1 for the article that a question belongs to and 0 for the others; the last one is for other things.

        `near` is the cosine of its embedding to each row.
        """
        ids, values = self._grams.of(text)
        asked = np.zeros(len(self._grams.known), dtype=np.float32)
        asked[ids] = values
        kernel = np.exp(np.float32(STEEP) * (near - np.float32(1))) + np.float32(LEXICAL) * (self._rows @ asked)
        return np.asarray(np.einsum("i,ij->j", kernel, self._votes), dtype=np.float32)

    def left_out(self, rows: Sequence[int]) -> Floats:
        """The scores of these rows, had none of them been there: [rows, articles and one]. Not after `forget`."""
        block = self._inverse[np.ix_(rows, rows)].astype(np.float64)
        missing: NDArray[Any] = np.linalg.solve(block, self._votes[rows])
        return np.asarray(self._targets[rows] - missing, dtype=np.float32)

    def forget(self) -> None:
        """What only the calibration needs."""
        # Not a view of them, which would keep them.
        self._inverse = self._targets = np.zeros((0, 0), dtype=np.float32)


def teaches(articles: int, questions: int) -> bool:
    """Whether there is enough to learn from, and not too much."""
    return articles > 1 and FEWEST * articles <= questions <= MOST
