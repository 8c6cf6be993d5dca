"""Makes an intent head from examples: kernel ridge regression on the sentence's embedding and its words and letters.

Two kernels are added: how near two embeddings are, and how many rare words and letter groups two texts share. The
encoder may be nearly blind to a language; words and letters carry the intent there. The head is linear in the kernel,
so leaving one example out, or a whole intent, has a closed form (Rasmussen and Williams, Gaussian Processes for Machine
Learning, 5.4.2): everything that is chosen, and how sure the head may be, comes from the training examples alone.
Nothing of Rasa is needed here, so both environments make the same head.

Near means near for these intents: embeddings are compared under a map that is learnt from the examples (`metric`).

Where the embeddings of the intents' names are given (`names`), each is one more example, unless clearly fewer examples
are right so when left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any, NamedTuple

import numpy as np
from scipy.linalg import cho_factor, cho_solve, lapack
from scipy.sparse import vstack
from threadpoolctl import threadpool_limits

from bot.learning.chances import best_sharpness, fitted_inside
from bot.learning.head import LinearHead, kernel_of, unit
from bot.learning.known_grams import KnownGrams
from bot.learning.metric import learned
from bot.learning.names import spelled

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
STEEP, LEXICAL, RIDGE = (1.0, 2.0, 4.0), (0.05, 0.2, 0.8), (0.03, 0.1, 0.3)


class Shape(NamedTuple):
    steep: float
    lexical: float
    ridge: float


#: The shape unless another one is clearly better, and in which it is tried whether the names help.
MIDDLE = Shape(STEEP[1], LEXICAL[1], RIDGE[1])
#: What is clearly better, in standard errors of the difference: on some hundred examples the best of many shapes is
#: the luckiest (Breiman and others, Classification and Regression Trees, 1984, 3.4.3; McNemar, 1947).
CLEARLY = 3.0


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


def train(
    texts: Sequence[str],
    dense: Array,
    labels: Sequence[str],
    shape: Shape | None = None,
    names: Array | None = None,
) -> LinearHead:
    """Learns from texts and their embeddings [texts, dimension];
    the shape is chosen by leaving one out, unless given.

    `names` are the embeddings of `spelled(labels)` (`names.embedded`): [intents, dimension]. They are left aside where
    they do not help. Raises `ValueError` for fewer than two intents, or where there are not as many names as intents.
    """
    known, numbers = np.unique(np.asarray(labels, dtype=np.str_), return_inverse=True)
    if len(known) < 2:
        raise ValueError("An intent head needs examples of at least two intents.")
    kept = _sample(numbers, MOST, np.random.default_rng(7))
    dense = np.asarray(dense, dtype=np.float32)[kept]
    given = _Given(tuple(known.tolist()), [texts[at] for at in kept], dense, numbers[kept], len(kept))
    # Small matrices are slower on several cores than on one when others need the cores as well.
    with threadpool_limits(1 if len(kept) < LARGE else None):
        return _learnt(given if names is None else given.named(spelled(labels), names), shape)


def _learnt(given: _Given, shape: Shape | None) -> LinearHead:
    draw = np.random.default_rng(7)
    written = given.written
    centre = given.dense[:written].mean(axis=0)
    # A name is no text of a customer: it moves neither the centre nor how rare a word is.
    grams, rows = KnownGrams.learn(given.texts[:written])
    rows = vstack([rows, grams.rows(given.texts[written:])], format="csr")
    examples, numbers = unit(given.dense - centre), given.numbers
    targets = _targets(numbers, len(given.labels))
    if shape is None:
        some = np.append(_sample(numbers[:written], TRIED, draw), np.arange(written, len(numbers)))
        tried = _Tried(examples[some], rows[some], targets[some], len(some) - len(numbers) + written)
        with threadpool_limits(1):
            shape, helpful = tried.best()
        end = len(numbers) if helpful else written
        examples, rows, numbers, targets = examples[:end], rows[:end], numbers[:end], targets[:end]
    # Chosen before the map is learnt: what is left out has a part in the map,
    # and the embeddings would look too good.
    turn = learned(examples, numbers, draw)
    examples = unit(examples @ turn)
    # The kernel is symmetric; seen from the other side it lies in memory as LAPACK wants it, and is not copied.
    factor = cho_factor(_kernel_of_all(examples, rows, shape).T, lower=True, overwrite_a=True, check_finite=False)
    votes = cho_solve(factor, targets, check_finite=False)
    scores, right, nearest = _left_out(factor, votes, targets, examples, numbers, written, draw)
    sharpness = best_sharpness(scores[right >= 0], right[right >= 0])
    return LinearHead(
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
        """The middle shape, or that with which most of what was written is right when left out, where those are
        clearly more; and whether the names are used, which they are unless clearly more are right without them.

        The squared error decides between equals.
        """
        named = len(self._targets)
        without, with_names = (self._right(MIDDLE, used)[0] for used in (self._written, named))
        used = self._written if _exceeds(without, with_names) else named
        shapes = {shape: self._right(shape, used) for shape in map(Shape._make, product(STEEP, LEXICAL, RIDGE))}
        better = [shape for shape, found in shapes.items() if _exceeds(found[0], shapes[MIDDLE][0])]
        return max(better or [MIDDLE], key=lambda shape: _merit(shapes[shape])), used == named

    def _right(self, shape: Shape, used: int) -> tuple[Array, float]:
        """What of that which was written is right when left out of the first `used`, and the squared error."""
        kernel = (
            kernel_of(self._near[:used, :used], shape.steep) + np.float32(shape.lexical) * self._shared[:used, :used]
        )
        kernel[np.diag_indices(used)] += np.float32(shape.ridge)
        # The kernel is the product of a triangle and its mirror image, its inverse that of theirs.
        triangle, _ = lapack.spotrf(kernel.T, lower=True, overwrite_a=True)
        root, _ = lapack.strtri(triangle, lower=True, overwrite_c=True)
        votes, own = root.T @ (root @ self._targets[:used]), np.square(root).sum(axis=0)
        error = (votes / own[:, None])[: self._written]
        wanted = self._targets[: self._written]
        right = (wanted - error).argmax(axis=1) == wanted.argmax(axis=1)
        return right, float((error**2).mean())


def _merit(found: tuple[Array, float]) -> tuple[float, float]:
    right, error = found
    return round(float(right.mean()), 3), -error


def _exceeds(right: Array, other: Array) -> bool:
    """Whether more is right in one than in the other, and not by chance."""
    gained, lost = int((right & ~other).sum()), int((other & ~right).sum())
    return bool(gained - lost > CLEARLY * np.sqrt(gained + lost))


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
