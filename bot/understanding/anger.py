"""How angry a message is, with evidence in words: a kernel model on encoder, character n-grams and named cues.

One model per language, as each has its encoder, its words and its ways of being angry. The encoder and the cues
are compared with the examples that `train_anger` kept (Gaussian kernels: a swear word beside joy is not the sum of
both); n-grams and cues also count by themselves. The file is plain arrays.
"""

from __future__ import annotations

import math
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from bot.understanding import anger_cues
from bot.understanding.anger_features import Reading, cue_counts
from bot.understanding.hashed_grams import BUCKETS, HashedGrams, hashed_grams, likeness
from runtime.settings import SettingsError
from tickets.contracts import Language

#: Grows when the model file or what it is made of changes, so that an older file is named and not misread.
FORMAT = 3
#: The score from which one message alone leads to a person. Training places each language's scale so that at
#: this score false alarms stay within `train_anger.FALSE_ALARMS`, so that nothing else needs a threshold.
ESCALATE = 0.5
#: How many of the customer's last messages make the trend, and what a message weighs less per step back.
WINDOW = 5
FADE = 0.7
#: Few calm messages (one in ten) or factual complaints (one in thirty) score this much, but near half of the
#: frustrated ones do: one is no sign, `FEWEST` of the last `WINDOW` are.
WARM = 0.1
FEWEST = 3
#: Nearly an outburst: enough when the message before was warm already.
HOT = 0.3

#: A message is the same question again from this likeness on; shorter ones ("yes") repeat without meaning it.
ASKED_AGAIN = 0.6
FEWEST_WORDS = 4
#: What each earlier asking adds to the logit, at most twice: patience wears thin, but a calm question stays calm.
REPEATED = 0.7
#: Evidence is told from this score on: a word list finds something in many a calm message.
TELLING = 0.1

#: Widths of the kernels and weights of the parts, chosen by cross-validation with whole themes left out.
EMBEDDING_WIDTH = 1.0
CUE_WIDTH = 0.1
EMBEDDING_WEIGHT = {"de": 25.0, "en": 16.0}
CUE_KERNEL_WEIGHT = 12.0
CUE_WEIGHT = 0.3
GRAM_WEIGHT = 24.0


class AngerModelError(SettingsError):
    """The model can't be used with this version or this encoder; the message says what to do."""


@dataclass(frozen=True)
class AngerScore:
    score: float
    #: ``cue: the customer's words``, the strongest cue first.
    evidence: tuple[str, ...]


def window(scores: Sequence[float]) -> float:
    """The trend 0..1 over the customer's messages since the thread (or the last hand back) began, oldest first."""
    recent = list(scores)[-WINDOW:]
    if not recent:
        return 0.0
    weights = [FADE**back for back in range(len(recent) - 1, -1, -1)]
    return sum(weight * score for weight, score in zip(weights, recent, strict=True)) / sum(weights)


def escalates(scores: Sequence[float]) -> bool:
    """Whether a person should take over: one outburst, or frustration that holds or rises over some messages."""
    if not scores or scores[-1] < WARM:
        return False
    if scores[-1] >= ESCALATE:
        return True
    rises = len(scores) > 1 and scores[-1] >= HOT and WARM <= scores[-2] <= scores[-1]
    return rises or sum(score >= WARM for score in scores[-WINDOW:]) >= FEWEST


def asked_before(text: str, recent: Sequence[str]) -> int:
    """How many of the customer's earlier messages ask the same as `text`."""
    now = anger_cues.plain(text)
    if len(now.split()) < FEWEST_WORDS:
        return 0
    asked = hashed_grams(now)
    return sum(likeness(asked, hashed_grams(anger_cues.plain(earlier))) >= ASKED_AGAIN for earlier in recent)


@dataclass(frozen=True)
class _Part:
    """What is known of one language: kept examples with their weights, and weights of n-grams and cues."""

    #: One kept example a column.
    embeddings: NDArray[np.float32]
    cues: NDArray[np.float32]
    cue_squares: NDArray[np.float32]
    support: NDArray[np.float32]
    #: What an n-gram of each bucket counts in a message, and what it says of anger.
    rarity: NDArray[np.float32]
    gram_weights: NDArray[np.float32]
    cue_weights: NDArray[np.float32]
    encoder: str
    bias: float
    scale: float
    offset: float

    def raw(
        self, embedding: NDArray[np.float32], cues: NDArray[np.float32], sparse: HashedGrams, language: str
    ) -> float:
        apart = 2 - 2 * _dots(self.embeddings, unit(embedding))
        cues_apart = self.cue_squares + float((cues * cues).sum()) - 2 * _dots(self.cues, cues)
        near = EMBEDDING_WEIGHT[language] * np.exp(-EMBEDDING_WIDTH * apart)
        near += CUE_KERNEL_WEIGHT * np.exp(-CUE_WIDTH * cues_apart)
        raw = float((self.support * near).sum()) + float((self.gram_weights[sparse.buckets] * sparse.values).sum())
        return raw + float((self.cue_weights * cues).sum()) + self.bias


def _dots(columns: NDArray[np.float32], vector: NDArray[np.float32]) -> NDArray[np.float32]:
    # Not `@`: the BLAS behind it starts threads, which on two busy cores takes ten times as long as the sum.
    dots: NDArray[np.float32] = np.einsum("ij,i->j", columns, vector)
    return dots


def unit(embedding: NDArray[np.float32]) -> NDArray[np.float32]:
    flat = np.ravel(embedding).astype(np.float32)
    return flat / np.float32(float(np.linalg.norm(flat)) or 1.0)


class AngerModel:
    """What `train_anger` learned; arrays are named ``<language>.<part>``."""

    def __init__(self, arrays: dict[str, NDArray[Any]]) -> None:
        self.languages = tuple(sorted(name.split(".")[0] for name in arrays if name.endswith(".support")))
        self._parts = {language: _part(arrays, language) for language in self.languages}

    @classmethod
    def load(cls, path: Path | str) -> AngerModel:
        """Raises `AngerModelError` when the file is none, or of another version than this code."""
        try:
            with np.load(Path(path), allow_pickle=False) as file:
                found = {name: file[name] for name in file.files}
        except (zipfile.BadZipFile, ValueError, EOFError) as error:
            raise AngerModelError(f"{path} is no anger model ({error}); run `make train`") from error
        made = int(found.pop("format", 1))
        if made != FORMAT:
            raise AngerModelError(f"{path} has format {made}, this version needs {FORMAT}; run `make train`")
        return cls(found)

    def must_fit(self, encoders: Mapping[Language, str]) -> None:
        """Raises `AngerModelError` where a language is read by another encoder than the model was trained with."""
        for language, part in self._parts.items():
            if part.encoder != (now := encoders[cast(Language, language)]):
                raise AngerModelError(
                    f"the anger model was trained with {part.encoder} for {language}, "
                    f"ENCODER_MODEL is now {now}; run `make train`"
                )

    def score(self, text: str, embedding: NDArray[np.float32], language: str, recent: Sequence[str] = ()) -> AngerScore:
        """`recent` are the customer's messages before this one: asking the same again weighs."""
        language = language if language in self.languages else "en"
        reading = Reading.of(anger_cues.plain(text))
        if not any(character.isalpha() for character in reading.text) and not reading.cues:
            return AngerScore(0.0, ())
        repeats = min(2, asked_before(text, recent)) if recent else 0
        logit = self._logit(reading, embedding, language) + REPEATED * repeats
        score = 1 / (1 + math.exp(-max(-30.0, min(30.0, logit))))
        evidence = self._evidence(language, reading) if score >= TELLING else ()
        if repeats:
            evidence = (f"asked_before: {repeats + 1} times in this thread", *evidence)
        return AngerScore(round(score, 4), evidence[:6])

    def _logit(self, reading: Reading, embedding: NDArray[np.float32], language: str) -> float:
        part = self._parts[language]
        if np.size(embedding) != part.embeddings.shape[0]:
            raise AngerModelError(f"the anger model was trained with {part.encoder}; run `make train` for this encoder")
        sparse = hashed_grams(reading.text, part.rarity)
        return part.scale * part.raw(embedding, cue_counts(reading), sparse, language) + part.offset

    def _evidence(self, language: str, reading: Reading) -> tuple[str, ...]:
        weights = dict(zip(anger_cues.NAMES, self._parts[language].cue_weights.tolist(), strict=False))
        found: dict[str, str] = {}
        for cue in sorted(reading.evidence(), key=lambda cue: (-weights.get(cue.name, 0.0), -len(cue.phrase))):
            told = cue.phrase.casefold()
            if not any(told in other for other in found):
                found[told] = f"{cue.name}: {cue.phrase}"
        return tuple(found.values())


def _part(arrays: dict[str, NDArray[Any]], language: str) -> _Part:
    own = {name.split(".")[1]: array for name, array in arrays.items() if name.startswith(f"{language}.")}
    encoder = str(own.pop("encoder"))
    part = {name: array.astype(np.float32) for name, array in own.items()}
    if part["gram_weights"].shape != (BUCKETS,) or part["cues"].shape[1] != len(part["cue_weights"]):
        raise AngerModelError("the anger model was trained with other cues or n-grams; run `make train`")
    return _Part(
        embeddings=np.ascontiguousarray(part["embeddings"].T),
        cues=np.ascontiguousarray(part["cues"].T),
        cue_squares=(part["cues"] ** 2).sum(1),
        support=part["support"],
        rarity=part["rarity"],
        gram_weights=part["gram_weights"],
        cue_weights=part["cue_weights"],
        encoder=encoder,
        bias=float(part["bias"]),
        scale=float(part["scale"]),
        offset=float(part["offset"]),
    )
