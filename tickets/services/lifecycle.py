"""Moves a ticket from status to status, with its clocks."""

from __future__ import annotations

from datetime import datetime, timedelta

from tickets.domain.hours import Hours
from tickets.domain.sla import TARGETS, Clock
from tickets.domain.status import DONE, Action, after
from tickets.storage.models import Ticket


def start_clocks(ticket: Ticket, hours: Hours) -> None:
    """Starts both clocks at the ticket's creation."""
    target = TARGETS[ticket.priority]
    _set_response(ticket, Clock(target.response, ticket.created_at), hours)
    _set_resolution(ticket, Clock(target.resolution, ticket.created_at), hours)


def move(ticket: Ticket, action: Action, now: datetime, hours: Hours) -> None:
    """Raises `Conflict` when the ticket's status does not allow the action."""
    ticket.status = after(ticket.status, action)  # type: ignore[arg-type]
    if ticket.status != "snoozed":
        ticket.snoozed_until = None
    if ticket.status in DONE:
        ticket.done_at = ticket.done_at or now
    else:
        ticket.done_at, ticket.resolution = None, ""
    _run_or_stop(ticket, now, hours)


def _run_or_stop(ticket: Ticket, now: datetime, hours: Hours) -> None:
    response = Clock(timedelta(seconds=ticket.response_left), ticket.response_since)
    resolution = Clock(timedelta(seconds=ticket.resolution_left), ticket.resolution_since)
    runs = ticket.status == "open"
    answered = ticket.responded_at is not None
    _set_response(ticket, response.run(now) if runs and not answered else response.stop(now, hours), hours)
    _set_resolution(ticket, resolution.run(now) if runs else resolution.stop(now, hours), hours)


def _set_response(ticket: Ticket, clock: Clock, hours: Hours) -> None:
    ticket.response_left, ticket.response_since = round(clock.left.total_seconds()), clock.since
    ticket.response_due_at = clock.due_at(hours)


def _set_resolution(ticket: Ticket, clock: Clock, hours: Hours) -> None:
    ticket.resolution_left, ticket.resolution_since = round(clock.left.total_seconds()), clock.since
    ticket.resolution_due_at = clock.due_at(hours)
