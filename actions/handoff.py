"""Ways to a person, and what is said before in an emergency."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import ActiveLoop, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.articles import Article
from actions.context import Turn, remember
from actions.excerpt import excerpt
from actions.order_service import order_number

Events = list[dict[str, Any]]

ADVICE = "emergency-advice"
REASONS = {"express_anger": "anger", "report_danger": "danger"}


class Handoff(Action):
    """Asks `bot` for a person. Whatever was going on is over: the assistant begins anew when it is its turn again."""

    def name(self) -> str:
        return "action_handoff"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        return hand_off(dispatcher, Turn(tracker))


class EmergencyAdvice(Action):
    """The reviewed article's advice for this danger; if it is missing, a text that is always there."""

    def name(self) -> str:
        return "action_emergency_advice"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        turn = Turn(tracker)
        danger = turn.metadata.get("danger") or {}
        article = turn.article(danger.get("advice_slug") or ADVICE)
        if article is None:
            dispatcher.utter_message(response="utter_emergency")
        else:
            text = advice(article, f"{danger.get('kind', '')} {turn.text}".replace("_", " "))
            dispatcher.utter_message(json_message={"type": "answer", "text": text, "article": article.link})
        return []


def hand_off(dispatcher: CollectingDispatcher, turn: Turn) -> Events:
    """The reason is what was understood; who accepts the assistant's own offer of a person was failed by it."""
    stuck = turn.tracker.get_slot("asked") == "person"
    reason = REASONS.get(turn.intent) or ("bot_failed" if stuck else "asked")
    matter = turn.tracker.get_slot("matter") or ""
    dispatcher.utter_message(json_message={"type": "handoff", "reason": reason, "matter": matter})
    events = remember(
        matter=None, asked="nothing", alternatives=[], rejected=[], shown=None, order_asked=0, order_problem=None
    )
    if number := order_number(turn.entity("order_number")):
        events.append(SlotSet("order_number", number))
    return [*events, SlotSet("requested_slot", None), ActiveLoop(None)]


def advice(article: Article, danger: str) -> str:
    """What to do first, and the part on this danger where the article has one."""
    first, fitting = excerpt(article.text, ""), excerpt(article.text, danger)
    return first if fitting == first else f"{first}\n\n{fitting}"
