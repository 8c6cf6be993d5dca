"""Deliveries: one worker per customer pushes messages to their platform, in order, until each is sent or a dead letter."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping

import structlog

from bot import scripts
from bot.channels.protocol import Channel
from bot.errors import ChannelError
from bot.keys import Keys
from bot.mailbox import Lease, Mailbox
from bot.metrics import DELIVERIES
from bot.threads import Threads
from tickets.contracts import Delivery, Message

log = structlog.get_logger()

ATTEMPTS = 6


class Outbox:
    def __init__(self, mailbox: Mailbox, threads: Threads, channels: Mapping[str, Channel]) -> None:
        self.mailbox = mailbox
        self.threads = threads
        self.channels = channels
        self._delivered = scripts.load(mailbox.redis, "delivered")

    def pushes(self, channel: str) -> bool:
        return channel in self.channels and self.channels[channel].pushes

    async def handle(self, lease: Lease, item: str) -> str:
        """Delivers one item, ``<channel> <cursor>``; returns what is left of the outbox."""
        name, _, cursor = item.partition(" ")
        message = await self.threads.message(lease.customer_id, cursor)
        if message is None:
            return await self._settle(lease, None)
        state, reason = await self._send(lease.customer_id, name, message)
        DELIVERIES.labels(name, state).inc()
        return await self._settle(lease, await self._event(lease.customer_id, message, state, reason))

    async def _send(self, customer_id: str, name: str, message: Message) -> tuple[str, str]:
        address = await self._address(customer_id, name)
        for attempt in range(ATTEMPTS):
            try:
                await self.channels[name].send(address, message)
                return "sent", ""
            except ChannelError as error:
                log.warning("outbox.send_failed", channel=name, reason=error.reason, permanent=error.permanent)
                if error.permanent or attempt == ATTEMPTS - 1:
                    return "failed", error.reason
                await asyncio.sleep(error.retry_after or min(60, 2**attempt) * random.uniform(0.5, 1))
        return "failed", "gave up"

    async def _address(self, customer_id: str, channel: str) -> str:
        fields = await self.mailbox.redis.hkeys(Keys(customer_id).customer)
        prefix = f"identity:{channel}:"
        return next((field.removeprefix(prefix) for field in fields if field.startswith(prefix)), "")

    async def _event(self, customer_id: str, message: Message, state: str, reason: str) -> str:
        thread = await self.threads.state(customer_id)
        if not thread.last_ticket:
            return ""
        fate = {"customer_id": customer_id, "ticket_ref": thread.last_ticket, "cursor": message.cursor, "state": state}
        return Delivery.model_validate(fate | {"client_id": message.client_id, "reason": reason}).model_dump_json()

    async def _settle(self, lease: Lease, event: str | None) -> str:
        keys = [*self.mailbox.keys(lease.customer_id), Keys(lease.customer_id).events]
        return str(await self._delivered(keys=keys, args=[lease.token, event or "", self.mailbox.group]))
