"""BM25 over the passages, scaled to 0..1 by the best score that the question could have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import log

import bm25s
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


class Lexicon:
    K1, B = 1.2, 0.6

    def __init__(self, documents: Sequence[list[str]]) -> None:
        documents = [terms or ["∅"] for terms in documents] or [["∅"]]
        self._bm25 = bm25s.BM25(k1=self.K1, b=self.B)
        self._bm25.index(documents, show_progress=False)
        seen = Counter(term for terms in documents for term in set(terms))
        total = len(documents)
        self._idf = {term: log(1 + (total - count + 0.5) / (count + 0.5)) for term, count in seen.items()}
        self._unknown = log(1 + (total + 0.5) / 0.5)
        self._size = total

    def scores(self, terms: list[str]) -> Floats:
        """A score per passage.

        A word that no passage has lowers all of them: it asks for something that is not here.
        """
        if not terms:
            return np.zeros(self._size, dtype=np.float32)
        best = sum(self._idf.get(term, self._unknown) for term in terms) * (self.K1 + 1) * 0.6
        known = [term for term in terms if term in self._idf]
        raw = self._bm25.get_scores(known) if known else np.zeros(self._size)
        return np.asarray(np.minimum(np.asarray(raw) / best, 1.0), dtype=np.float32)
