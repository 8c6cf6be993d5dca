"""The parts of a message, each understood by itself: a customer may ask about their order and the shop in one go."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.knowledge.base import KnowledgeBase
from bot.knowledge.search import NOTHING, Found
from bot.knowledge.several import is_question, parts
from bot.understanding.encoder import Encoder
from tickets.contracts import Language

#: A message of more parts is a letter: what it wants shows in the whole only.
MOST = 5


@dataclass(frozen=True)
class Part:
    text: str
    embedding: NDArray[np.float32]
    #: What the articles say to it, if it is a question.
    found: Found


async def understood(text: str, language: Language, encoder: Encoder, knowledge: KnowledgeBase) -> tuple[Part, ...]:
    """The parts of a message that asks something in one of several; nothing of any other."""
    said = parts(text, language)
    asked = [one for one in said if one.endswith("?") or is_question(one, language)]
    if not asked or not 2 <= len(said) <= MOST:
        return ()
    vectors: list[Any] = await asyncio.gather(*map(encoder.encode_one, said))
    found = await asyncio.gather(*(knowledge.search(one, language, ()) for one in asked))
    answers = dict(zip(asked, found, strict=True))
    return tuple(Part(one, vector, answers.get(one, NOTHING)) for one, vector in zip(said, vectors, strict=True))
