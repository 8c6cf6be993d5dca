"""Yes, no, and from the start again: what they mean depends on what the assistant asked last."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import ActiveLoop, AllSlotsReset, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.context import Turn, remember
from actions.handoff import hand_off
from actions.knowledge import choose, none_of_these

Events = list[dict[str, Any]]


class Accept(Action):
    """A yes to the offer of a person or of articles; one that refers to nothing is taken kindly."""

    def name(self) -> str:
        return "action_accept"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        turn, asked = Turn(tracker), tracker.get_slot("asked")
        if asked == "person":
            dispatcher.utter_message(response="utter_handoff")
            return hand_off(dispatcher, turn)
        if asked == "articles":
            return choose(dispatcher, turn)
        if not turn.form:
            dispatcher.utter_message(response="utter_affirm")
        return []


class Decline(Action):
    """A no to the articles, to the person, or to giving an order number."""

    def name(self) -> str:
        return "action_decline"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        turn = Turn(tracker)
        if tracker.get_slot("asked") == "articles":
            return none_of_these(dispatcher, turn)
        events = remember(asked="nothing", order_asked=0, order_problem=None)
        if not turn.form:
            dispatcher.utter_message(response="utter_deny")
            return events
        dispatcher.utter_message(response="utter_order_dropped")
        return [*events, SlotSet("requested_slot", None), ActiveLoop(None)]


class Disappointed(Action):
    """Sorrow without a cause. What was asked last stays asked: it may still be accepted or declined."""

    def name(self) -> str:
        return "action_disappointed"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        if not Turn(tracker).form:
            dispatcher.utter_message(response="utter_disappointed")
        return []


class StartOver(Action):
    """Forgets what the conversation was about."""

    def name(self) -> str:
        return "action_start_over"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        dispatcher.utter_message(response="utter_start_over")
        return [AllSlotsReset(), SlotSet("language", Turn(tracker).language), ActiveLoop(None)]
