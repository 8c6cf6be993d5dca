"""How angry a message is, with evidence in words: a linear model on encoder, character n-grams and named cues.

One model per language, because the default encoder knows little German: there the n-grams and cues carry it.
The file is plain arrays, made by `bot.understanding.train_anger`.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.understanding import anger_cues

#: The score from which one message alone leads to a person. Training places each language's scale so that at
#: this score false alarms stay within `train_anger.FALSE_ALARMS`, so that nothing else needs a threshold.
ESCALATE = 0.5
#: The trend from which a thread leads to a person although no single message was an outburst.
RISING = 0.4
#: How many of the customer's last messages make the trend, and what a message weighs less per step back.
WINDOW = 5
FADE = 0.7
#: A single frustrated message is no trend.
FEWEST = 3

BUCKETS = 1 << 15
#: The default encoder knows little German, where a full weight only adds noise (measured by cross-validation).
EMBEDDING_WEIGHT = {"de": 1.0, "en": 3.0}
GRAM_WEIGHT = 4.0


@dataclass(frozen=True)
class AngerScore:
    score: float
    #: ``cue: the customer's words``, the strongest cue first.
    evidence: tuple[str, ...]


@dataclass(frozen=True)
class Grams:
    """A sparse row: which n-gram buckets, and how much of each."""

    buckets: NDArray[np.int64]
    values: NDArray[np.float32]


def window(scores: Sequence[float]) -> float:
    """The trend 0..1 over the customer's messages since the thread (or the last hand back) began, oldest first."""
    recent = list(scores)[-WINDOW:]
    if not recent:
        return 0.0
    weights = [FADE**back for back in range(len(recent) - 1, -1, -1)]
    level = sum(weight * score for weight, score in zip(weights, recent, strict=True)) / sum(weights)
    rise = max(0.0, recent[-1] - recent[0]) if len(recent) >= FEWEST else 0.0
    return min(1.0, level + rise / 4)


def escalates(scores: Sequence[float]) -> bool:
    """Whether a person should take over: one outburst, or frustration that holds or rises over some messages."""
    if not scores:
        return False
    if scores[-1] >= ESCALATE:
        return True
    still_there = scores[-1] >= RISING / 2
    return len(scores) >= FEWEST and still_there and window(scores) >= RISING


def grams(text: str) -> Grams:
    """Hashed character n-grams within words, and word pairs, sublinear and of length `GRAM_WEIGHT`."""
    counts: dict[int, float] = {}
    for gram in _grams(text.lower()):
        bucket = zlib.crc32(gram.encode("utf-8", "replace")) % BUCKETS
        counts[bucket] = counts.get(bucket, 0.0) + 1.0
    buckets = np.fromiter(counts, dtype=np.int64, count=len(counts))
    values = 1 + np.log(np.fromiter(counts.values(), dtype=np.float32, count=len(counts)))
    length = float(np.linalg.norm(values)) or 1.0
    return Grams(buckets, (GRAM_WEIGHT * values / length).astype(np.float32))


def _grams(text: str) -> Iterable[str]:
    words = ["^", *text.split(), "$"]
    for first, second in pairwise(words):
        yield f"{first} {second}"
    for word in words:
        padded = f" {word} "
        yield word
        for size in (2, 3, 4, 5):
            yield from (padded[start : start + size] for start in range(len(padded) - size + 1))


def cue_features(text: str, cues: Sequence[anger_cues.Cue]) -> NDArray[np.float32]:
    found = [cue.name for cue in cues]
    letters = sum(character.isalpha() for character in text)
    capitals = sum(character.isupper() for character in text) / max(letters, 1)
    kinds = len(set(found))
    numbers: list[float] = [min(2, found.count(name)) for name in anger_cues.NAMES]
    numbers += anger_cues.soothing(text)
    numbers += [min(kinds, 4) / 2, float(capitals > 0.6 and letters > 12), min(text.count("!"), 4) / 4]
    numbers.append(math.log1p(len(text)) / 6)
    return np.asarray(numbers, dtype=np.float32)


class AngerModel:
    """What `train_anger` learned; arrays are named ``<language>.<part>``."""

    def __init__(self, arrays: dict[str, NDArray[np.float32]], encoder: str) -> None:
        self.encoder = encoder
        self._arrays = arrays

    @classmethod
    def load(cls, path: Path | str) -> AngerModel:
        with np.load(Path(path), allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files if name != "encoder"}
            return cls(arrays, str(file["encoder"]))

    @property
    def languages(self) -> tuple[str, ...]:
        return tuple(sorted(name.split(".")[0] for name in self._arrays if name.endswith(".cues")))

    def score(self, text: str, embedding: NDArray[np.float32], language: str) -> AngerScore:
        language = language if language in self.languages else "en"
        text = anger_cues.plain(text)
        if not any(character.isalpha() for character in text) and not anger_cues.find(text):
            return AngerScore(0.0, ())
        cues = anger_cues.find(text)
        raised = 1 / (1 + math.exp(-self._logit(text, embedding, language, cues)))
        return AngerScore(round(raised, 4), self._evidence(language, cues))

    def _logit(self, text: str, embedding: NDArray[np.float32], language: str, cues: Sequence[anger_cues.Cue]) -> float:
        part = {name.split(".")[1]: array for name, array in self._arrays.items() if name.startswith(f"{language}.")}
        if embedding.shape[-1] != part["embedding"].shape[0]:
            raise ValueError(f"the anger model was trained with {self.encoder}; run `make train` for this encoder")
        sparse = grams(text)
        raw = EMBEDDING_WEIGHT[language] * float(part["embedding"] @ np.ravel(embedding))
        raw += float(part["grams"][sparse.buckets] @ sparse.values)
        raw += float(part["cues"] @ cue_features(text, cues)) + float(part["bias"])
        logit = float(part["scale"]) * raw + float(part["offset"])
        return max(-30.0, min(30.0, logit))

    def _evidence(self, language: str, cues: Sequence[anger_cues.Cue]) -> tuple[str, ...]:
        weights = dict(zip(anger_cues.NAMES, self._arrays[f"{language}.cues"], strict=False))
        ranked = sorted(cues, key=lambda cue: -float(weights[cue.name]))
        return tuple(f"{cue.name}: {cue.phrase}" for cue in ranked)[:6]
