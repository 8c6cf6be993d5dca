"""The mathematics of the intent head: kernel ridge regression on the sentence's embedding and its words and letters.

Two kernels are added: how near two embeddings are, and how many rare words and letter groups two texts share. The
encoder may be nearly blind to a language; words and letters carry the intent there. The head is linear in the kernel,
so leaving one example out, or a whole intent, has a closed form (Rasmussen and Williams, Gaussian Processes for Machine
Learning, 5.4.2): everything that is chosen, and how sure the head may be, comes from the training examples alone.
Nothing of Rasa is needed here, so both environments can measure the same head.

Near means near for these intents: embeddings are compared under a map that is learnt from the examples (`metric`).

An intent's name says what it is about ("card_arrival"): where its embedding is given, it is one more example (Chang and
others, Importance of Semantic Representation: Dataless Classification, 2008),
unless fewer examples are right so when left out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from scipy.linalg import cho_factor, cho_solve, lapack
from scipy.sparse import vstack
from threadpoolctl import threadpool_limits

from bot.rasa.chances import THRESHOLD, best_sharpness, chances_of, fitted_inside
from bot.rasa.grams import Grams
from bot.rasa.metric import learned

__all__ = ["THRESHOLD", "LinearHead", "Shape", "spelled"]

Array = np.ndarray[Any, Any]

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
#: Between the words of an intent's name: signs, and where a capital follows a small letter.
JOINT = re.compile(r"[\W_]+|(?<=[^\W_A-Z])(?=[A-Z])")


def spelled(labels: Sequence[str]) -> list[str]:
    """The names of the different intents in words ("card_arrival": "card arrival"),
    as `LinearHead.train` wants their embeddings."""
    return [JOINT.sub(" ", name).strip() for name in np.unique(np.asarray(labels, dtype=np.str_)).tolist()]


@dataclass(frozen=True)
class Shape:
    steep: float
    lexical: float
    ridge: float


#: In which it is tried whether the names help.
MIDDLE = Shape(STEEP[1], LEXICAL[1], RIDGE[0])


@dataclass(frozen=True)
class _Given:
    """What is learnt from: first what was written, and then the names, if any."""

    labels: tuple[str, ...]
    texts: Sequence[str]
    dense: Array
    numbers: Array
    written: int

    def named(self, names: Sequence[str], dense: Array) -> _Given:
        if dense.shape != (len(self.labels), self.dense.shape[1]):
            raise ValueError(
                f"The names' embeddings have shape {dense.shape}, not one of {self.dense.shape[1]} for each intent."
            )
        both = np.concatenate([self.dense, np.asarray(dense, dtype=np.float32)])
        numbers = np.append(self.numbers, np.arange(len(self.labels)))
        return replace(self, texts=[*self.texts, *names], dense=both, numbers=numbers)


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
    def train(
        cls,
        texts: Sequence[str],
        dense: Array,
        labels: Sequence[str],
        shape: Shape | None = None,
        names: Array | None = None,
    ) -> LinearHead:
        """Learns from texts and their embeddings [texts, dimension];
        the shape is chosen by leaving one out, unless given.

        `names` are the embeddings of `spelled(labels)`: [intents, dimension]. They are left aside where they do
        not help. Raises `ValueError` for fewer than two intents, or for embeddings of names that are not one an intent.
        """
        known, numbers = np.unique(np.asarray(labels, dtype=np.str_), return_inverse=True)
        if len(known) < 2:
            raise ValueError("An intent head needs examples of at least two intents.")
        kept = _sample(numbers, MOST, np.random.default_rng(7))
        dense = np.asarray(dense, dtype=np.float32)[kept]
        given = _Given(tuple(known.tolist()), [texts[at] for at in kept], dense, numbers[kept], len(kept))
        # Small matrices are slower on several cores than on one when others need the cores as well.
        with threadpool_limits(1 if len(kept) < LARGE else None):
            return cls._learnt(given if names is None else given.named(spelled(labels), names), shape)

    @classmethod
    def _learnt(cls, given: _Given, shape: Shape | None) -> LinearHead:
        draw = np.random.default_rng(7)
        written = given.written
        centre = given.dense[:written].mean(axis=0)
        # A name is no text of a customer: it moves neither the centre nor how rare a word is.
        grams, rows = Grams.learn(given.texts[:written])
        rows = vstack([rows, grams.rows(given.texts[written:])], format="csr")
        examples, numbers = _unit(given.dense - centre), given.numbers
        targets = _targets(numbers, len(given.labels))
        if shape is None:
            some = np.append(_sample(numbers[:written], TRIED, draw), np.arange(written, len(numbers)))
            tried = _Tried(examples[some], rows[some], targets[some], len(some) - len(numbers) + written)
            shape, helpful = tried.best()
            end = len(numbers) if helpful else written
            examples, rows, numbers, targets = examples[:end], rows[:end], numbers[:end], targets[:end]
        # Chosen before the map is learnt: what is left out has a part in the map,
        # and the embeddings would look too good.
        turn = learned(examples, numbers, draw)
        examples = _unit(examples @ turn)
        # The kernel is symmetric; seen from the other side it lies in memory as LAPACK wants it, and is not copied.
        factor = cho_factor(_kernel_of_all(examples, rows, shape).T, lower=True, overwrite_a=True, check_finite=False)
        votes = cho_solve(factor, targets, check_finite=False)
        scores, right, nearest = _left_out(factor, votes, targets, examples, numbers, written, draw)
        sharpness = best_sharpness(scores[right >= 0], right[right >= 0])
        return cls(
            labels=given.labels,
            centre=centre,
            turn=turn,
            examples=examples,
            votes=votes.astype(np.float32),
            grams=grams,
            words=np.asarray(rows.T @ votes * shape.lexical, dtype=np.float32),
            steep=shape.steep,
            sharpness=sharpness,
            inside=fitted_inside(scores, right, nearest, sharpness),
        )

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
            near = _unit(_unit(dense[known] - self.centre) @ self.turn) @ self.examples.T
            nearest[known] = near.max(axis=1)
            scores[known] += _kernel(near, self.steep) @ self.votes
        return chances_of(scores, nearest, self.sharpness, self.inside)

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


class _Tried:
    """Examples on which shapes are tried: what was written, and then the names, if any."""

    def __init__(self, examples: Array, rows: Any, targets: Array, written: int) -> None:
        self._near, self._shared = examples @ examples.T, (rows @ rows.T).toarray()
        self._targets, self._written = targets, written

    def best(self) -> tuple[Shape, bool]:
        """The shape with which most of what was written is right when left out, and whether the names are of use.

        They are where more are right with them, tried in the middle shape. The squared error decides between equals.
        """
        named = len(self._targets)
        used = max(sorted({self._written, named}), key=lambda used: self._right(MIDDLE, used))
        shapes = [Shape(*one) for one in product(STEEP, LEXICAL, RIDGE)]
        return max(shapes, key=lambda shape: self._right(shape, used)), used == named

    def _right(self, shape: Shape, used: int) -> tuple[float, float]:
        """Share of what was written that is right when left out of the first `used`, and the negative squared error."""
        kernel = _kernel(self._near[:used, :used], shape.steep) + np.float32(shape.lexical) * self._shared[:used, :used]
        kernel[np.diag_indices(used)] += np.float32(shape.ridge)
        with threadpool_limits(1):
            inverse = _inverse(kernel)
            error = ((inverse @ self._targets[:used]) / np.diag(inverse)[:, None])[: self._written]
        wanted = self._targets[: self._written]
        right = (wanted - error).argmax(axis=1) == wanted.argmax(axis=1)
        return round(float(right.mean()), 3), -float((error**2).mean())


def _inverse(kernel: Array) -> Array:
    """Of a positive definite matrix, by Cholesky's method."""
    factor, _ = lapack.spotrf(kernel, lower=True, overwrite_a=True)
    lower, _ = lapack.spotri(factor, lower=True, overwrite_c=True)
    return np.asarray(np.tril(lower) + np.tril(lower, -1).T)


def _left_out(
    factor: tuple[Array, bool],
    votes: Array,
    targets: Array,
    examples: Array,
    numbers: Array,
    written: int,
    draw: np.random.Generator,
) -> tuple[Array, Array, Array]:
    """Scores of examples without themselves, and of examples without their whole intent, which plays the stranger.

    A name leaves with its intent, but nobody writes it: it is judged as neither.
    Returns the scores, the right label of each (-1 for strangers), and the nearness of the nearest example.
    """
    alone, intents = _judged(numbers, written, draw)
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
        asked = own < written
        scores.extend(without[asked])
        right.extend([-1] * int(asked.sum()))
        nearest.extend(np.where(numbers == numbers[own[0]], -1.0, near[rows]).max(axis=1)[asked])
    return np.stack(scores), np.array(right), np.array(nearest)


def _judged(numbers: Array, written: int, draw: np.random.Generator) -> tuple[Array, list[Array]]:
    """Examples to leave out one by one, and intents to leave out whole."""
    alone = np.arange(written) if written <= JUDGED else draw.choice(written, JUDGED, replace=False)
    intents: list[Array] = []
    for number in draw.permutation(int(numbers.max()) + 1):
        if sum(map(len, intents)) < JUDGED and (numbers == number).any():
            intents.append(np.flatnonzero(numbers == number)[:JUDGED])
    return alone, intents
