"""Danger and boundaries in words that no pattern foresaw: each sentence is compared with examples of both.

Patterns (`danger`, `boundaries`) find what is said often, whatever a model thinks of it. This finds what else means the
same, and which kind it is. One model per language, as each has its encoder; the file is plain arrays.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast, get_args

import numpy as np
from numpy.typing import NDArray

from bot.understanding import danger_signs
from bot.understanding.anger_cues import plain
from bot.understanding.danger_patterns import FIGURES
from bot.understanding.hashed_grams import BUCKETS, HashedGrams, hashed_grams
from runtime.settings import SettingsError
from tickets.contracts import Language

#: Grows when the model file or what it is made of changes, so that an older file is named and not misread.
FORMAT = 1
Subject = Literal["danger", "boundary"]
SUBJECTS: tuple[Subject, ...] = get_args(Subject)

#: Width of the kernel on embeddings and weights of the parts, chosen with examples left out.
EMBEDDING_WIDTH = 1.0
EMBEDDING_WEIGHT = 16.0
GRAM_WEIGHT = 16.0
SIGN_WEIGHT = 0.5
#: Sentences of one message that are looked at by their meaning, at most: each costs a call of the encoder.
MOST = 4
#: Words of a message that is looked at as a whole too: the examples are sentences, and a letter is like none of them.
LONGEST_WHOLE = 60
#: Sentences that are looked at by their words; who writes more says what matters at the beginning or the end.
SENTENCES = 24

_NUMBERS = (
    "support",
    "kind_weights",
    "kind_bias",
    "rarity",
    "gram_weights",
    "sign_weights",
    "bias",
    "threshold",
    "worth",
)
_END = re.compile(r"(?<=[.!?…])\s+|\s+[-–—]\s+")


class UnforeseenModelError(SettingsError):
    """The model can't be used with this version or this encoder; the message says what to do."""


@dataclass(frozen=True)
class Hint:
    """What a sentence is about, and the sentence."""

    kind: str
    phrase: str


@dataclass(frozen=True)
class Reading:
    """The words of a sentence as numbers."""

    sparse: HashedGrams
    signs: NDArray[np.float32]


@dataclass(frozen=True)
class _Part:
    """What is known of one language; of shape (subjects, …) where the two subjects differ."""

    #: One kept example a column.
    embeddings: NDArray[np.float32]
    support: NDArray[np.float32]
    #: Of each kind in `names`, on an embedding with the signs behind it.
    kind_weights: NDArray[np.float32]
    kind_bias: NDArray[np.float32]
    names: tuple[str, ...]
    #: Index into `SUBJECTS` of each kind.
    kind_subjects: NDArray[np.int64]
    rarity: NDArray[np.float32]
    gram_weights: NDArray[np.float32]
    sign_weights: NDArray[np.float32]
    bias: NDArray[np.float32]
    #: From which total on a sentence is about the subject, and from which total of its words it is worth encoding.
    threshold: NDArray[np.float32]
    worth: NDArray[np.float32]
    encoder: str

    def read(self, sentence: str) -> Reading:
        return Reading(hashed_grams(sentence, self.rarity), danger_signs.counts(sentence))

    def by_words(self, reading: Reading) -> NDArray[np.float32]:
        """Of each subject, without the embedding."""
        by_grams = (self.gram_weights[:, reading.sparse.buckets] * reading.sparse.values).sum(1)
        found: NDArray[np.float32] = by_grams + (self.sign_weights * reading.signs).sum(1) + self.bias
        return found

    def by_meaning(self, embedding: NDArray[np.float32]) -> NDArray[np.float32]:
        """Of each subject, what the kept examples say that are near."""
        # Not `@`: the BLAS behind it starts threads, which on two busy cores takes ten times as long as the sum.
        apart = 2 - 2 * np.einsum("ij,i->j", self.embeddings, embedding)
        found: NDArray[np.float32] = (self.support * (EMBEDDING_WEIGHT * np.exp(-EMBEDDING_WIDTH * apart))).sum(1)
        return found

    def kind(self, subject: int, embedding: NDArray[np.float32], reading: Reading) -> str:
        """The likeliest kind of the subject."""
        of_kinds = np.einsum("ij,j->i", self.kind_weights, np.concatenate([embedding, reading.signs])) + self.kind_bias
        return self.names[int(np.where(self.kind_subjects == subject, of_kinds, -np.inf).argmax())]


class UnforeseenModel:
    """What `train_unforeseen` learned; arrays are named ``<language>.<part>``."""

    def __init__(self, arrays: dict[str, NDArray[Any]]) -> None:
        languages = sorted({name.split(".")[0] for name in arrays})
        self._parts = {language: _part(arrays, language) for language in languages}

    @classmethod
    def load(cls, path: Path | str) -> UnforeseenModel:
        """Raises `UnforeseenModelError` when the file is none, or of another version than this code."""
        try:
            with np.load(Path(path), allow_pickle=False) as file:
                found = {name: file[name] for name in file.files}
        except (zipfile.BadZipFile, ValueError, EOFError) as error:
            raise UnforeseenModelError(
                f"{path} is no model of danger and boundaries ({error}); run `make train`"
            ) from error
        made = int(found.pop("format", 0))
        if made != FORMAT:
            raise UnforeseenModelError(f"{path} has format {made}, this version needs {FORMAT}; run `make train`")
        return cls(found)

    def must_fit(self, encoders: Mapping[Language, str]) -> None:
        """Raises `UnforeseenModelError` where a language is read by another encoder than the model was trained with."""
        for language, part in self._parts.items():
            if part.encoder != (now := encoders[cast(Language, language)]):
                raise UnforeseenModelError(
                    f"danger and boundaries were learned with {part.encoder} for {language}, "
                    f"ENCODER_MODEL is now {now}; run `make train`"
                )

    def suspects(self, text: str, language: Language) -> list[str]:
        """The text unless it is long, and those of its sentences whose words give a reason to look at their meaning."""
        whole, *rest = sentences(text)
        first = [whole] if not rest or len(whole.split()) <= LONGEST_WHOLE else []
        part = self._parts[language]
        margins = [(float((part.by_words(part.read(one)) - part.worth).max()), one) for one in rest]
        likely = sorted((margin, one) for margin, one in margins if margin >= 0)
        return [*first, *(one for _, one in likely[-MOST:])]

    def hints(self, sentence: str, embedding: NDArray[np.float32], language: Language) -> dict[Subject, Hint]:
        """What one sentence (or message) is about; `embedding` is of length 1 and by the encoder of `language`."""
        if not any(map(str.isalpha, sentence)):
            return {}
        part, embedding = self._parts[language], np.ravel(embedding).astype(np.float32)
        reading = part.read(sentence)
        above = part.by_words(reading) + part.by_meaning(embedding) >= part.threshold
        return {
            subject: Hint(part.kind(at, embedding, reading), sentence[:80])
            for at, subject in enumerate(SUBJECTS)
            if above[at]
        }


def sentences(text: str) -> list[str]:
    """The whole text without what only sounds like danger, then each of its sentences where there are several."""
    whole = FIGURES.sub(" · ", plain(text))
    found = [one for one in _END.split(whole) if any(map(str.isalpha, one))]
    if len(found) > SENTENCES:
        found = [*found[: SENTENCES // 2], *found[-SENTENCES // 2 :]]
    return [whole, *(found if len(found) > 1 else [])]


def _part(arrays: dict[str, NDArray[Any]], language: str) -> _Part:
    own = {name.split(".")[1]: array for name, array in arrays.items() if name.startswith(f"{language}.")}
    if own["gram_weights"].shape != (len(SUBJECTS), BUCKETS) or own["sign_weights"].shape[1] != danger_signs.COUNTS:
        raise UnforeseenModelError("danger and boundaries were learned with other signs or n-grams; run `make train`")
    numbers = {name: own[name].astype(np.float32) for name in _NUMBERS}
    return _Part(
        embeddings=np.ascontiguousarray(own["embeddings"].astype(np.float32).T),
        kind_subjects=own["kind_subjects"].astype(np.int64),
        names=tuple(own["names"].tolist()),
        encoder=str(own["encoder"]),
        **numbers,
    )
