"""The mathematics of the intent head: kernel ridge regression on the sentence's embedding and its words and letters.

Two kernels are added: how near two embeddings are, and how many rare words and letter groups two texts share. The encoder
may be nearly blind to a language; words and letters carry the intent there. The head is linear in the kernel, so leaving
one example out, or a whole intent, has a closed form (Rasmussen and Williams, Gaussian Processes for Machine Learning,
5.4.2): everything that is chosen, and how sure the head may be, comes from the training examples alone. Nothing of Rasa
is needed here, so both environments can measure the same head.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from scipy.linalg import cho_factor, cho_solve, lapack
from threadpoolctl import threadpool_limits

from bot.rasa.grams import Grams

Array = np.ndarray[Any, Any]

#: A text whose best intent has less confidence fits none. Training scales the confidences so that this holds.
THRESHOLD = 0.4
#: Share of the examples that were right when left out and that may fall below the threshold.
REFUSED = 0.005
#: More examples make the kernel larger than a small machine's memory: of more, a fair share of each intent is used.
MOST = 16_000
#: Examples on which the shape is chosen, and on which the confidences are.
TRIED, JUDGED = 1000, 1500
#: Rows of the kernel that are made at once.
BLOCK = 1000
#: Examples from which on several cores are faster than one.
LARGE = 4000
#: How steep the embeddings' kernel falls, what words and letters count beside it, and the ridge.
STEEP, LEXICAL, RIDGE = (1.0, 2.0, 3.0), (0.05, 0.1, 0.2, 0.4, 0.8), (0.03, 0.1, 0.3)
#: The least that a right answer left out must differ from a stranger, in units of the logistic model.
SMALLEST = 1e-3


@dataclass(frozen=True)
class Shape:
    steep: float
    lexical: float
    ridge: float


@dataclass(frozen=True)
class LinearHead:
    labels: tuple[str, ...]
    #: Mean of the training embeddings, and the examples around it at length 1: [examples, dimension].
    centre: Array
    examples: Array
    #: What each example says for each label: [examples, labels].
    votes: Array
    grams: Grams
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

    @classmethod
    def train(cls, texts: Sequence[str], dense: Array, labels: Sequence[str], shape: Shape | None = None) -> LinearHead:
        """Learns from texts and their embeddings [texts, dimension]; the shape is chosen by leaving one out, unless given.

        Raises `ValueError` for fewer than two intents.
        """
        names, numbers = np.unique(np.asarray(labels, dtype=np.str_), return_inverse=True)
        if len(names) < 2:
            raise ValueError("An intent head needs examples of at least two intents.")
        kept = _sample(numbers, MOST, np.random.default_rng(7))
        dense = np.asarray(dense, dtype=np.float32)[kept]
        # Small matrices are slower on several cores than on one when others need the cores as well.
        with threadpool_limits(1 if len(kept) < LARGE else None):
            return cls._learnt(tuple(names.tolist()), [texts[at] for at in kept], dense, numbers[kept], shape)

    @classmethod
    def _learnt(cls, names: tuple[str, ...], texts: Sequence[str], dense: Array, numbers: Array, shape: Shape | None) -> LinearHead:
        draw = np.random.default_rng(7)
        centre = dense.mean(axis=0)
        examples = _unit(dense - centre)
        grams, rows = Grams.learn(texts)
        if shape is None:
            some = _sample(numbers, TRIED, draw)
            shape = _choose(examples[some], rows[some], numbers[some], len(names))
        # The kernel is symmetric; seen from the other side it lies in memory as LAPACK wants it, and is not copied.
        factor = cho_factor(_kernel_of_all(examples, rows, shape).T, lower=True, overwrite_a=True, check_finite=False)
        targets = _targets(numbers, len(names))
        votes = cho_solve(factor, targets, check_finite=False)
        scores, right, nearest = _left_out(factor, votes, targets, examples, numbers, draw)
        sharpness = _sharpness(scores[right >= 0], right[right >= 0])
        return cls(
            labels=names,
            centre=centre,
            examples=examples,
            votes=votes.astype(np.float32),
            grams=grams,
            words=np.asarray(rows.T @ votes * shape.lexical, dtype=np.float32),
            steep=shape.steep,
            sharpness=sharpness,
            inside=_inside(scores, right, nearest, sharpness),
        )

    def rank(self, text: str, dense: Array) -> list[tuple[str, float]]:
        """Every label with its chance, the likeliest first. The chances sum to the chance that the text fits any."""
        chances = self.chances([text], np.asarray(dense)[None, :])[0]
        return [(self.labels[at], float(chances[at])) for at in np.argsort(-chances)]

    def chances(self, texts: Sequence[str], dense: Array) -> Array:
        """Of every label for every text: [texts, labels]. Embeddings of another dimension, or zeros, count as unknown."""
        scores = np.stack([values @ self.words[ids] for ids, values in map(self.grams.of, texts)])
        nearest = np.zeros(len(texts), dtype=np.float32)
        known = dense.any(axis=1) if dense.shape[1] == self.dimension else np.zeros(len(texts), dtype=bool)
        if known.any():
            near = _unit(dense[known] - self.centre) @ self.examples.T
            nearest[known] = near.max(axis=1)
            scores[known] += _kernel(near, self.steep) @ self.votes
        return _chances(scores, nearest, self.sharpness, self.inside)

    def save(self, path: Path) -> None:
        stored = {field.name: getattr(self, field.name) for field in fields(self) if field.name != "grams"}
        np.savez(path, **stored, known=self.grams.known, idf=self.grams.idf)

    @classmethod
    def load(cls, path: Path) -> LinearHead:
        with np.load(path) as stored:
            plain = {name: stored[name] for name in stored.files}
        grams = Grams(plain.pop("known"), plain.pop("idf"))
        labels = tuple(plain.pop("labels").tolist())
        steep, sharpness = float(plain.pop("steep")), float(plain.pop("sharpness"))
        return cls(labels=labels, grams=grams, steep=steep, sharpness=sharpness, **plain)


def _unit(vectors: Array) -> Array:
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-9), dtype=np.float32)


def _kernel(near: Array, steep: float) -> Array:
    return np.asarray(np.exp(np.float32(steep) * (near - np.float32(1))), dtype=np.float32)


def _kernel_of_all(examples: Array, rows: Any, shape: Shape) -> Array:
    """With the ridge. Made in place and block by block: it is the largest thing in memory."""
    kernel = examples @ examples.T
    kernel -= np.float32(1)
    kernel *= np.float32(shape.steep)
    np.exp(kernel, out=kernel)
    other = rows.T.tocsr()
    for start in range(0, len(kernel), BLOCK):
        kernel[start : start + BLOCK] += np.float32(shape.lexical) * (rows[start : start + BLOCK] @ other).toarray()
    kernel[np.diag_indices(len(kernel))] += np.float32(shape.ridge)
    return np.asarray(kernel, dtype=np.float32)


def _targets(numbers: Array, labels: int) -> Array:
    return np.asarray(np.eye(labels, dtype=np.float32)[numbers] - np.float32(1 / labels))


def _sample(numbers: Array, most: int, draw: np.random.Generator) -> Array:
    """Places of at most so many examples, each intent with its share but at least two where it has them."""
    if len(numbers) <= most:
        return np.arange(len(numbers))
    share = most / len(numbers)
    taken = []
    for number in range(int(numbers.max()) + 1):
        own = np.flatnonzero(numbers == number)
        taken.append(draw.choice(own, min(len(own), max(2, int(len(own) * share))), replace=False))
    return np.sort(np.concatenate(taken))


def _choose(examples: Array, rows: Any, numbers: Array, labels: int) -> Shape:
    """The shape with which most examples are right when each is left out; the squared error decides between equals."""
    targets = _targets(numbers, labels)
    near, shared = examples @ examples.T, (rows @ rows.T).toarray()
    tried: list[tuple[float, float, Shape]] = []
    with threadpool_limits(1):
        for shape in (Shape(*one) for one in product(STEEP, LEXICAL, RIDGE)):
            kernel = _kernel(near, shape.steep) + np.float32(shape.lexical) * shared
            kernel[np.diag_indices(len(kernel))] += np.float32(shape.ridge)
            inverse = _inverse(kernel)
            error = (inverse @ targets) / np.diag(inverse)[:, None]
            right = float(((targets - error).argmax(axis=1) == numbers).mean())
            tried.append((round(right, 3), -float((error**2).mean()), shape))
    return max(tried, key=lambda one: one[:2])[2]


def _inverse(kernel: Array) -> Array:
    """Of a positive definite matrix, by Cholesky's method."""
    factor, _ = lapack.spotrf(kernel, lower=True, overwrite_a=True)
    lower, _ = lapack.spotri(factor, lower=True, overwrite_c=True)
    return np.asarray(np.tril(lower) + np.tril(lower, -1).T)


def _left_out(
    factor: tuple[Array, bool], votes: Array, targets: Array, examples: Array, numbers: Array, draw: np.random.Generator
) -> tuple[Array, Array, Array]:
    """Scores of examples without themselves, and of examples without their whole intent, which plays the stranger.

    Returns the scores, the right label of each (-1 for strangers), and the nearness of the nearest example.
    """
    alone, intents = _judged(numbers, draw)
    places = np.unique(np.concatenate([alone, *intents]))
    units = np.zeros((len(numbers), len(places)), dtype=np.float32, order="F")
    units[places, np.arange(len(places))] = 1
    inverse = cho_solve(factor, units, overwrite_b=True, check_finite=False)[places]
    near = examples[places] @ examples.T
    at = {int(place): row for row, place in enumerate(places)}
    scores, right, nearest = [], [], []
    for place in alone:
        scores.append(targets[place] - votes[place] / inverse[at[int(place)], at[int(place)]])
        right.append(int(numbers[place]))
        nearest.append(np.partition(near[at[int(place)]], -2)[-2])
    for own in intents:
        rows = [at[int(place)] for place in own]
        without = targets[own] - np.linalg.solve(inverse[np.ix_(rows, rows)], votes[own])
        without[:, numbers[own[0]]] = -np.inf
        scores.extend(without)
        right.extend([-1] * len(own))
        nearest.extend(np.where(numbers == numbers[own[0]], -1.0, near[rows]).max(axis=1))
    return np.stack(scores), np.array(right), np.array(nearest)


def _judged(numbers: Array, draw: np.random.Generator) -> tuple[Array, list[Array]]:
    """Examples to leave out one by one, and intents to leave out whole."""
    alone = np.arange(len(numbers)) if len(numbers) <= JUDGED else draw.choice(len(numbers), JUDGED, replace=False)
    intents: list[Array] = []
    for number in draw.permutation(int(numbers.max()) + 1):
        if sum(map(len, intents)) < JUDGED and (numbers == number).any():
            intents.append(np.flatnonzero(numbers == number)[:JUDGED])
    return alone, intents


def _softmax(scores: Array, sharpness: float) -> Array:
    powers = np.exp(sharpness * (scores - scores.max(axis=1, keepdims=True)))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def _sharpness(scores: Array, right: Array) -> float:
    """The one under which the examples left out are likeliest."""
    tried = [float(one) for one in np.geomspace(1, 40, 40)]
    rows = np.arange(len(right))
    likely = [float(np.log(_softmax(scores, one)[rows, right] + 1e-9).mean()) for one in tried]
    return tried[int(np.argmax(likely))]


def _chances(scores: Array, nearest: Array, sharpness: float, inside: Array) -> Array:
    return _softmax(scores, sharpness) * _logistic(_signs(scores, nearest) @ inside[1:] + inside[0])[:, None]


def _signs(scores: Array, nearest: Array) -> Array:
    """By which a text that fits is told from a stranger: the best score, its lead, the nearness of an example."""
    top = -np.partition(-scores, 1, axis=1)[:, :2]
    second = np.where(np.isfinite(top[:, 1]), top[:, 1], 0.0)
    return np.stack([top[:, 0], top[:, 0] - second, nearest], axis=1)


def _logistic(values: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-np.clip(values, -30, 30))))


def _inside(scores: Array, right: Array, nearest: Array, sharpness: float) -> Array:
    """Fitted on examples left out against strangers, then moved so that `THRESHOLD` refuses `REFUSED` of the right ones."""
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
