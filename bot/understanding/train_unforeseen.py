"""Learns `UnforeseenModel` from examples of danger and of boundaries; a part of `make train`.

``data/danger`` and ``data/boundaries`` hold ``<language>*.tsv`` with a kind (or ``none``) and a text. What customers
write otherwise is in the examples of anger and of the assistant's intents, and in the questions about other things.
Where the thresholds lie is measured on batches of neighbouring lines left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC

from bot.understanding import boundaries, danger, danger_patterns, danger_signs
from bot.understanding import unforeseen as served
from bot.understanding.anger_cues import plain
from bot.understanding.encoders import LANGUAGES, Encoders
from bot.understanding.intent_examples import intent_examples
from bot.understanding.kept_vectors import KeptVectors
from bot.understanding.train_anger import evenly, gaussian, gram_matrix, in_common, rarities
from tickets.contracts import Language

NONE = "none"
FOLDERS: dict[served.Subject, str] = {"danger": "danger", "boundary": "boundaries"}
KINDS: dict[served.Subject, tuple[str, ...]] = {
    "danger": get_args(danger_patterns.Kind),
    "boundary": get_args(boundaries.Kind),
}
NAMES = tuple(kind for subject in served.SUBJECTS for kind in KINDS[subject])
#: The largest share of ordinary messages that may be taken for the subject. Some of these try a boundary in fact.
FALSE_ALARMS_ORDINARY: dict[served.Subject, float] = {"danger": 0.002, "boundary": 0.002}
#: The same of those written to be mistaken for it, which are far more here than in life.
FALSE_ALARMS_ALIKE: dict[served.Subject, float] = {"danger": 0.04, "boundary": 0.05}
#: Of left-out examples so many must be worth encoding by their words, where other sentences stand beside them.
WORTH: dict[served.Subject, float] = {"danger": 0.95, "boundary": 0.8}
STRENGTH = 0.3
#: Intents whose examples are no ordinary messages here.
GUARDED = frozenset({"out_of_bounds", "report_danger", "other_language"})
OFF_TOPIC = Path(__file__).parents[1] / "knowledge" / "off_topic"
#: Of the examples of anger and of those of the intents so many are taken, evenly.
RAGING, ASKED = 1000, 1600
#: Ordinary messages are many and easy; each teaches less than an example that was written for this.
ORDINARY_WEIGHT = 0.4
FOLDS = 4
#: Lines left out together: neighbours were written in one breath, and those at one place of two files are much alike.
BATCH = 5


@dataclass(frozen=True)
class Example:
    text: str
    #: One of `NAMES` or `NONE`.
    kind: str
    batch: str
    #: The subject it was written for or to be mistaken for; none of an ordinary message.
    subject: served.Subject | None = None

    @property
    def is_ordinary(self) -> bool:
        return self.subject is None


@dataclass(frozen=True)
class Features:
    """Of all examples of a language, one row each; kernels compare every pair."""

    embeddings: NDArray[np.float32]
    rarity: NDArray[np.float32]
    grams: Any
    signs: NDArray[np.float32]
    by_words: NDArray[np.float32]
    #: By words and by meaning.
    kernel: NDArray[np.float64]


@dataclass(frozen=True)
class Machine:
    """Weights of all examples (most are 0) and a bias."""

    support: NDArray[np.float64]
    bias: float


def train(
    data: Path, encoders: Encoders, out_path: Path, vectors_dir: Path | None = None
) -> dict[str, dict[str, float]]:
    """Writes the model and returns, per language, the shares that were flagged when left out (``danger.recall``, …)."""
    arrays: dict[str, Any] = {"format": np.asarray(served.FORMAT)}
    report: dict[str, dict[str, float]] = {}
    # Beside each other, as this is what `make train` does last: a core may have nothing else to do.
    with ThreadPoolExecutor(len(LANGUAGES)) as pool:
        learnt = pool.map(lambda language: _learn_language(data, encoders, language, vectors_dir), LANGUAGES)
        for language, (parts, report[language]) in zip(LANGUAGES, learnt, strict=True):
            arrays |= {f"{language}.{name}": np.asarray(part) for name, part in parts.items()}
    out_path.parent.mkdir(parents=True, exist_ok=True)
    with out_path.open("wb") as file:
        np.savez_compressed(file, **arrays)
    return report


def _learn_language(
    data: Path, encoders: Encoders, language: Language, vectors_dir: Path | None
) -> tuple[dict[str, Any], dict[str, float]]:
    encoder = encoders.of(language)
    # An encoder that reads all languages learns from the examples of all.
    told = [one for other in LANGUAGES if encoders.learns(encoder, other) for one in read(data, other)]
    examples = [*told, *ordinary(data, language)]
    borrow = (f"anger-{language}", "examples")
    kept = KeptVectors(vectors_dir, f"unforeseen-{language}", encoder, borrow) if vectors_dir else encoder
    features = featurize(examples, kept.encode([example.text for example in examples]))
    parts, report = _learn(features, examples)
    return {**parts, "encoder": encoder.name}, report


def read(data: Path, language: str) -> list[Example]:
    """The examples of a language; a line that is none stops the training with its place."""
    examples = []
    for subject, folder in FOLDERS.items():
        for path in sorted((data / folder).glob(f"{language}*.tsv")):
            for number, line in enumerate(_lines(path), start=1):
                kind, _, text = line.partition("\t")
                if kind == "kind" or not line.strip():
                    continue
                if kind not in (NONE, *KINDS[subject]) or not text.strip():
                    raise ValueError(
                        f"{path}:{number}: expected one of {NONE}, {', '.join(KINDS[subject])}, a tab and a text"
                    )
                examples.append(Example(plain(text), kind, f"{path.stem[len(language) :]} {number // BATCH}", subject))
    return examples


def ordinary(data: Path, language: str) -> list[Example]:
    """Messages about neither: short and long, calm and raging, questions and commands."""
    lines = [line for path in sorted((data / "anger").glob(f"{language}*.tsv")) for line in _lines(path)]
    raging = [text for label, _, text in (line.partition("\t") for line in lines) if label != "label"]
    asked = intent_examples(data / "nlu", language, lambda intent: intent not in GUARDED)
    texts = [*evenly(raging, RAGING), *evenly(asked, ASKED), *_lines(OFF_TOPIC / f"{language}.txt")]
    plainly = dict.fromkeys(plain(text) for text in texts if text.strip())
    free = [text for text in plainly if not danger.check(text) and not boundaries.check(text)]
    return [Example(text, NONE, f"ordinary {at // BATCH}") for at, text in enumerate(free)]


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def featurize(examples: Sequence[Example], embeddings: NDArray[np.float32]) -> Features:
    texts = [example.text for example in examples]
    rarity = rarities(texts)
    sparse = gram_matrix(texts, rarity)
    signs = np.stack([danger_signs.counts(text) for text in texts])
    by_words = in_common(sparse, served.GRAM_WEIGHT)
    by_words += served.SIGN_WEIGHT * signs @ signs.T
    by_meaning = gaussian(embeddings, served.EMBEDDING_WIDTH, served.EMBEDDING_WEIGHT)
    # The machines want double precision, and each would convert its part anew.
    return Features(embeddings, rarity, sparse, signs, by_words, (by_words + by_meaning).astype(np.float64))


def _learn(features: Features, examples: Sequence[Example]) -> tuple[dict[str, Any], dict[str, float]]:
    """What `UnforeseenModel` needs of this language, and what was flagged when left out."""
    weights = np.asarray([ORDINARY_WEIGHT if example.is_ordinary else 1.0 for example in examples])
    machines: list[Machine] = []
    limits: list[tuple[float, float]] = []
    report: dict[str, float] = {}
    for subject in served.SUBJECTS:
        target = np.asarray([example.kind in KINDS[subject] for example in examples])
        words, total = _left_out(features, target, weights, [example.batch for example in examples])
        limits_of = {"alike": FALSE_ALARMS_ALIKE[subject], "ordinary": FALSE_ALARMS_ORDINARY[subject]}
        groups = _groups(target, examples, subject)
        threshold = max(float(np.quantile(total[groups[name]], 1 - share)) for name, share in limits_of.items())
        worth = float(np.quantile(words[target], 1 - WORTH[subject]))
        limits.append((threshold, worth))
        machines.append(_fit(features.kernel, target, weights, np.arange(len(examples))))
        report |= {f"{subject}.{name}": float((total[own] >= threshold).mean()) for name, own in groups.items()}
    return _parts(features, examples, machines, np.asarray(limits)), report


def _fit(
    kernel: NDArray[np.float64], target: NDArray[np.bool_], weights: NDArray[np.float64], chosen: NDArray[np.int64]
) -> Machine:
    machine = SVC(C=STRENGTH, kernel="precomputed", cache_size=300)
    machine.fit(kernel[np.ix_(chosen, chosen)], target[chosen], sample_weight=weights[chosen])
    support = np.zeros(len(target))
    support[chosen[machine.support_]] = machine.dual_coef_[0]
    return Machine(support, float(machine.intercept_[0]))


def _left_out(
    features: Features, target: NDArray[np.bool_], weights: NDArray[np.float64], batches: Sequence[str]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Of each example, by a machine that has seen none of its batch: the total of its words, and of all."""
    names, number = np.unique(np.asarray(batches), return_inverse=True)
    folds = np.random.default_rng(0).permutation(len(names))[number] % FOLDS
    words, total = np.zeros(len(target)), np.zeros(len(target))
    for fold in range(FOLDS):
        unseen = folds == fold
        machine = _fit(features.kernel, target, weights, np.flatnonzero(~unseen))
        words[unseen] = features.by_words[unseen] @ machine.support + machine.bias
        total[unseen] = features.kernel[unseen] @ machine.support + machine.bias
    return words, total


def _groups(
    target: NDArray[np.bool_], examples: Sequence[Example], subject: served.Subject
) -> dict[str, NDArray[np.bool_]]:
    """Examples of the subject, those that were written to be mistaken for it, and ordinary messages."""
    alike = np.asarray([example.subject == subject for example in examples]) & ~target
    return {"recall": target, "alike": alike, "ordinary": np.asarray([example.is_ordinary for example in examples])}


def _parts(
    features: Features, examples: Sequence[Example], machines: Sequence[Machine], limits: NDArray[np.float64]
) -> dict[str, Any]:
    support = np.stack([machine.support for machine in machines])
    kept = np.flatnonzero(np.abs(support).max(0) > 1e-9)
    support = support[:, kept].astype(np.float32)
    return {
        "embeddings": features.embeddings[kept].astype(np.float16),
        "support": support,
        **_kinds(features, examples),
        "rarity": features.rarity.astype(np.float16),
        "gram_weights": (served.GRAM_WEIGHT * (features.grams[kept].T @ support.T).T).astype(np.float16),
        "sign_weights": served.SIGN_WEIGHT * support @ features.signs[kept],
        "bias": np.asarray([machine.bias for machine in machines]),
        "threshold": limits[:, 0],
        "worth": limits[:, 1],
    }


def _kinds(features: Features, examples: Sequence[Example]) -> dict[str, Any]:
    """Which kind it is, learned from the examples of each subject alone."""
    rows = np.concatenate([features.embeddings, features.signs], axis=1)
    kinds = np.asarray([example.kind for example in examples])
    weights, biases, subjects = np.zeros((len(NAMES), rows.shape[1])), np.zeros(len(NAMES)), []
    for number, subject in enumerate(served.SUBJECTS):
        own = np.isin(kinds, KINDS[subject])
        fitted = LogisticRegression(C=10, class_weight="balanced", max_iter=1000).fit(rows[own], kinds[own])
        at = [NAMES.index(kind) for kind in fitted.classes_]
        weights[at], biases[at] = fitted.coef_, fitted.intercept_
        subjects += [number] * len(KINDS[subject])
    return {
        "kind_weights": weights,
        "kind_bias": biases,
        "kind_subjects": np.asarray(subjects),
        "names": np.asarray(NAMES),
    }
