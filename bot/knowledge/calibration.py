"""How much each way of comparing counts, and how far to trust their sum, from questions whose article is known.

The questions are the knowledge base's own, each left out in turn. Nothing is tuned on a test set, so another encoder or
other articles bring their own best weights.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
#: Of dense, words, n-grams and, where phrasings teach, of what they teach; they sum to 1.
Weights = tuple[float, ...]
WAYS = ("dense", "words", "grams", "taught")

#: Share of all questions that may get a wrong answer with confidence, on the calibration questions.
#: Less by as much as these find less than all: what finds few of its own questions finds fewer of a customer's.
WRONG = 0.045
#: Standard errors by which it is to be kept: what a few questions show may be luck.
SURE = 1.0
#: Of the questions about other things.
WRONG_OFF_TOPIC = 0.05
#: Share of the answerable questions that at least get choices.
ASKED_BACK = 0.95
#: Share of the questions about other things that may get choices as well: "none of these" costs a customer one tap, a
#: plain "I did not understand" to a good question costs them the answer.
ASKED_OFF_TOPIC = 0.2
#: How much a question without an article counts in the calibration beside one with.
UNANSWERABLE = 0.25
#: What each way counts at least.
LEAST = 0.1
#: Shares that what the phrasings teach may have.
SHARES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5)
#: How sharply a lead in the sum is taken for certainty; the best of these counts.
SHARPNESS = (6.0, 9.0, 13.0, 19.0, 28.0, 40.0)


@dataclass(frozen=True)
class Calibration:
    weights: Weights
    #: Logistic model of "the first is right": intercept, then one number for each of `signs`.
    trust: tuple[float, ...]
    #: From these confidences on: answer, and ask back.
    answer_from: float
    choices_from: float
    #: Share of the left-out questions whose article came first: of the sum, and of each part alone.
    recall: float = 0.0
    parts: Weights = (0.0, 0.0, 0.0)
    questions: int = 0

    def told(self) -> dict[str, Any]:
        """For a report."""
        return {
            "weights": dict(zip(WAYS, self.weights, strict=False)),
            "r_at_1": self.recall,
            "parts": dict(zip(WAYS, self.parts, strict=False)),
            "questions": self.questions,
            "answer_from": round(self.answer_from, 4),
            "choices_from": round(self.choices_from, 4),
        }


UNCALIBRATED = Calibration((0.5, 0.3, 0.2), (-6.0, 10.0, 3.0, 0.0, -3.0, 0.0), 0.6, 0.2)


@dataclass(frozen=True)
class Compared:
    """Scores of questions by each way."""

    #: Of shape (questions, ways, articles).
    scores: Floats
    #: Nearness to the nearest question about other things, (questions, ways).
    strange: Floats


@dataclass(frozen=True)
class Asked:
    """Questions whose article is known, and some that no article answers."""

    right: NDArray[np.int64]
    #: As a search would see them.
    seen: Compared
    #: As it would see a customer's, which are less like the article's own: these say how far to trust.
    harder: Compared
    #: These say how much each way counts, (questions, ways, articles), and the article that each belongs to.
    weighing: Floats
    weighing_right: NDArray[np.int64]
    #: Questions about other things altogether.
    off_topic: Compared
    #: The questions are titles, not a customer's words.
    titles: bool = False
    #: The harder questions with their own article taken away; unless given, it only scores less than all others.
    without: Compared | None = None


def calibrate(asked: Asked) -> Calibration:
    scores, right = asked.weighing, asked.weighing_right
    first = scores[:, :3]
    weights = (_leaning if asked.titles else _chosen)(first, right)
    if scores.shape[1] > len(weights):
        weights = _shared(weights, scores, right)
    trust, answer_from, choices_from = _trust(weights, asked)
    parts = tuple(_recall(alone, scores, right)[0] for alone in _alone(scores.shape[1]))
    recall = _recall(weights, scores, right)[0]
    return Calibration(weights, trust, answer_from, choices_from, recall, parts, len(asked.right))


def _chosen(scores: Floats, right: NDArray[np.int64]) -> Weights:
    """The weights under which the right articles are the likeliest,
    of those that find no fewer than the best way alone.

    No way is left out where that is possible: customers make slips and compounds that these questions lack.
    """
    recalls = _recalls(scores, right)
    enough = max(recalls[alone][0] for alone in _alone(3))
    good = [one for one, (recall, _) in recalls.items() if recall >= enough]
    whole = [one for one in good if min(one) >= LEAST]
    return max(whole or good, key=lambda one: _likelihood(fused(one, scores), right).mean())


def _shared(weights: Weights, scores: Floats, right: NDArray[np.int64]) -> Weights:
    """How much what the phrasings teach counts beside the others, which keep their shares.

    Chosen as these are: the likeliest, of all that find no fewer than the best single way.
    """
    tried = [(*((1 - share) * one for one in weights), share) for share in SHARES]
    recalls = {one: _recall(one, scores, right)[0] for one in [*tried, *_alone(4)]}
    enough = max(recalls[one] for one in _alone(4))
    good = [one for one in tried if recalls[one] >= enough] or [max(tried, key=lambda one: recalls[one])]
    return max(good, key=lambda one: _likelihood(fused(one, scores), right).mean())


def _alone(ways: int) -> list[Weights]:
    """Each way by itself."""
    return [tuple(float(way == one) for one in range(ways)) for way in range(ways)]


def _leaning(scores: Floats, right: NDArray[np.int64]) -> Weights:
    """For titles: of all weights as good as the best within its standard error (Breiman et al., 1984),
    those that lean the most on the surer side.

    A title shares its author's words with the text, a customer's question does not: so the embedding is leant on,
    unless it finds clearly less than the letters and words, as where the encoder does not know the language. No way is
    left out: titles have none of the slips and compounds for which words and letters are there.
    """
    recalls = _recalls(scores, right)
    best = max(recalls, key=lambda one: recalls[one])
    top = recalls[best][0]
    error = float(np.sqrt(max(top * (1 - top), 0.0) / len(right)))
    dense, words, grams = (recalls[one][0] for one in _alone(3))
    side = 1 if dense >= max(words, grams) - error else -1
    enough = max(dense, words, grams, top - error)
    good = [one for one, (recall, _) in recalls.items() if recall >= enough and min(one) >= LEAST]
    if not good:
        return best
    edge = max(side * one[0] for one in good)
    return max((one for one in good if side * one[0] == edge), key=lambda one: recalls[one])


def _recalls(scores: Floats, right: NDArray[np.int64]) -> dict[Weights, tuple[float, float]]:
    return {one: _recall(one, scores, right) for one in _grid()}


def _likelihood(totals: Floats, right: NDArray[np.int64]) -> Floats:
    """The logarithm of each right article's share (softmax) in its question, shape (questions,).

    A share tells two weights apart where both put the same articles first, so it wavers less than R@1.
    """
    found = []
    for sharpness in SHARPNESS:
        shares = sharpness * (totals - totals.max(axis=1, keepdims=True))
        found.append(shares[np.arange(len(right)), right] - np.log(np.exp(shares).sum(axis=1)))
    return np.asarray(max(found, key=lambda one: float(one.mean())))


def fused(weights: Weights, scores: Floats) -> Floats:
    """The sum of scores of shape (…, ways, articles)."""
    return np.asarray(np.einsum("c,...ca->...a", np.array(weights, dtype=np.float32), scores), dtype=np.float32)


def confidences(calibration: Calibration, compared: Compared) -> NDArray[np.float64]:
    """How likely the first article of each question is right."""
    return _believed(np.array(calibration.trust), signs(calibration.weights, compared))


def signs(weights: Weights, compared: Compared) -> Floats:
    """What speaks for the first article: its total, its lead over the second, how many of the ways put it first;
    and against it: how near the question is to those about other things."""
    totals = fused(weights, compared.scores)
    first = totals.argmax(axis=1)
    top = -np.partition(-totals, 1, axis=1)[:, :2] if totals.shape[1] > 1 else np.pad(totals, ((0, 0), (0, 1)))
    agree = (compared.scores.argmax(axis=2) == first[:, None]).mean(axis=1)
    strange = compared.strange @ np.array(weights, dtype=np.float32)
    lead = np.sqrt(np.maximum(top[:, 0] - top[:, 1], 0))
    return np.stack([top[:, 0], lead, agree, strange, totals.std(axis=1)], axis=1).astype(np.float32)


def _grid() -> list[Weights]:
    tenths = range(11)
    return [(a / 10, b / 10, (10 - a - b) / 10) for a, b in product(tenths, tenths) if a + b <= 10]


def _recall(weights: Weights, scores: Floats, right: NDArray[np.int64]) -> tuple[float, float]:
    """R@1 and the mean reciprocal rank, which decides between equals."""
    totals = fused(weights, scores)
    own = totals[np.arange(len(right)), right]
    ranks = 1 + (totals > own[:, None]).sum(axis=1)
    return round(float((ranks == 1).mean()), 4), round(float((1 / ranks).mean()), 4)


def _trust(weights: Weights, asked: Asked) -> tuple[tuple[float, ...], float, float]:
    """The logistic model of "the first is right", and the two confidences from which to answer and to ask back.

    Each question counts twice: as it is, and with its own article taken away, where every answer is wrong, as it is for
    the questions about other things. Of these by themselves, too, hardly any may be answered.
    """
    right, seen, count = asked.right, asked.harder, len(asked.right)
    without = asked.without or _taken_away(seen, right)
    inputs = np.concatenate([signs(weights, one) for one in (seen, without, asked.off_topic)])
    correct = np.zeros(len(inputs), dtype=bool)
    correct[:count] = fused(weights, seen.scores).argmax(axis=1) == right
    weight = np.where(np.arange(len(inputs)) < count, 1.0, UNANSWERABLE)
    model = _fit_logistic(inputs, correct.astype(float), weight)
    confidence = _believed(model, inputs)
    off_topic = confidence[2 * count :]
    answer_from = max(
        _fewest_wrong(confidence, correct, weight, WRONG * correct[:count].mean()), _above(off_topic, WRONG_OFF_TOPIC)
    )
    known = confidence[:count][correct[:count]]
    asked_back = float(np.quantile(known, 1 - ASKED_BACK)) if len(known) else answer_from
    choices_from = min(asked_back, answer_from, _above(off_topic, ASKED_OFF_TOPIC) or answer_from)
    return tuple(float(one) for one in model), answer_from, choices_from


def _taken_away(seen: Compared, right: NDArray[np.int64]) -> Compared:
    scores = seen.scores.copy()
    scores[np.arange(len(right)), :, right] = -1.0
    return Compared(scores, seen.strange)


def _fewest_wrong(
    confidence: NDArray[np.float64], correct: NDArray[np.bool_], weight: NDArray[np.float64], share: float
) -> float:
    """The lowest confidence from which on hardly more than this share of all get a wrong answer, few as they may be."""
    order = np.argsort(-confidence)
    wrong = np.cumsum(np.where(correct, 0.0, weight)[order]) / weight.sum()
    error = np.sqrt(wrong * np.maximum(1 - wrong, 0) / weight.sum())
    answered = confidence[order][wrong + SURE * error <= share]
    return float(answered.min()) if len(answered) else 1.0


def _above(confidence: NDArray[np.float64], share: float) -> float:
    """The confidence that at most this share of these questions about other things reach; 0 if there are none."""
    return float(np.quantile(confidence, 1 - share, method="higher")) + 1e-6 if len(confidence) else 0.0


def _believed(model: NDArray[np.float64], inputs: NDArray[np.floating]) -> NDArray[np.float64]:
    """What the model says, less where a question is nearer to one about other things than to the first article."""
    total, strange = np.maximum(inputs[:, 0], 0.0), inputs[:, 3]
    nearer = np.where(strange > total, total / np.maximum(strange, 1e-9), 1.0)
    return np.asarray(_logistic(model, inputs) * nearer)


def _logistic(model: NDArray[np.float64], inputs: NDArray[np.floating]) -> NDArray[np.float64]:
    return np.asarray(1 / (1 + np.exp(-(model[0] + inputs @ model[1:]))))


def _fit_logistic(features: Floats, correct: NDArray[np.float64], weight: NDArray[np.float64]) -> NDArray[np.float64]:
    """Newton's method with a light ridge; a handful of numbers needs no library."""
    inputs = np.column_stack([np.ones(len(features)), features]).astype(float)
    model = np.zeros(inputs.shape[1])
    for _ in range(30):
        expected = 1 / (1 + np.exp(-inputs @ model))
        slope = inputs.T @ (weight * (correct - expected)) - 0.01 * model
        curve = (inputs * (weight * expected * (1 - expected))[:, None]).T @ inputs + 0.01 * np.eye(len(model))
        model = model + np.linalg.solve(curve, slope)
    return model
