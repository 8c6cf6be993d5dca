"""What an action knows of the turn: the message's metadata from `bot`, and the assistant's memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet

from actions import articles
from actions.articles import Article
from runtime.settings import Settings

#: So many articles are offered at once.
OFFERED = 3
#: An intent that is this sure, and search that is at least this confident, are together worth an offer of articles.
SURELY, LIKELY = 0.75, 0.2
#: So many rejected articles are remembered.
REMEMBERED = 10
#: Within so many seconds the bot's last reply is still before the customer's eyes.
JUST_NOW = 1800


@dataclass(frozen=True)
class Hit:
    """An article that search found for this message."""

    article: Article
    #: The passage that matched, where search tells it.
    passage: str = ""


@dataclass(frozen=True)
class Found:
    """What search found for a question of the message."""

    outcome: str
    hits: list[Hit]
    #: Empty where the message asks no more than this.
    question: str = ""

    @property
    def best(self) -> Article:
        return self.hits[0].article


#: About an order, alone and with a question beside it.
ORDER, BOTH = "ask_order", "ask_question_and_order"


class Turn:
    """The turn at hand, read from Rasa's tracker."""

    def __init__(self, tracker: Tracker, public_url: str | None = None) -> None:
        self.tracker = tracker
        self.metadata: dict[str, Any] = tracker.latest_message.get("metadata") or {}
        self.language = "de" if tracker.get_slot("language") == "de" else "en"
        self.text = str(tracker.latest_message.get("text") or "")
        self._public_url = PUBLIC_URL if public_url is None else public_url

    @property
    def intent(self) -> str:
        return str((self.tracker.latest_message.get("intent") or {}).get("name") or "")

    @property
    def form(self) -> str:
        """The form that waits for something, or nothing."""
        return str(self.tracker.active_loop.get("name") or "")

    @property
    def knowledge(self) -> dict[str, Any]:
        return self.metadata.get("knowledge") or {}

    @property
    def outcome(self) -> str:
        return str(self.knowledge.get("outcome") or "none") if self.knowledge.get("hits") else "none"

    def is_surely(self, intent: str) -> bool:
        found = self.tracker.latest_message.get("intent") or {}
        return found.get("name") == intent and float(found.get("confidence") or 0) >= SURELY

    @property
    def is_likely(self) -> bool:
        """Whether this is surely a question to the shop, and the best article is not far off."""
        return self.is_surely("ask_question") and float(self.knowledge.get("confidence") or 0) >= LIKELY

    @property
    def hits(self) -> list[Hit]:
        return _hits(self.knowledge)

    @property
    def found(self) -> list[Found]:
        """For each question of the message that search found something for, in their order."""
        apart = self._beside_order or [self.knowledge, *(self.knowledge.get("also") or [])]
        every = [Found(str(one.get("outcome")), _hits(one), str(one.get("question") or "")) for one in apart]
        return [one for one in every if one.hits]

    @property
    def goes_on(self) -> bool:
        """Whether the answer is followed by what the message asks about an order."""
        return self.intent == BOTH

    @property
    def _beside_order(self) -> list[dict[str, Any]]:
        """Of a message that asks about an order too: what was found for its other parts."""
        if not self.goes_on:
            return []
        intents = [one.get("name") for one in self.tracker.latest_message.get("parts") or []]
        parts = zip(self.metadata.get("parts") or [], intents, strict=False)
        return [part["knowledge"] | {"question": part["text"]} for part, intent in parts if intent != ORDER]

    @property
    def shown(self) -> list[str]:
        """Slugs of the articles shown last."""
        slugs = self.tracker.get_slot("shown") or []
        return [slugs] if isinstance(slugs, str) else list(slugs)

    @property
    def rejected(self) -> list[str]:
        return list(self.tracker.get_slot("rejected") or [])

    @property
    def offered(self) -> list[dict[str, str]]:
        """The articles that the customer was last given to choose from."""
        return list(self.tracker.get_slot("offered") or [])

    @property
    def alternatives(self) -> list[dict[str, str]]:
        return list(self.tracker.get_slot("alternatives") or [])

    @property
    def just_said(self) -> set[str]:
        """The texts of the answers that the customer writes after; none where that is long ago or was no answer."""
        turns: list[list[dict[str, Any]]] = [[]]
        for event in self.tracker.events:
            if event.get("event") == "user":
                turns.append([event])
            elif event.get("event") == "bot":
                turns[-1].append(event)
        asked_at = float(turns[-1][0].get("timestamp") or 0) if turns[-1] else 0.0
        answered = [turn for turn in turns[:-1] if turn and turn[-1]["event"] == "bot"]
        said = answered[-1] if answered else []
        if not said or asked_at - float(said[-1].get("timestamp") or 0) > JUST_NOW:
            return set()
        return {str(((one.get("data") or {}).get("custom") or {}).get("text") or "") for one in said} - {""}

    def entity(self, name: str) -> str:
        return str(next(self.tracker.get_latest_entity_values(name), None) or "")

    def article(self, slug: str) -> Article | None:
        """From the message if search found it there, else from the help centre's folder."""
        for hit in self.hits:
            if hit.article.slug == slug:
                return hit.article
        return articles.read(self.language, slug, self._public_url, SETTINGS.knowledge_dir)


def _hits(knowledge: dict[str, Any]) -> list[Hit]:
    return [
        Hit(Article(one["slug"], one["title"], one["url"], one["text"]), one.get("passage") or "")
        for one in knowledge.get("hits") or []
    ]


def links(hits: list[Hit], but: list[str]) -> list[dict[str, str]]:
    return [hit.article.link for hit in hits if hit.article.slug not in but]


def remember(**slots: Any) -> list[dict[str, Any]]:
    return [SlotSet(name, value) for name, value in slots.items()]


SETTINGS = Settings.load()
PUBLIC_URL = SETTINGS.public_url.rstrip("/")
