"""N-grams of a text in a fixed number of buckets: words with word pairs, and letters within words.

They need no training text, so that any two messages can be compared. `bot.learning.known_grams` goes the other way: it
learns which grams there are, and leaves out what is unknown.
"""

from __future__ import annotations

import math
import re
import zlib
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from bot.understanding import anger_words

#: One half of the buckets is for words and word pairs, the other for letters within words.
BUCKETS = 1 << 17
_HALF = BUCKETS // 2
#: Letters of a word that count: longer ones are no words but pasted or hostile, and would fill the memory.
LONGEST_WORD = 60

#: A word, or marks that stand together: "Frechheit!" and "Frechheit" have a word in common.
_TOKEN = re.compile(r"\w+|[^\w\s]+")


@dataclass(frozen=True)
class HashedGrams:
    """A sparse row: which n-gram buckets, and how much of each. Words and letters are one half of its length each."""

    buckets: NDArray[np.int64]
    values: NDArray[np.float32]


def hashed_grams(text: str, rarity: NDArray[np.float32] | None = None) -> HashedGrams:
    """Words with word pairs, and letters within words, hashed, sublinear, each times the `rarity` of its bucket.

    Both halves are of one length: there are ten times as many letter groups, which otherwise drown the words.
    """
    words = _TOKEN.findall(anger_words.fold(text))
    pairs = [_bucket(f"{first} {second}") for first, second in pairwise(["^", *words, "$"])]
    known = [_word_buckets(word) for word in words]
    letters = np.concatenate([letters for _, letters in known]) if known else np.zeros(0, dtype=np.int64)
    halves = [_half(np.asarray([*pairs, *(word for word, _ in known)]), rarity), _half(letters, rarity)]
    return HashedGrams(
        np.concatenate([half.buckets for half in halves]), np.concatenate([half.values for half in halves])
    )


def _half(found: NDArray[np.int64], rarity: NDArray[np.float32] | None) -> HashedGrams:
    buckets, counts = np.unique(found, return_counts=True)
    values = (1 + np.log(counts)).astype(np.float32)
    if rarity is not None:
        values *= rarity[buckets]
    length = math.sqrt(2) * float(np.linalg.norm(values)) or 1.0
    return HashedGrams(buckets, values / np.float32(length))


@lru_cache(anger_words.REMEMBERED)
def _word_buckets(word: str) -> tuple[int, NDArray[np.int64]]:
    """The bucket of a word, and those of the letters in it."""
    padded = f" {word[:LONGEST_WORD]} "
    pieces = [padded[start : start + size] for size in (2, 3, 4, 5) for start in range(len(padded) - size + 1)]
    return _bucket(word), np.asarray([_HALF + _bucket(piece) for piece in pieces])


def _bucket(gram: str) -> int:
    return zlib.crc32(gram.encode("utf-8", "replace")) % _HALF


def likeness(one: HashedGrams, other: HashedGrams) -> float:
    """Cosine of two texts' n-grams, 0..1."""
    _, here, there = np.intersect1d(one.buckets, other.buckets, assume_unique=True, return_indices=True)
    return float(one.values[here] @ other.values[there])
