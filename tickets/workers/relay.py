"""Brings the commands of the outbox to `bot`: once, and in the order in which they were stored.

Between adding to the stream and marking the row anything may end. The script remembers the ids it added, so the
next try adds nothing twice; and since every relay begins with the oldest unsent row, any number of them keep the order.
"""

from __future__ import annotations

from datetime import UTC, datetime

import structlog
from redis.exceptions import RedisError
from sqlalchemy import delete, select, update

from runtime.redis import Redis, Script
from tickets.contracts import partition
from tickets.services.changes import Bell, keep_going
from tickets.services.work import Records
from tickets.storage.models import Outbox

log = structlog.get_logger()

BATCH = 100
#: KEYS: stream, ids added lately. ARGV: command id, command, milliseconds now.
ADD_ONCE = """
if redis.call('ZADD', KEYS[2], 'NX', ARGV[3], ARGV[1]) == 0 then return 0 end
redis.call('ZREMRANGEBYRANK', KEYS[2], 0, -10001)
redis.call('XADD', KEYS[1], '*', 'command', ARGV[2])
return 1
"""


class Relay:
    """Sends the stored commands to the streams."""

    def __init__(self, redis: Redis, records: Records, bell: Bell) -> None:
        self.records = records
        self.bell = bell
        self._add = Script(redis, ADD_ONCE)

    async def run(self) -> None:
        await keep_going("relay", self.bell, self._round)

    async def _round(self) -> None:
        if not await self.step():
            await self.bell.wait(1.0)

    async def step(self) -> int:
        """Sends the oldest unsent commands, and returns how many.

        A partition whose node is away holds up no other one.
        """
        async with self.records.read() as session:
            query = select(Outbox).where(Outbox.sent_at.is_(None)).order_by(Outbox.id).limit(BATCH)
            rows = list(await session.scalars(query))
        sent: list[int] = []
        away: set[str] = set()
        try:
            for row in rows:
                tag = partition(row.customer_id)
                if tag in away:
                    continue
                now = round(datetime.now(UTC).timestamp() * 1000)
                try:
                    await self._add(keys=[f"outbound:{tag}", f"relayed:{tag}"], args=[row.command_id, row.command, now])
                    sent.append(row.id)
                except (RedisError, OSError) as error:
                    away.add(tag)
                    log.warning("relay.away", partition=tag, error=type(error).__name__)
        finally:
            await self._mark(sent)
        return len(sent)

    async def _mark(self, numbers: list[int]) -> None:
        if not numbers:
            return
        async with self.records.database.write() as session:
            now = datetime.now(UTC)
            await session.execute(update(Outbox).where(Outbox.id.in_(numbers)).values(sent_at=now))

    async def forget_old(self, before: datetime) -> None:
        async with self.records.database.write() as session:
            await session.execute(delete(Outbox).where(Outbox.sent_at < before))
