"""From an intent head's scores to chances: how sharp they are, and how likely it is that a text fits any intent at all.

Both are fitted on examples that were left out of the training, alone and with their whole intent (strangers).
"""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

#: A text whose best intent has less confidence fits none. Training scales the confidences so that this holds.
THRESHOLD = 0.4
#: Share of the examples that were right when left out and that may fall below the threshold.
REFUSED = 0.005
#: The least that a right answer left out must differ from a stranger, in units of the logistic model.
SMALLEST = 1e-3


def _softmax(scores: Array, sharpness: float) -> Array:
    powers = np.exp(sharpness * (scores - scores.max(axis=1, keepdims=True)))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def best_sharpness(scores: Array, right: Array) -> float:
    """The one under which the examples left out are likeliest."""
    tried = [float(one) for one in np.geomspace(1, 40, 40)]
    rows = np.arange(len(right))
    likely = [float(np.log(_softmax(scores, one)[rows, right] + 1e-9).mean()) for one in tried]
    return tried[int(np.argmax(likely))]


def chances_of(scores: Array, nearest: Array, sharpness: float, inside: Array) -> Array:
    """Of every label for every text, [texts, labels], from the scores and the nearness
    of each text's nearest example."""
    return _softmax(scores, sharpness) * _logistic(_signs(scores, nearest) @ inside[1:] + inside[0])[:, None]


def _signs(scores: Array, nearest: Array) -> Array:
    """By which a text that fits is told from a stranger: the best score, its lead, the nearness of an example."""
    top = -np.partition(-scores, 1, axis=1)[:, :2]
    second = np.where(np.isfinite(top[:, 1]), top[:, 1], 0.0)
    return np.stack([top[:, 0], top[:, 0] - second, nearest], axis=1)


def _logistic(values: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-np.clip(values, -30, 30))))


def fitted_inside(scores: Array, right: Array, nearest: Array, sharpness: float) -> Array:
    """Fitted on examples left out against strangers,
    then moved so that `THRESHOLD` refuses `REFUSED` of the right ones."""
    signs = _signs(scores, nearest)
    model = _fit(signs, (right >= 0).astype(float))
    best = _softmax(scores, sharpness).max(axis=1)
    correct = scores.argmax(axis=1) == right
    if not correct.any():
        return model
    # The intercept at which an example sits exactly at the threshold; examples too torn between intents never do.
    needed = np.minimum(THRESHOLD / best[correct], 0.999)
    least = np.log(needed / (1 - needed)) - signs[correct] @ model[1:]
    model[0] = float(np.quantile(least, 1 - REFUSED))
    return model


def _fit(signs: Array, wanted: Array) -> Array:
    """Newton's method for a logistic model in which both sides count the same, with a light ridge."""
    inputs = np.column_stack([np.ones(len(signs)), signs]).astype(float)
    weight = np.where(wanted > 0, 0.5 / max(wanted.mean(), SMALLEST), 0.5 / max(1 - wanted.mean(), SMALLEST))
    model = np.zeros(inputs.shape[1])
    for _ in range(30):
        expected = _logistic(inputs @ model)
        slope = inputs.T @ (weight * (wanted - expected)) - 0.1 * model
        curve = (inputs * (weight * expected * (1 - expected))[:, None]).T @ inputs + 0.1 * np.eye(len(model))
        model = model + np.linalg.solve(curve, slope)
    return model
