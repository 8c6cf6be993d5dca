"""Words, word pairs and letter groups of a text as a sparse row;
learnt from the training texts, fast for a single one.

`bot.understanding.hashed_grams` needs no training texts, and counts what is unknown as well.
"""

from __future__ import annotations

import re
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

Array = np.ndarray[Any, Any]

#: Words, and small pictures: an encoder may not know them, and a customer may write nothing else.
WORD = re.compile(r"\w+|[\u2600-\u27bf\U0001f300-\U0001faff]")
SIZES = (2, 3, 4, 5)
#: Characters that are read: more say no more about the intent.
LONGEST = 2000


@dataclass(frozen=True)
class KnownGrams:
    #: Sorted hashes of what the training texts have; the place of one is its column.
    known: Array
    #: How much each counts (rare ones more), and last what one counts that no training text has.
    idf: Array

    @classmethod
    def learn(cls, texts: Sequence[str]) -> tuple[KnownGrams, csr_matrix]:
        """The grams of these texts, and the texts as rows: words and letters have length 1 each."""
        counted = [_counts(text) for text in texts]
        seen: Counter[int] = Counter(gram for kinds in counted for counts in kinds for gram in counts)
        known = np.array(sorted(seen), dtype=np.int64)
        texts_with = np.array([seen[gram] for gram in known.tolist()] + [0], dtype=np.float32)
        grams = cls(known, (np.log((1 + len(texts)) / (1 + texts_with)) + 1).astype(np.float32))
        return grams, grams._stacked([grams._row(kinds) for kinds in counted])

    def rows(self, texts: Sequence[str]) -> csr_matrix:
        """Other texts as rows."""
        return self._stacked([self.of(text) for text in texts])

    def of(self, text: str) -> tuple[Array, Array]:
        """Columns and values of a text; what is unknown only makes the rest count less."""
        return self._row(_counts(text))

    def _stacked(self, rows: Sequence[tuple[Array, Array]]) -> csr_matrix:
        ends = np.cumsum([0, *(len(ids) for ids, _ in rows)])
        ids, values = (np.concatenate(part) for part in zip(*rows, strict=True)) if rows else (np.zeros(0), np.zeros(0))
        return csr_matrix((values, ids, ends), shape=(len(rows), len(self.known)))

    def _row(self, kinds: Iterable[Counter[int]]) -> tuple[Array, Array]:
        parts = [self._weighed(counts) for counts in kinds]
        return np.concatenate([ids for ids, _ in parts]), np.concatenate([values for _, values in parts])

    def _weighed(self, counts: Counter[int]) -> tuple[Array, Array]:
        asked = np.fromiter(counts, dtype=np.int64, count=len(counts))
        often = np.fromiter(counts.values(), dtype=np.float32, count=len(counts))
        places = np.searchsorted(self.known, asked)
        found = (
            (self.known[np.minimum(places, len(self.known) - 1)] == asked)
            if len(self.known)
            else np.zeros(len(asked), bool)
        )
        places = np.where(found, places, len(self.known))
        values = (1 + np.log(often)) * self.idf[places]
        length = float(np.sqrt((values**2).sum())) or 1.0
        return places[found], (values[found] / length).astype(np.float32)


def _counts(text: str) -> tuple[Counter[int], Counter[int]]:
    """How often each word or pair of words, and each letter group within a word, is there, by hash."""
    words = WORD.findall(text[:LONGEST].lower())
    return Counter(map(_hash, [*words, *map(" ".join, pairwise(words))])), Counter(map(_hash, _letters(words)))


def _letters(words: Iterable[str]) -> Iterable[str]:
    for word in words:
        marked = f" {word} "
        for size in SIZES:
            # A marked word that is shorter than the group counts once as it is.
            yield from ("#" + marked[start : start + size] for start in range(max(1, len(marked) - size + 1)))


def _hash(gram: str) -> int:
    return zlib.crc32(gram.encode("utf-8", "replace"))
