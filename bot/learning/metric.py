"""A linear map of embeddings under which examples of one intent lie nearer to each other than to those of all others.

An encoder knows what is alike in general; which differences matter to these intents ("the card has not come"
against "the card does not work") it can't know. The map learns that from the examples: supervised
contrastive learning (Khosla and others, 2020) on frozen embeddings, a few steps away from the identity. More
steps fit the examples and no longer what is asked.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

#: How far the map goes from the identity: steps of Adam (Kingma and Ba, 2015),
#: the first one's length, then ever shorter.
STEPS, LENGTH = 25, 0.0007
MOMENTUM, SCALE = 0.9, 0.999
#: Differences of cosine that count: a lower one looks at the nearest examples only.
TEMPERATURE = 0.2
#: Examples that one step compares with each other; of more, each step draws others.
COMPARED = 1000


def learned(examples: Array, numbers: Array, draw: np.random.Generator) -> Array:
    """The map, [dimension, dimension], for examples of length 1 and the number of each one's intent."""
    size = examples.shape[1]
    turn = np.eye(size, dtype=np.float32)
    mean, square = np.zeros((2, size, size), dtype=np.float32)
    for step in range(1, STEPS + 1):
        some = draw.choice(len(numbers), min(COMPARED, len(numbers)), replace=False)
        slope = _slope(examples[some], numbers[some], turn)
        mean += np.float32(1 - MOMENTUM) * (slope - mean)
        square += np.float32(1 - SCALE) * (slope**2 - square)
        length = LENGTH * (1 - (step - 1) / STEPS) / (1 - MOMENTUM**step)
        turn -= np.float32(length) * mean / (np.sqrt(square / (1 - SCALE**step)) + np.float32(1e-8))
    return turn


def _slope(examples: Array, numbers: Array, turn: Array) -> Array:
    """Of the loss by the map: how unlikely it is to meet the same intent when going to a near example."""
    alike = (numbers[:, None] == numbers[None]).astype(np.float32)
    np.fill_diagonal(alike, 0)
    others = alike.sum(axis=1, keepdims=True)
    mapped = examples @ turn
    lengths = np.maximum(np.linalg.norm(mapped, axis=1, keepdims=True), np.float32(1e-9))
    mapped /= lengths
    near = mapped @ mapped.T / np.float32(TEMPERATURE)
    np.fill_diagonal(near, -np.inf)
    near = np.exp(near - near.max(axis=1, keepdims=True))
    # An example without company says nothing.
    error = (near / near.sum(axis=1, keepdims=True) - alike / np.maximum(others, 1)) * (others > 0)
    error /= np.float32(TEMPERATURE * max(1, int((others > 0).sum())))
    pull = (error + error.T) @ mapped
    pull = (pull - mapped * (mapped * pull).sum(axis=1, keepdims=True)) / lengths
    return np.asarray(examples.T @ pull, dtype=np.float32)
