"""What the anger model sees of a message beside its embedding: character n-grams, and counts of named cues."""

from __future__ import annotations

import math
import re
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from bot.understanding import anger_cues, anger_words
from bot.understanding.anger_cues import Cue

#: One half of the buckets is for words and word pairs, the other for letters within words.
BUCKETS = 1 << 17
_HALF = BUCKETS // 2
#: Letters of a word that count: longer ones are no words but pasted or hostile, and would fill the memory.
LONGEST_WORD = 60

#: A word, or marks that stand together: "Frechheit!" and "Frechheit" have a word in common.
_TOKEN = re.compile(r"\w+|[^\w\s]+")
_YOU = re.compile(
    r"(?<!\w)(?:you|your|yours|yourselves|u|ur|ya|ihr|euch|eu(?:er|re|rem|ren|res)|sie|ihnen|ihre?[mnrs]?|dein\w*|du|dich)(?!\w)"
)
_ME = re.compile(r"(?<!\w)(?:i|me|my|we|our|us|ich|mich|mir|mein\w*|wir|uns\w*)(?!\w)")
_SENTENCE = re.compile(r"[^.!?\n]+[.!?]*")
#: Cues that turn against whoever is spoken to in the same sentence.
_STRONG = frozenset({"insult", "swearing", "outrage", "contempt"})


@dataclass(frozen=True)
class Grams:
    """A sparse row: which n-gram buckets, and how much of each. Words and letters are one half of its length each."""

    buckets: NDArray[np.int64]
    values: NDArray[np.float32]


def grams(text: str, rarity: NDArray[np.float32] | None = None) -> Grams:
    """Words with word pairs, and letters within words, hashed, sublinear, each times the `rarity` of its bucket.

    Both halves are of one length: there are ten times as many letter groups, which otherwise drown the words.
    """
    words = _TOKEN.findall(anger_words.fold(text))
    pairs = [_bucket(f"{first} {second}") for first, second in pairwise(["^", *words, "$"])]
    known = [_word_buckets(word) for word in words]
    letters = np.concatenate([letters for _, letters in known]) if known else np.zeros(0, dtype=np.int64)
    halves = [_half(np.asarray([*pairs, *(word for word, _ in known)]), rarity), _half(letters, rarity)]
    return Grams(np.concatenate([half.buckets for half in halves]), np.concatenate([half.values for half in halves]))


def _half(found: NDArray[np.int64], rarity: NDArray[np.float32] | None) -> Grams:
    buckets, counts = np.unique(found, return_counts=True)
    values = (1 + np.log(counts)).astype(np.float32)
    if rarity is not None:
        values *= rarity[buckets]
    length = math.sqrt(2) * float(np.linalg.norm(values)) or 1.0
    return Grams(buckets, values / np.float32(length))


@lru_cache(anger_words.REMEMBERED)
def _word_buckets(word: str) -> tuple[int, NDArray[np.int64]]:
    """The bucket of a word, and those of the letters in it."""
    padded = f" {word[:LONGEST_WORD]} "
    pieces = [padded[start : start + size] for size in (2, 3, 4, 5) for start in range(len(padded) - size + 1)]
    return _bucket(word), np.asarray([_HALF + _bucket(piece) for piece in pieces])


def _bucket(gram: str) -> int:
    return zlib.crc32(gram.encode("utf-8", "replace")) % _HALF


def likeness(one: Grams, other: Grams) -> float:
    """Cosine of two texts' n-grams, 0..1."""
    _, here, there = np.intersect1d(one.buckets, other.buckets, assume_unique=True, return_indices=True)
    return float(one.values[here] @ other.values[there])


@dataclass(frozen=True)
class Reading:
    """What was found in a text, looked up once."""

    text: str
    cues: tuple[Cue, ...]
    listed: tuple[anger_words.Entry, ...]
    harmless: tuple[anger_words.Entry, ...]

    @classmethod
    def of(cls, text: str) -> Reading:
        """Reads `text`, which is already `plain`."""
        listed, harmless = anger_words.find(text)
        return cls(text, anger_cues.find(text), listed, harmless)

    def evidence(self) -> Iterator[Cue]:
        """All cues in words, the telling ones first."""
        yield from self.cues
        yield from (Cue(entry.name, self.text[entry.start : entry.end]) for entry in self.listed)


def cue_counts(reading: Reading) -> NDArray[np.float32]:
    """The cues of a message as numbers."""
    patterns = Counter(cue.name for cue in reading.cues)
    listed = Counter(entry.name for entry in reading.listed)
    harmless = Counter(entry.name for entry in reading.harmless)
    numbers: list[float] = [min(2, patterns[name]) for name in anger_cues.NAMES]
    numbers += [min(3, listed[name]) for name in anger_words.NAMES]
    numbers += [min(3, harmless[name]) for name in anger_words.HARMLESS]
    numbers += anger_cues.soothing(reading.text)
    numbers += _voice(reading.text)
    numbers += _aim(reading)
    numbers += [min(len(patterns), 4) / 2, min(len(listed), 5) / 2]
    return np.asarray(numbers, dtype=np.float32)


def _voice(text: str) -> list[float]:
    letters = sum(map(str.isalpha, text))
    capitals = sum(map(str.isupper, text)) / max(letters, 1)
    return [float(capitals > 0.6 and letters > 12), min(text.count("!"), 4) / 4, math.log1p(len(text)) / 6]


def _aim(reading: Reading) -> list[float]:
    """Whom the message speaks of and to: strong words about "you" are anger, beside joy or oneself they are not."""
    lowered = reading.text.lower()
    aimed = joyful = asking = count = 0
    for sentence in _SENTENCE.finditer(lowered):
        start, end = sentence.span()
        if not sentence.group().strip():
            continue
        count += 1
        asking += sentence.group().rstrip().endswith("?")
        if any(entry.name in _STRONG and start <= entry.start < end for entry in reading.listed):
            harmless = {entry.name for entry in reading.harmless if start <= entry.start < end}
            aimed += bool(_YOU.search(sentence.group())) and "about_me" not in harmless
            joyful += "joy" in harmless
    you, me = len(_YOU.findall(lowered)), len(_ME.findall(lowered))
    return [min(aimed, 3), min(joyful, 2), min(asking, 3), min(count, 6) / 3, min(you, 5) / 3, min(me, 5) / 3]
