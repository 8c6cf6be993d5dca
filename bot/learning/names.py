"""What an intent's name says ("card_arrival") is one more example of it
(Chang and others, Importance of Semantic Representation: Dataless Classification, 2008).

A name is no sentence, and an encoder knows sentences: so it is read as a customer may say it, bare, as a question and
within one, and the mean of these stands for it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

#: Between the words of a name: signs, and where a capital follows a small letter.
JOINT = re.compile(r"[\W_]+|(?<=[^\W_A-Z])(?=[A-Z])")
SAYINGS = ("{}", "{}?", "my question is about {}")


def spelled(labels: Sequence[str]) -> list[str]:
    """The names of the different intents in words ("card_arrival": "card arrival"), in the order of the names."""
    return [JOINT.sub(" ", name).strip() for name in np.unique(np.asarray(labels, dtype=np.str_)).tolist()]


def sayings(labels: Sequence[str]) -> list[str]:
    """The texts whose embeddings `embedded` wants."""
    return [saying.format(name) for name in spelled(labels) for saying in SAYINGS]


def embedded(vectors: Array) -> Array:
    """The names' embeddings, [intents, dimension], of those of their sayings, each of length 1."""
    means = vectors.reshape(-1, len(SAYINGS), vectors.shape[-1]).mean(axis=1)
    return np.asarray(means / np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-9), dtype=np.float32)
