"""The mathematics of the intent head: one linear layer on the sentence's embedding and its hashed words and letters.

The encoder may be nearly blind to a language; words and letter groups carry the intent there. Nothing of Rasa is needed
here, so both environments can measure the same head.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.linear_model import LogisticRegression

#: How much each kind of feature counts beside the others; every one of them has length 1 before.
DENSE, WORDS, LETTERS = 1.0, 1.0, 1.6

_OPTIONS: dict[str, Any] = {"n_features": 2**14, "alternate_sign": False, "norm": "l2", "lowercase": True}
_WORDS = HashingVectorizer(analyzer="word", ngram_range=(1, 2), token_pattern=r"\w+", **_OPTIONS)
_LETTERS = HashingVectorizer(analyzer="char_wb", ngram_range=(2, 5), **_OPTIONS)


def features(texts: Sequence[str], dense: np.ndarray[Any, Any]) -> csr_matrix:
    """One row for each text. `dense` may hold rows of zeros where no embedding is known."""
    parts = [
        csr_matrix(dense.astype(np.float32) * DENSE),
        _WORDS.transform(texts) * WORDS,
        _LETTERS.transform(texts) * LETTERS,
    ]
    return hstack(parts, format="csr", dtype=np.float32)


@dataclass(frozen=True)
class LinearHead:
    labels: tuple[str, ...]
    #: [features, labels]
    weights: np.ndarray[Any, Any]
    bias: np.ndarray[Any, Any]

    @property
    def dimension(self) -> int:
        """Of the embeddings that this head was trained with."""
        return int(self.weights.shape[0]) - 2 * int(_OPTIONS["n_features"])

    @classmethod
    def train(
        cls, texts: Sequence[str], dense: np.ndarray[Any, Any], labels: Sequence[str], strength: float = 20.0
    ) -> LinearHead:
        if len(set(labels)) < 2:
            raise ValueError("An intent head needs examples of at least two intents.")
        model = LogisticRegression(C=strength, max_iter=300, class_weight="balanced", random_state=7)
        model.fit(features(texts, dense), list(labels))
        weights, bias = model.coef_, model.intercept_
        if len(model.classes_) == 2:
            weights, bias = np.vstack([-weights, weights]), np.concatenate([-bias, bias])
        names = tuple(str(name) for name in model.classes_)
        return cls(names, np.ascontiguousarray(weights.T, dtype=np.float32), bias.astype(np.float32))

    def rank(self, text: str, dense: np.ndarray[Any, Any]) -> list[tuple[str, float]]:
        """Every label with its probability, the likeliest first."""
        fitting = dense if dense.shape == (self.dimension,) else np.zeros(self.dimension, dtype=np.float32)
        logits = np.asarray(features([text], fitting[None, :]) @ self.weights)[0] + self.bias
        chances = np.exp(logits - logits.max())
        chances /= chances.sum()
        return [(self.labels[at], float(chances[at])) for at in np.argsort(-chances)]

    def save(self, path: Path) -> None:
        np.savez(path, labels=np.array(self.labels, dtype=np.str_), weights=self.weights, bias=self.bias)

    @classmethod
    def load(cls, path: Path) -> LinearHead:
        with np.load(path) as stored:
            return cls(tuple(stored["labels"].tolist()), stored["weights"], stored["bias"])
