"""The form that asks for an order number, and the order's status."""

from __future__ import annotations

from datetime import date
from typing import Any

import structlog
from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.context import Turn, remember
from actions.failures import where
from actions.order_service import Order, OrdersUnavailable, load, order_number
from runtime.settings import Settings

log = structlog.get_logger()

Events = list[dict[str, Any]]

#: So often the number is asked for before somebody else may look.
PATIENCE = 4
KNOWN = ("received", "preparing", "shipped", "delayed", "delivered", "cancelled", "returned")

ORDERS = load(Settings.load().order_service)


class ValidateOrderForm(Action):
    """Takes a number that is well-formed and known. What is wrong with another one is said by `AskOrderNumber`."""

    def name(self) -> str:
        return "validate_order_form"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        given = tracker.get_slot("order_number")
        if not given:
            return []
        number = order_number(str(given))
        if number is None:
            return remember(order_number=None, order_problem={"kind": "format", "given": str(given)[:40]})
        try:
            known = await find(number, "en") is not None
        except OrdersUnavailable:
            # It may well be right; the status action says that it can't be looked up now.
            known = True
        if known:
            return remember(order_number=number, order_problem=None)
        return remember(order_number=None, order_problem={"kind": "unknown", "given": number})


class AskOrderNumber(Action):
    """Asks for the number, and says what was wrong with the last one; gives up in time."""

    def name(self) -> str:
        return "action_ask_order_number"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        asked = int(tracker.get_slot("order_asked") or 0)
        problem = tracker.get_slot("order_problem") or {}
        if asked >= PATIENCE:
            return [SlotSet("requested_slot", None)]
        if problem.get("kind") == "format":
            dispatcher.utter_message(response="utter_order_number_format", given=problem["given"])
        elif problem.get("kind") == "unknown":
            dispatcher.utter_message(response="utter_order_unknown", number=problem["given"])
        else:
            dispatcher.utter_message(response="utter_ask_order_number_again" if asked else "utter_ask_order_number")
        return remember(order_asked=asked + 1, order_problem=None)


class BackToOrder(Action):
    """For a message that says nothing new while the number is awaited: the form asks once more."""

    def name(self) -> str:
        return "action_back_to_order"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        return []


class OrderStatus(Action):
    """Tells how the order is doing, or that it can't be told."""

    def name(self) -> str:
        return "action_order_status"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        number, language = tracker.get_slot("order_number"), Turn(tracker).language
        if not number:
            dispatcher.utter_message(response="utter_order_given_up")
            return remember(asked="person", order_asked=0, order_problem=None)
        try:
            order = await find(number, language)
        except OrdersUnavailable:
            dispatcher.utter_message(response="utter_order_away", number=number)
            return remember(asked="person", order_asked=0, order_problem=None)
        if order is None:
            dispatcher.utter_message(response="utter_order_unknown", number=number)
            return remember(order_number=None, order_asked=0, order_problem=None)
        tell(dispatcher, order, language)
        return remember(asked="nothing", order_asked=0, order_problem=None)


async def find(number: str, language: str) -> Order | None:
    """Raises `OrdersUnavailable`, whatever goes wrong in the service: an order system must not stop a turn."""
    try:
        return await ORDERS.find(number, language)
    except OrdersUnavailable as error:
        log.warning("orders.unavailable", reason=str(error))
        raise
    except Exception as error:
        log.error("orders.failed", error=type(error).__name__, at=where(error))
        raise OrdersUnavailable(type(error).__name__) from error


def tell(dispatcher: CollectingDispatcher, order: Order, language: str) -> None:
    dispatcher.utter_message(
        response=f"utter_order_{order.status if order.status in KNOWN else 'other'}",
        number=order.number,
        status=order.status,
        items=", ".join(order.items),
        delivery=day(order.delivery_on, language),
    )


def day(on: date | None, language: str) -> str:
    if on is None:
        return "–"
    return on.strftime("%d.%m.%Y") if language == "de" else f"{on.day} {on:%B %Y}"
