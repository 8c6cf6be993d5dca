"""What `bot` counts, for ``/metrics``."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

BUCKETS = (0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)

STEP_SECONDS = Histogram("faden_turn_step_seconds", "Time of a turn by step.", ["step"], buckets=BUCKETS)
ANGER = Histogram(
    "faden_anger", "Anger of customers' messages, 0 to 1.", buckets=(0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1)
)
HANDOFFS = Counter("faden_handoffs_total", "Threads handed to the queue, by reason.", ["reason"])
DELIVERIES = Counter("faden_deliveries_total", "Outgoing messages, by channel and fate.", ["channel", "state"])
WEBHOOKS = Counter(
    "faden_webhook_entries_total", "Entries of webhook calls, by channel and outcome.", ["channel", "outcome"]
)
WAITING = Gauge("faden_mailbox_customers", "Customers whose mailbox holds items.", ["mailbox"])
SOCKETS = Gauge("faden_chat_sockets", "Open chat sockets.")
