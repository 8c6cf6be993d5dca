"""How the customer's last ticket is doing; `bot` sends what `tickets` last said of it."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.context import Turn, remember

CLOSED = ("resolved", "closed")


class TicketStatus(Action):
    """Tells how the customer's last ticket is doing."""

    def name(self) -> str:
        return "action_ticket_status"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[dict[str, Any]]:
        ticket = (Turn(tracker).metadata.get("thread") or {}).get("last_ticket")
        if not ticket:
            dispatcher.utter_message(response="utter_ticket_none")
            return remember(asked="person")
        dispatcher.utter_message(
            response=f"utter_ticket_{_response(ticket)}",
            ref=ticket["ref"],
            position=ticket.get("position") or 1,
            minutes=max(1, ticket.get("eta_minutes") or 1),
            agent=ticket.get("assignee_name") or "",
        )
        return []


def _response(ticket: dict[str, Any]) -> str:
    status = ticket.get("status")
    if status in CLOSED:
        return "closed"
    if status in ("waiting", "snoozed"):
        return str(status)
    if ticket.get("assignee_name"):
        return "assigned"
    return "queued" if ticket.get("position") else "open"
