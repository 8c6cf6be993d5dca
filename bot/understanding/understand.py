"""Understand first, then decide: all that is known of a message before anybody answers it."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.knowledge.search import NOTHING, Found, KnowledgeBase
from bot.understanding import boundaries, danger
from bot.understanding.anger import AngerModel, AngerScore
from bot.understanding.boundaries import Boundary
from bot.understanding.danger import Danger
from bot.understanding.encoders import Encoders
from bot.understanding.language import detect
from tickets.contracts import Language

#: Characters of a message that are understood; the whole message is kept in the thread.
READ = 2_000


@dataclass(frozen=True)
class Understanding:
    text: str
    language: Language
    #: Written in a third language; answers come in German and English.
    other_language: bool
    embedding: NDArray[np.float32]
    #: Name of the encoder that made it.
    encoder: str
    anger: AngerScore
    danger: Danger | None
    boundary: Boundary | None
    found: Found

    @classmethod
    def nothing(cls, text: str, language: Language) -> Understanding:
        """Of a message that could not be understood."""
        return cls(text, language, False, np.zeros(0, np.float32), "", AngerScore(0.0, ()), None, None, NOTHING)

    def metadata(self) -> dict[str, Any]:
        """What travels to Rasa with the message, as JSON."""
        return {
            "embedding": base64.b64encode(self.embedding.astype("<f4").tobytes()).decode(),
            "encoder": self.encoder,
            "language": self.language,
            "other_language": self.other_language,
            "anger": {"score": round(self.anger.score, 3), "evidence": list(self.anger.evidence)},
            "danger": {"kind": self.danger.kind, "advice_slug": self.danger.advice_slug} if self.danger else None,
            "boundary": {"kind": self.boundary.kind, "phrase": self.boundary.phrase} if self.boundary else None,
            "knowledge": {
                "outcome": self.found.outcome,
                "follows": self.found.follows,
                "confidence": self.found.hits[0].confidence if self.found.hits else 0.0,
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
                    for hit in self.found.hits
                ],
            },
        }


class Understander:
    def __init__(self, encoders: Encoders, anger: AngerModel, knowledge: KnowledgeBase) -> None:
        anger.must_fit(encoders.names)
        self.encoders = encoders
        self.anger = anger
        self.knowledge = knowledge
        detect("warm up", None)

    async def understand(self, text: str, prior: Language | None, recent: Sequence[str] = ()) -> Understanding:
        """Never fails for what a customer may write; `recent` are their messages before this one, oldest first."""
        read = text[:READ]
        detected = detect(read, prior)
        encoder = self.encoders.of(detected.language)
        embedding = await encoder.encode_one(read)
        return Understanding(
            text=read,
            language=detected.language,
            other_language=detected.other,
            embedding=embedding,
            encoder=encoder.name,
            anger=self.anger.score(read, embedding, detected.language, recent),
            danger=danger.check(read, detected.language),
            boundary=boundaries.check(read, detected.language),
            found=await self.knowledge.search(read, detected.language, recent),
        )
