"""Learns `AngerModel` from labelled messages; a part of `make train`.

Every ``<language>*.tsv`` in the folder counts, so that corrections by agents are used as soon as they are exported
beside the shipped examples.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, hstack
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from bot.understanding import anger_cues
from bot.understanding.anger import BUCKETS, EMBEDDING_WEIGHT, ESCALATE, cue_features, grams

LABELS = ("calm", "complaint", "frustrated", "angry")
LANGUAGES = ("de", "en")
#: The largest share of each kind that may be flagged, met on messages left out of training.
FALSE_ALARMS = {"calm": 0.02, "complaint": 0.05}
#: A frustrated message teaches half of each: angry enough to count in a trend, not enough for an outburst alone.
FRUSTRATED = 0.5
STRENGTH = 1.0
FOLDS = 5


class Encodes(Protocol):
    @property
    def name(self) -> str: ...

    def encode(self, texts: list[str]) -> NDArray[np.float32]: ...


@dataclass(frozen=True)
class Examples:
    texts: list[str]
    labels: NDArray[np.str_]
    features: Any

    def rows(self, chosen: NDArray[np.int64]) -> Examples:
        return Examples([self.texts[row] for row in chosen], self.labels[chosen], self.features[chosen])


def train(data_folder: Path, encoder: Encodes, out_path: Path) -> dict[str, dict[str, float]]:
    """Writes the model and returns, per language, what it achieves on messages left out of training."""
    arrays: dict[str, Any] = {"encoder": np.asarray(encoder.name)}
    report = {}
    for language in LANGUAGES:
        examples = featurize(*read(data_folder, language), encoder, language)
        left_out = cross_validated(examples)
        scale, offset = calibrate(left_out, examples.labels)
        parts = {**fit(examples), "scale": scale, "offset": offset}
        arrays |= {f"{language}.{name}": np.asarray(part, dtype=np.float32) for name, part in parts.items()}
        report[language] = figures(scale * left_out + offset >= _logit(ESCALATE), examples.labels)
    out_path.parent.mkdir(parents=True, exist_ok=True)
    with out_path.open("wb") as file:
        np.savez_compressed(file, **arrays)
    return report


def read(folder: Path, language: str) -> tuple[list[str], list[str]]:
    """Texts and labels; a line that is no example stops the training with its place."""
    texts, labels = [], []
    for path in sorted(folder.glob(f"{language}*.tsv")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            label, _, text = line.partition("\t")
            if label == "label" or not line.strip():
                continue
            if label not in LABELS or not text.strip():
                raise ValueError(f"{path}:{number}: expected one of {', '.join(LABELS)}, a tab and a text")
            texts.append(anger_cues.plain(text))
            labels.append(label)
    return texts, labels


def featurize(texts: list[str], labels: list[str], encoder: Encodes, language: str) -> Examples:
    embeddings = csr_matrix(EMBEDDING_WEIGHT[language] * np.asarray(encoder.encode(texts)))
    cues = csr_matrix(np.stack([cue_features(text, anger_cues.find(text)) for text in texts]))
    features = hstack([embeddings, cues, _gram_matrix(texts)], format="csr")
    return Examples(texts, np.asarray(labels), features)


def _gram_matrix(texts: Sequence[str]) -> Any:
    rows = [grams(text) for text in texts]
    indices = np.concatenate([row.buckets for row in rows])
    values = np.concatenate([row.values for row in rows])
    ends = np.cumsum([0, *(len(row.buckets) for row in rows)])
    return csr_matrix((values, indices, ends), shape=(len(texts), BUCKETS))


def _learn(examples: Examples) -> LogisticRegression:
    """Frustrated rows go in twice, once on each side, with the weight of what they teach."""
    angry = np.flatnonzero(examples.labels == "angry")
    unclear = np.flatnonzero(examples.labels == "frustrated")
    quiet = np.flatnonzero(np.isin(examples.labels, ["calm", "complaint"]))
    rows = np.concatenate([angry, unclear, unclear, quiet])
    target = np.repeat([1, 1, 0, 0], [len(angry), len(unclear), len(unclear), len(quiet)])
    weight = np.repeat([1, FRUSTRATED, 1 - FRUSTRATED, 1], [len(angry), len(unclear), len(unclear), len(quiet)])
    model = LogisticRegression(C=STRENGTH, max_iter=2000)
    return model.fit(examples.features[rows], target, sample_weight=weight)


def fit(examples: Examples) -> dict[str, Any]:
    model = _learn(examples)
    weights = model.coef_[0]
    cue_count = len(cue_features("", ()))
    dimension = len(weights) - cue_count - BUCKETS
    return {
        "embedding": weights[:dimension],
        "cues": weights[dimension : dimension + cue_count],
        "grams": weights[dimension + cue_count :],
        "bias": model.intercept_[0],
    }


def cross_validated(examples: Examples, seed: int = 0) -> NDArray[np.float64]:
    """The raw score of each message by a model that has not seen it."""
    raw = np.zeros(len(examples.texts))
    for known, unseen in StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(raw, examples.labels):
        raw[unseen] = _learn(examples.rows(known)).decision_function(examples.features[unseen])
    return raw


def calibrate(raw: NDArray[np.float64], labels: NDArray[np.str_]) -> tuple[float, float]:
    """Slope by Platt on left-out scores; offset so that `ESCALATE` keeps the false alarms within their limits."""
    sure = labels != "frustrated"
    platt = LogisticRegression(C=1e3).fit(raw[sure, None], labels[sure] == "angry")
    scale = float(platt.coef_[0, 0])
    limits = [np.quantile(raw[labels == kind], 1 - share) for kind, share in FALSE_ALARMS.items()]
    balanced = -float(platt.intercept_[0]) / scale
    threshold = max(*limits, balanced)
    return scale, float(_logit(ESCALATE) - scale * threshold)


def _logit(probability: float) -> float:
    return float(np.log(probability / (1 - probability)))


def figures(flagged: NDArray[np.bool_], labels: NDArray[np.str_]) -> dict[str, float]:
    share = {label: float(flagged[labels == label].mean()) if (labels == label).any() else 0.0 for label in LABELS}
    quiet = np.isin(labels, ["calm", "complaint"])
    right = int((flagged & (labels == "angry")).sum())
    called = right + int((flagged & quiet).sum())
    precision = right / called if called else 0.0
    recall = share["angry"]
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return {
        "precision": precision,
        "recall": recall,
        "f1": f1,
        "false_alarm_calm": share["calm"],
        "false_alarm_complaint": share["complaint"],
        "flagged_frustrated": share["frustrated"],
        "rows": float(len(labels)),
    }
