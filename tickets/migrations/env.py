"""Runs migrations on the connection that the service hands over; it owns the transaction."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context

from tickets.storage.models import Base, Moment


def render(kind: str, item: Any, autogen_context: Any) -> str | Literal[False]:
    """New migrations name plain types: what they did must not change when a class of ours does."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, Moment) else False


connection = context.config.attributes["connection"]
context.configure(
    connection=connection, target_metadata=Base.metadata, render_as_batch=True, compare_type=True, render_item=render
)
with context.begin_transaction():
    context.run_migrations()
