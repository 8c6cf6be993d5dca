"""How far the delivery at the head of an outbox has come.

It outlives the worker, so the next one goes on from there.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace

from bot import scripts
from bot.keys import Keys
from bot.mailbox import Lease, Mailbox


@dataclass(frozen=True)
class Progress:
    """Of the delivery at the head of one customer's outbox."""

    #: The outbox item it is about; of another item it means nothing.
    item: str
    #: Parts that the platform took.
    parts: int = 0
    #: A try of the next part has begun, and nothing is known of its end.
    begun: bool = False
    #: Failed tries of the next part, and tries of it whose end we never learned.
    tries: int = 0
    unknown: int = 0
    #: Of the first try and of the last part's beginning, milliseconds.
    since: int = 0
    at: int = 0
    #: Not to be tried before, milliseconds.
    not_before: int = 0
    #: The channel that the first part went out on: the others follow it.
    channel: str = ""


class ProgressStore:
    """Keeps the progress in Redis, written only by whoever holds the customer."""

    def __init__(self, mailbox: Mailbox) -> None:
        self.mailbox = mailbox
        self._save = scripts.load(mailbox.redis, "sending")

    async def load(self, customer_id: str, item: str) -> Progress:
        raw = await self.mailbox.redis.get(Keys(customer_id).sending)
        known = Progress(**json.loads(raw)) if raw else None
        parts = item.partition(" ")[0].partition(":")[2]
        return known if known and known.item == item else Progress(item, parts=int(parts or 0))

    async def save(self, lease: Lease, progress: Progress) -> bool:
        """False: somebody took over, and this worker must stop."""
        keys = [self.mailbox.state_key(lease.customer_id), Keys(lease.customer_id).sending]
        return bool(await self._save(keys=keys, args=[lease.token, json.dumps(asdict(progress))]))

    @staticmethod
    def after_part(progress: Progress) -> Progress:
        return replace(progress, parts=progress.parts + 1, begun=False, tries=0, unknown=0, not_before=0)
