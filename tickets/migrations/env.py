"""Runs migrations on the connection that the service hands over; it owns the transaction."""

from __future__ import annotations

from alembic import context

from tickets.storage.models import Base

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True, compare_type=True)
with context.begin_transaction():
    context.run_migrations()
