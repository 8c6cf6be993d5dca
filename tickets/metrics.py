"""What `tickets` counts, for ``/metrics``."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

MINUTE = 60
WAIT_BUCKETS = tuple(MINUTE * minutes for minutes in (0.5, 1, 2, 5, 10, 20, 40, 60, 120, 240, 480))

HANDOFFS = Counter("faden_desk_handoffs_total", "Tickets made, by reason.", ["reason"])
TIME_TO_CLAIM = Histogram("faden_desk_time_to_claim_seconds", "From handoff to the first claim.", buckets=WAIT_BUCKETS)
TICKETS = Gauge("faden_desk_tickets", "Tickets by status; `queued` are open ones that nobody has.", ["status"])
EVENTS = Counter("faden_desk_events_total", "Events read from the streams, by type and fate.", ["type", "fate"])
INGEST_LAG = Gauge("faden_desk_ingest_lag_seconds", "Age of the last event when it was stored.", ["partition"])
OUTBOX = Gauge("faden_desk_outbox_depth", "Commands that have not reached the streams yet.")
POISON = Gauge("faden_desk_poison_events", "Events kept aside because they could not be used.")
SOCKETS = Gauge("faden_desk_sockets", "Open sockets of desks.")
