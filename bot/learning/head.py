"""The intent head as it is served: what the training examples vote for a text, by its embedding and its words.

Numpy only, and no more than a model file needs: `training` makes one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from bot.learning.chances import chances_of
from bot.learning.known_grams import KnownGrams

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class LinearHead:
    labels: tuple[str, ...]
    #: Mean of the training embeddings, the map of what is around it ([dimension, dimension]),
    #: and the examples so mapped, at length 1: [examples, dimension].
    centre: Array
    turn: Array
    examples: Array
    #: What each example says for each label: [examples, labels].
    votes: Array
    grams: KnownGrams
    #: What each word or letter group says for each label: [grams, labels].
    words: Array
    steep: float
    #: Scores to chances.
    sharpness: float
    #: Logistic model of "the text fits one of the intents": intercept, best score, its lead, nearness of an example.
    inside: Array

    @property
    def dimension(self) -> int:
        """Of the embeddings that this head was trained with."""
        return int(self.examples.shape[1])

    def rank(self, text: str, dense: Array) -> list[tuple[str, float]]:
        """Every label with its chance, the likeliest first. The chances sum to the chance that the text fits any."""
        chances = self.chances([text], np.asarray(dense)[None, :])[0]
        return [(self.labels[at], float(chances[at])) for at in np.argsort(-chances)]

    def chances(self, texts: Sequence[str], dense: Array) -> Array:
        """Of every label for every text: [texts, labels]. Embeddings of another dimension,
        or zeros, count as unknown."""
        scores = np.stack([values @ self.words[ids] for ids, values in map(self.grams.of, texts)])
        nearest = np.zeros(len(texts), dtype=np.float32)
        known = dense.any(axis=1) if dense.shape[1] == self.dimension else np.zeros(len(texts), dtype=bool)
        if known.any():
            near = unit(unit(dense[known] - self.centre) @ self.turn) @ self.examples.T
            nearest[known] = near.max(axis=1)
            scores[known] += kernel_of(near, self.steep) @ self.votes
        return chances_of(scores, nearest, self.sharpness, self.inside)

    def save(self, path: Path) -> None:
        stored = {field.name: getattr(self, field.name) for field in fields(self) if field.name != "grams"}
        np.savez(path, **stored, known=self.grams.known, idf=self.grams.idf)

    @classmethod
    def load(cls, path: Path) -> LinearHead:
        with np.load(path) as stored:
            plain = {name: stored[name] for name in stored.files}
        grams = KnownGrams(plain.pop("known"), plain.pop("idf"))
        labels = tuple(plain.pop("labels").tolist())
        steep, sharpness = float(plain.pop("steep")), float(plain.pop("sharpness"))
        return cls(labels=labels, grams=grams, steep=steep, sharpness=sharpness, **plain)


def unit(vectors: Array) -> Array:
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-9), dtype=np.float32)


def kernel_of(near: Array, steep: float) -> Array:
    return np.asarray(np.exp(np.float32(steep) * (near - np.float32(1))), dtype=np.float32)
