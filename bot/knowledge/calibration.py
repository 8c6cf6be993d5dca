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
Weights = tuple[float, float, float]

#: Share of all questions that may get a wrong answer with confidence, on the calibration questions.
WRONG = 0.03
#: Share of the answerable questions that at least get choices.
ASKED_BACK = 0.95
#: How much a question without an article counts in the calibration beside one with.
UNANSWERABLE = 0.35


@dataclass(frozen=True)
class Calibration:
    #: Of dense, words and n-grams; they sum to 1.
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
            "weights": dict(zip(("dense", "words", "grams"), self.weights, strict=True)),
            "r_at_1": self.recall,
            "parts": dict(zip(("dense", "words", "grams"), self.parts, strict=True)),
            "questions": self.questions,
            "answer_from": round(self.answer_from, 4),
            "choices_from": round(self.choices_from, 4),
        }


UNCALIBRATED = Calibration((0.5, 0.3, 0.2), (-6.0, 10.0, 6.0, 0.0), 0.6, 0.2)


def calibrate(right: NDArray[np.int64], scores: Floats, weighing: Floats) -> Calibration:
    """From the right article of each question, and its scores of shape (questions, 3, articles).

    `weighing` says how much each way counts, `scores` how far to trust; they may be the same.
    """
    recalls = {weights: _recall(weights, weighing, right) for weights in _grid()}
    weights = _chosen(recalls, weighing, right)
    trust, answer_from, choices_from = _trust(weights, scores, right)
    dense, words, grams = (recalls[alone][0] for alone in ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)))
    recall = _recall(weights, weighing, right)[0]
    return Calibration(weights, trust, answer_from, choices_from, recall, (dense, words, grams), len(right))


def _chosen(recalls: dict[Weights, tuple[float, float]], scores: Floats, right: NDArray[np.int64]) -> Weights:
    """The middle of all weights that are as good as the best within its standard error, if it holds what they promise."""
    best = max(recalls, key=lambda one: recalls[one])
    top = recalls[best][0]
    error = float(np.sqrt(max(top * (1 - top), 0.0) / len(right)))
    good = np.array([weights for weights, (recall, _) in recalls.items() if recall >= top - error])
    dense, words = (round(float(one), 2) for one in good.mean(axis=0)[:2])
    middle = (dense, words, round(1 - dense - words, 2))
    alone = max(recalls[one][0] for one in ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)))
    return middle if _recall(middle, scores, right)[0] >= max(alone, top - error / 2) else best


def fused(weights: Weights, scores: Floats) -> Floats:
    """The sum of scores of shape (…, 3, articles)."""
    return np.asarray(np.einsum("c,...ca->...a", np.array(weights, dtype=np.float32), scores), dtype=np.float32)


def confidences(calibration: Calibration, totals: Floats, scores: Floats) -> NDArray[np.float64]:
    """How likely the first article is right, for totals (questions, articles) and scores (questions, 3, articles)."""
    return _logistic(np.array(calibration.trust), signs(totals, scores))


def signs(totals: Floats, scores: Floats) -> Floats:
    """The best total, its lead over the second, and how many of the three ways put the same article first."""
    first = totals.argmax(axis=1)
    top = -np.partition(-totals, 1, axis=1)[:, :2] if totals.shape[1] > 1 else np.pad(totals, ((0, 0), (0, 1)))
    agree = (scores.argmax(axis=2) == first[:, None]).mean(axis=1)
    return np.stack([top[:, 0], top[:, 0] - top[:, 1], agree], axis=1).astype(np.float32)


def _grid() -> list[Weights]:
    tenths = range(11)
    return [(a / 10, b / 10, (10 - a - b) / 10) for a, b in product(tenths, tenths) if a + b <= 10]


def _recall(weights: Weights, scores: Floats, right: NDArray[np.int64]) -> tuple[float, float]:
    """R@1 and the mean reciprocal rank, which decides between equals."""
    totals = fused(weights, scores)
    own = totals[np.arange(len(right)), right]
    ranks = 1 + (totals > own[:, None]).sum(axis=1)
    return round(float((ranks == 1).mean()), 4), round(float((1 / ranks).mean()), 4)


def _trust(weights: Weights, scores: Floats, right: NDArray[np.int64]) -> tuple[tuple[float, ...], float, float]:
    """The logistic model of "the first is right", and the two confidences from which to answer and to ask back.

    Each question counts twice: as it is, and with its own article taken away, where every answer is wrong.
    """
    rows = np.arange(len(right))
    without = scores.copy()
    without[rows, :, right] = -1.0
    totals, missing = fused(weights, scores), fused(weights, without)
    inputs = np.concatenate([signs(totals, scores), signs(missing, without)])
    correct = np.concatenate([(totals.argmax(axis=1) == right), np.zeros(len(right), dtype=bool)])
    weight = np.concatenate([np.ones(len(right)), np.full(len(right), UNANSWERABLE)])
    model = _fit_logistic(inputs, correct.astype(float), weight)
    confidence = _logistic(model, inputs)
    wrong = np.where(correct, 0.0, weight)
    order = np.argsort(-confidence)
    allowed = np.cumsum(wrong[order]) / weight.sum() <= WRONG
    answered = confidence[order][allowed]
    answer_from = float(answered.min()) if len(answered) else 1.0
    known = confidence[: len(right)][correct[: len(right)]]
    asked_back = float(np.quantile(known, 1 - ASKED_BACK)) if len(known) else answer_from
    return tuple(float(one) for one in model), answer_from, min(asked_back, answer_from)


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
