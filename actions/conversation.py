"""No, and from the start again."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import ActiveLoop, AllSlotsReset, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.context import Turn, remember

Events = list[dict[str, Any]]


class Decline(Action):
    """A no to whatever was asked; it also ends the form that waits for an order number."""

    def name(self) -> str:
        return "action_decline"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        events = remember(asked="nothing", order_asked=0, order_problem=None)
        if not tracker.active_loop.get("name"):
            dispatcher.utter_message(response="utter_deny")
            return events
        dispatcher.utter_message(response="utter_order_cancelled")
        return [*events, SlotSet("requested_slot", None), ActiveLoop(None)]


class StartOver(Action):
    def name(self) -> str:
        return "action_start_over"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        dispatcher.utter_message(response="utter_start_over")
        return [AllSlotsReset(), SlotSet("language", Turn(tracker).language), ActiveLoop(None)]
