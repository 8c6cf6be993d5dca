"""The trained assistant behind its door, as `bot` talks to it: text and what was understood go in, replies come out."""

from __future__ import annotations

import base64
import itertools
import json
import urllib.error
import urllib.request
import uuid
from dataclasses import dataclass
from typing import Any

from bot.understanding.encoders import Encoders
from tickets.contracts import Language

ARTICLES = {
    "de": (
        (
            "return-item",
            "Etwas zurückgeben",
            "Melden Sie die Rückgabe unter Meine Bestellungen an.\n\nSie haben 30 Tage Zeit.",
        ),
        ("refund-time", "Wann kommt mein Geld?", "Das Geld ist nach fünf Tagen auf Ihrem Konto."),
        ("exchange-item", "Umtauschen", "Ein Umtausch geht in jeder Filiale."),
    ),
    "en": (
        ("return-item", "Return something", "Register the return under My orders.\n\nYou have 30 days."),
        ("refund-time", "When do I get my money?", "The money is in your account after five days."),
        ("exchange-item", "Exchange", "You can exchange an item in any shop."),
    ),
}


@dataclass(frozen=True)
class Reply:
    status: int
    intent: str
    slots: dict[str, Any]
    replies: list[dict[str, Any]]

    @property
    def texts(self) -> list[str]:
        found = [(one.get("custom") or {}).get("text") or one.get("text") or "" for one in self.replies]
        return [text for text in found if text]

    @property
    def text(self) -> str:
        return "\n".join(self.texts)

    @property
    def kinds(self) -> list[str]:
        return [(one.get("custom") or {}).get("type", "text") for one in self.replies]

    @property
    def choices(self) -> dict[str, str]:
        """Payload by title."""
        found = [(one.get("custom") or {}).get("choices") or one.get("buttons") or [] for one in self.replies]
        return {one["title"]: one["payload"] for one in itertools.chain.from_iterable(found)}

    def custom(self, kind: str) -> dict[str, Any]:
        return next(one["custom"] for one in self.replies if (one.get("custom") or {}).get("type") == kind)


def knowledge(language: str, outcome: str) -> dict[str, Any]:
    hits = [
        {"slug": slug, "title": title, "url": f"http://shop.test/help/{language}/{slug}", "text": text, "score": 1.0}
        for slug, title, text in ARTICLES[language]
    ]
    return {"outcome": outcome, "hits": hits}


def ask(rasa_url: str, body: Any) -> tuple[int, dict[str, Any]]:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(f"{rasa_url}/webhooks/turn/webhook", raw, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


class Conversation:
    """One customer who writes in one language."""

    def __init__(self, rasa_url: str, encoders: Encoders, language: Language = "de") -> None:
        self.rasa_url = rasa_url
        self.encoder = encoders.of(language)
        self.language = language
        self.sender = f"cus_{uuid.uuid4().hex}"
        self._numbers = itertools.count()

    def body(self, text: str, turn: str = "", outcome: str = "none", **known: Any) -> dict[str, Any]:
        vector = self.encoder.encode([text])[0]
        metadata = {
            "embedding": base64.b64encode(vector.astype("<f4").tobytes()).decode(),
            "encoder": self.encoder.name,
            "language": self.language,
            "other_language": False,
            "anger": {"score": 0.0, "evidence": [], "trend": 0.0, "escalate": False},
            "danger": None,
            "knowledge": knowledge(self.language, outcome),
            "thread": {"language": self.language, "last_ticket": None},
            **known,
        }
        turn = turn or f"{self.sender}:{next(self._numbers)}"
        return {"sender": self.sender, "turn": turn, "text": text, "metadata": metadata}

    def say(self, text: str, **known: Any) -> Reply:
        status, answer = ask(self.rasa_url, self.body(text, **known))
        intent = (answer.get("intent") or {}).get("name", "")
        return Reply(status, intent, answer.get("slots", {}), answer.get("replies", []))
