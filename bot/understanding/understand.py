"""Understand first, then decide: all that is known of a message before anybody answers it."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from bot.knowledge.base import KnowledgeBase
from bot.knowledge.search import NOTHING, Found
from bot.understanding import boundaries, danger, danger_patterns
from bot.understanding.anger import AngerModel, AngerScore
from bot.understanding.anger_cues import plain
from bot.understanding.boundaries import Boundary
from bot.understanding.danger import Danger
from bot.understanding.encoders import Encoders
from bot.understanding.language import detect
from bot.understanding.parts import Part, understood
from bot.understanding.unforeseen import Hint, Subject, UnforeseenModel
from tickets.contracts import Language

#: Characters of a message that are understood; the whole message is kept in the thread.
READ = 2_000


@dataclass(frozen=True)
class Understanding:
    text: str
    language: Language
    #: Written in a third language; answers come in German and English.
    other_language: bool
    #: The text without slips of the keyboard, and its embedding.
    meant: str
    embedding: NDArray[np.float32]
    #: Name of the encoder that made it.
    encoder: str
    anger: AngerScore
    danger: Danger | None
    boundary: Boundary | None
    found: Found
    #: Where the message says several things and asks at least one: each by itself.
    parts: tuple[Part, ...] = ()

    @classmethod
    def nothing(cls, text: str, language: Language) -> Understanding:
        """Of a message that could not be understood."""
        return cls(text, language, False, text, np.zeros(0, np.float32), "", AngerScore(0.0, ()), None, None, NOTHING)

    def metadata(self) -> dict[str, Any]:
        """What travels to Rasa with the message, as JSON."""
        return {
            "meant": self.meant,
            "embedding": _coded(self.embedding),
            "encoder": self.encoder,
            "language": self.language,
            "other_language": self.other_language,
            "anger": {"score": round(self.anger.score, 3), "evidence": list(self.anger.evidence)},
            "danger": {"kind": self.danger.kind, "advice_slug": self.danger.advice_slug} if self.danger else None,
            "boundary": {"kind": self.boundary.kind, "phrase": self.boundary.phrase} if self.boundary else None,
            "knowledge": _told(self.found) | {"also": [_told(one) for one in self.found.also]},
            "parts": [{"text": one.text, "knowledge": _told(one.found)} for one in self.parts],
            "part_embeddings": [_coded(one.embedding) for one in self.parts],
        }


class Understander:
    def __init__(
        self, encoders: Encoders, anger: AngerModel, unforeseen: UnforeseenModel, knowledge: KnowledgeBase
    ) -> None:
        anger.must_fit(encoders.names)
        unforeseen.must_fit(encoders.names)
        self.encoders = encoders
        self.anger = anger
        self.unforeseen = unforeseen
        self.knowledge = knowledge
        detect("warm up", None)

    async def understand(self, text: str, prior: Language | None, recent: Sequence[str] = ()) -> Understanding:
        """Never fails for what a customer may write; `recent` are their messages before this one, oldest first."""
        read = text[:READ]
        detected = detect(read, prior)
        encoder = self.encoders.of(detected.language)
        # What the customer feels shows in their own words, what they want in the words they meant.
        meant = self.knowledge.mended(read, detected.language)
        vectors = await asyncio.gather(*map(encoder.encode_one, dict.fromkeys((read, meant))))
        embedding, wanted = vectors[0], vectors[-1]
        hints, found, parts = await asyncio.gather(
            self._hints(read, embedding, detected.language),
            self.knowledge.search(read, detected.language, recent),
            understood(meant, detected.language, encoder, self.knowledge),
        )
        return Understanding(
            text=read,
            language=detected.language,
            other_language=detected.other,
            meant=meant,
            embedding=wanted,
            encoder=encoder.name,
            anger=self.anger.score(read, embedding, detected.language, recent),
            danger=danger.check(read, detected.language) or _danger(hints.get("danger")),
            boundary=boundaries.check(read, detected.language) or _boundary(hints.get("boundary")),
            found=found,
            parts=parts,
        )

    async def _hints(self, text: str, embedding: NDArray[np.float32], language: Language) -> dict[Subject, Hint]:
        """What the message or one of its sentences is about by its meaning; what is said first counts."""
        suspects = self.unforeseen.suspects(text, language)
        known = {plain(text): embedding}
        unknown = [one for one in suspects if one not in known]
        encode = self.encoders.of(language).encode_one
        known |= dict(zip(unknown, await asyncio.gather(*map(encode, unknown)), strict=True))
        found: dict[Subject, Hint] = {}
        for one in suspects:
            found = self.unforeseen.hints(one, known[one], language) | found
        return found


def _coded(vector: NDArray[np.float32]) -> str:
    return base64.b64encode(vector.astype("<f4").tobytes()).decode()


def _told(found: Found) -> dict[str, Any]:
    return {
        "outcome": found.outcome,
        "follows": found.follows,
        "question": found.question,
        "confidence": found.hits[0].confidence if found.hits else 0.0,
        "hits": [
            {
                "slug": hit.slug,
                "title": hit.title,
                "url": hit.url,
                "text": hit.text,
                "passage": hit.passage,
                "score": hit.score,
                "overdue": hit.overdue,
            }
            for hit in found.hits
        ],
    }


def _danger(hint: Hint | None) -> Danger | None:
    return Danger(cast(danger_patterns.Kind, hint.kind), hint.phrase) if hint else None


def _boundary(hint: Hint | None) -> Boundary | None:
    return Boundary(cast(boundaries.Kind, hint.kind), hint.phrase) if hint else None
