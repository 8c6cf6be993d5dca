"""Learns `AngerModel` from labelled messages; a part of `make train`.

Every ``<language>*.tsv`` in the folder counts. What the model is worth is measured on batches of neighbouring lines
left out. Corrections by agents lie in a folder of their own and weigh more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC

from bot.knowledge.other_things import asked_of_shops
from bot.understanding import anger as served
from bot.understanding import anger_cues
from bot.understanding.anger import ESCALATE
from bot.understanding.anger_features import Reading, cue_counts
from bot.understanding.encoders import LANGUAGES, Encoders
from bot.understanding.hashed_grams import BUCKETS, hashed_grams
from bot.understanding.intent_examples import intent_examples
from bot.understanding.kept_vectors import KeptVectors
from tickets.contracts import Language

LABELS = ("calm", "complaint", "frustrated", "angry")
#: The largest share of each kind that may be flagged, met on messages left out of training. The margin lies in the
#: examples: every third calm one is there because it sounds like anger, far more than customers write.
FALSE_ALARMS = {"calm": 0.02, "complaint": 0.04}
#: Files so named hold nothing but calm messages in the words of rage. They teach, but the scale is placed without
#: them: a few hundred such would make it deaf to the quiet anger that customers do write.
DRAMA = "drama"
#: Intents of which the examples are calm questions; so many of those, and of what shops are asked, are learnt from.
ASKING = {"ask_order", "ask_question", "bot_smalltalk", "off_topic"}
ORDINARY = 100
#: A frustrated message teaches half of each: angry enough to count in a trend, not enough for an outburst alone.
FRUSTRATED = 0.5
#: An agent's correction is about this desk's own customers, and right where the shipped examples were not.
CORRECTION = 3.0
STRENGTH = 0.3
FOLDS = 8
#: Lines left out together: neighbours were written in one breath and are more alike than strangers' messages are.
BATCH = 20
#: An n-gram in more than this share of the messages is a column of a dense matrix, where all pairs are compared.
OFTEN = 0.02


@dataclass(frozen=True)
class Example:
    text: str
    label: str
    #: Where it stands: the file, and which batch of lines in it.
    batch: str
    weight: float = 1.0
    #: Whether the scale is placed by it.
    placing: bool = True


@dataclass(frozen=True)
class Features:
    """Of all examples of a language, one row each; `kernel` compares every pair."""

    labels: NDArray[np.str_]
    weights: NDArray[np.float64]
    embeddings: NDArray[np.float32]
    cues: NDArray[np.float32]
    rarity: NDArray[np.float32]
    grams: Any
    #: In double precision, as the machines want it: each would convert its part of it anew.
    kernel: NDArray[np.float64]


@dataclass(frozen=True)
class Machine:
    """A fitted kernel machine: examples that count, how much, and a bias."""

    rows: NDArray[np.int64]
    support: NDArray[np.float64]
    bias: float

    def raw(self, kernel: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(kernel[:, self.rows] @ self.support + self.bias, dtype=np.float64)


def train(
    data_folder: Path,
    encoders: Encoders,
    out_path: Path,
    corrections: Path | None = None,
    vectors_dir: Path | None = None,
) -> dict[str, dict[str, float]]:
    """Writes the model and returns, per language, what it achieves on batches left out of training.

    Vectors of the examples are kept in `vectors_dir`, so that the next training is quicker.
    """
    arrays: dict[str, Any] = {"format": np.asarray(served.FORMAT)}
    report: dict[str, dict[str, float]] = {}
    examples_of = {language: _examples(data_folder, corrections, language) for language in LANGUAGES}
    # All are encoded before any is learnt from: `train_unforeseen`, which may be at work as well, borrows the vectors.
    embeddings = {language: _encoded(examples_of[language], language, encoders, vectors_dir) for language in LANGUAGES}
    for language, examples in examples_of.items():
        features = featurize(examples, embeddings[language], language)
        left_out = cross_validated(features, [example.batch for example in examples])
        placing = np.asarray([example.placing for example in examples])
        scale, offset = calibrate(left_out[placing], features.labels[placing])
        parts = {
            **_parts(features, _learn(features, np.arange(len(examples)))),
            "scale": scale,
            "offset": offset,
            "encoder": encoders.of(language).name,
        }
        arrays |= {f"{language}.{name}": np.asarray(part) for name, part in parts.items()}
        report[language] = figures(scale * left_out + offset >= _logit(ESCALATE), features.labels)
    out_path.parent.mkdir(parents=True, exist_ok=True)
    with out_path.open("wb") as file:
        np.savez_compressed(file, **arrays)
    return report


def _examples(folder: Path, corrections: Path | None, language: Language) -> list[Example]:
    examples = [*read(folder, language), *_ordinary(folder.parent / "nlu", language)]
    return corrected(examples, read(corrections, language, CORRECTION)) if corrections else examples


def _ordinary(intents: Path, language: Language) -> list[Example]:
    """What customers ask in all calm: it teaches, but the scale is placed by what sounds like anger."""
    of_shops = [question for theme in asked_of_shops(language) for question in theme]
    of_intents = intent_examples(intents, language, ASKING.__contains__)
    texts = [*evenly(of_shops, ORDINARY), *evenly(of_intents, ORDINARY)]
    plainly = dict.fromkeys(map(anger_cues.plain, texts))
    return [Example(one, "calm", f"ordinary {at // BATCH}", placing=False) for at, one in enumerate(plainly)]


def evenly(texts: Sequence[str], most: int) -> list[str]:
    """At most so many of them, from the first to the last."""
    return [texts[at] for at in np.linspace(0, len(texts) - 1, min(most, len(texts))).astype(int)]


def _encoded(
    examples: Sequence[Example], language: Language, encoders: Encoders, vectors_dir: Path | None
) -> NDArray[np.float32]:
    encoder = encoders.of(language)
    kept = KeptVectors(vectors_dir, f"anger-{language}", encoder) if vectors_dir else encoder
    return kept.encode([example.text for example in examples])


def read(folder: Path, language: str, weight: float = 1.0) -> list[Example]:
    """The examples of a language; a line that is none stops the training with its place."""
    examples: list[Example] = []
    for path in sorted(folder.glob(f"{language}*.tsv")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            label, _, text = line.partition("\t")
            if label == "label" or not line.strip():
                continue
            if label not in LABELS or not text.strip():
                raise ValueError(f"{path}:{number}: expected one of {', '.join(LABELS)}, a tab and a text")
            batch = f"{path.stem} {len(examples) // BATCH}"
            placing = DRAMA not in path.stem.split("_")
            examples.append(Example(anger_cues.plain(text), label, batch, weight, placing))
    return examples


def corrected(examples: Sequence[Example], corrections: Sequence[Example]) -> list[Example]:
    """Both together; where they disagree about a text, the later correction stands."""
    known = {example.text.casefold(): example for example in [*examples, *corrections]}
    return list(known.values())


def featurize(examples: Sequence[Example], embeddings: NDArray[np.float32], language: str) -> Features:
    texts = [example.text for example in examples]
    embeddings = embeddings / np.maximum(np.linalg.norm(embeddings, axis=1, keepdims=True), 1e-9)
    cues = np.stack([cue_counts(Reading.of(text)) for text in texts])
    rarity = rarities(texts)
    sparse = gram_matrix(texts, rarity)
    kernel = gaussian(embeddings, served.EMBEDDING_WIDTH, served.EMBEDDING_WEIGHT[language])
    kernel += gaussian(cues, served.CUE_WIDTH, served.CUE_KERNEL_WEIGHT)
    kernel += served.CUE_WEIGHT * cues @ cues.T
    kernel += in_common(sparse, served.GRAM_WEIGHT)
    labels = np.asarray([example.label for example in examples])
    weights = np.asarray([example.weight for example in examples])
    return Features(labels, weights, embeddings, cues, rarity, sparse, kernel.astype(np.float64))


def gaussian(rows: NDArray[np.float32], width: float, weight: float) -> NDArray[np.float32]:
    """``weight * exp(-width * |row - other|²)`` for every pair.

    Computed in place: memory for another matrix of all pairs costs more time than the arithmetic.
    """
    near: NDArray[np.float32] = rows @ rows.T
    squares = (rows * rows).sum(1)
    near *= 2
    near -= squares[:, None]
    near -= squares
    np.minimum(near, 0, out=near)
    near *= width
    np.exp(near, out=near)
    near *= weight
    return near


def in_common(sparse: Any, weight: float) -> NDArray[np.float32]:
    """``weight * row · other`` for every pair of sparse rows.

    Few columns are in many rows and make nearly all the work: these are multiplied as a dense matrix.
    """
    often = np.bincount(sparse.indices, minlength=sparse.shape[1]) > OFTEN * sparse.shape[0]
    dense, rest = sparse[:, often].toarray(), sparse[:, ~often]
    found: NDArray[np.float32] = dense @ dense.T
    found += (rest @ rest.T).toarray()
    found *= weight
    return found


def rarities(texts: Sequence[str]) -> NDArray[np.float32]:
    """What an n-gram of each bucket counts: the inverse document frequency, so that "der" says little."""
    found = np.concatenate([np.zeros(0, dtype=np.int64), *(hashed_grams(text).buckets for text in texts)])
    known = np.bincount(found, minlength=BUCKETS)
    # In half precision, as the model keeps it.
    return (1 + np.log((1 + len(texts)) / (1 + known))).astype(np.float16).astype(np.float32)


def gram_matrix(texts: Sequence[str], rarity: NDArray[np.float32]) -> Any:
    rows = [hashed_grams(text, rarity) for text in texts]
    indices = np.concatenate([row.buckets for row in rows])
    values = np.concatenate([row.values for row in rows])
    ends = np.cumsum([0, *(len(row.buckets) for row in rows)])
    return csr_matrix((values, indices, ends), shape=(len(texts), BUCKETS))


def _learn(features: Features, chosen: NDArray[np.int64]) -> Machine:
    """Frustrated rows go in twice, once on each side, with the weight of what they teach."""
    labels = features.labels[chosen]
    angry, unclear = chosen[labels == "angry"], chosen[labels == "frustrated"]
    quiet = chosen[np.isin(labels, ["calm", "complaint"])]
    rows = np.concatenate([angry, unclear, unclear, quiet])
    sizes = [len(angry), len(unclear), len(unclear), len(quiet)]
    target = np.repeat([1, 1, 0, 0], sizes)
    weight = np.repeat([1, FRUSTRATED, 1 - FRUSTRATED, 1], sizes) * features.weights[rows]
    machine = SVC(C=STRENGTH, kernel="precomputed", cache_size=500)
    machine.fit(features.kernel[np.ix_(rows, rows)], target, sample_weight=weight)
    support = np.zeros(len(features.labels))
    np.add.at(support, rows[machine.support_], machine.dual_coef_[0])
    kept = np.flatnonzero(np.abs(support) > 1e-9)
    return Machine(kept, support[kept], float(machine.intercept_[0]))


def _parts(features: Features, machine: Machine) -> dict[str, Any]:
    """What `AngerModel` needs: the kept examples for the kernels, and plain weights where the kernel is linear."""
    support = machine.support.astype(np.float32)
    sparse = features.grams[machine.rows]
    return {
        "embeddings": features.embeddings[machine.rows].astype(np.float16),
        "cues": features.cues[machine.rows],
        "support": support,
        "rarity": features.rarity.astype(np.float16),
        "gram_weights": (served.GRAM_WEIGHT * (sparse.T @ support)).astype(np.float32),
        "cue_weights": (served.CUE_WEIGHT * (features.cues[machine.rows].T @ support)).astype(np.float32),
        "bias": np.float32(machine.bias),
    }


def cross_validated(features: Features, batches: Sequence[str]) -> NDArray[np.float64]:
    """The raw score of each message by a machine that has seen none of its batch."""
    raw = np.zeros(len(batches))
    folds = _folds(batches)
    for fold in np.unique(folds):
        unseen = np.flatnonzero(folds == fold)
        raw[unseen] = _learn(features, np.flatnonzero(folds != fold)).raw(features.kernel[unseen])
    return raw


def _folds(batches: Sequence[str]) -> NDArray[np.int64]:
    """Whole batches dealt to `FOLDS` folds of about one size; too few of them are dealt row by row."""
    names, counts = np.unique(np.asarray(batches), return_counts=True)
    if len(names) < FOLDS:
        return np.arange(len(batches)) % FOLDS
    filled = [0] * FOLDS
    fold_of = {}
    for place in np.random.default_rng(0).permutation(len(names)):
        fold = filled.index(min(filled))
        fold_of[names[place]] = fold
        filled[fold] += int(counts[place])
    return np.asarray([fold_of[batch] for batch in batches])


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
