"""The one concurrency primitive: a FIFO list per customer, and a `ready` stream of customers whose list holds items.

One worker at a time holds a customer (a *lease*, with a token that grows at each taking). A worker that dies stops
renewing; its customers are taken over with XAUTOCLAIM,
and whatever it still writes carries an old token and is refused.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

import structlog
from redis.exceptions import RedisError, ResponseError

from bot import scripts
from runtime.redis import Redis
from tickets.contracts import partition, partitions

log = structlog.get_logger()


@dataclass(frozen=True)
class Lease:
    """The right to work on a customer's mailbox, until somebody takes a higher token."""

    customer_id: str
    entry: str
    token: str


class Mailbox:
    """Names and steps of one kind of mailbox: ``mailbox`` for turns, ``outbox`` for deliveries."""

    def __init__(self, redis: Redis, name: str) -> None:
        self.redis = redis
        self.name = name
        self.group = name
        self._take = scripts.load(redis, "take")

    def list_key(self, customer_id: str) -> str:
        return f"{self.name}:{partition(customer_id)}:{customer_id}"

    def state_key(self, customer_id: str) -> str:
        return f"{self.name}-state:{partition(customer_id)}:{customer_id}"

    def ready_key(self, tag: str) -> str:
        return f"{self.name}-ready:{tag}"

    def keys(self, customer_id: str) -> list[str]:
        """List, ready stream and state: the order in which every script takes them."""
        return [self.list_key(customer_id), self.ready_key(partition(customer_id)), self.state_key(customer_id)]

    async def prepare(self, *tags: str) -> None:
        """Makes the consumer groups of these partitions, or of all.

        Harmless when they exist, and needed again after a Redis that lost its data.
        """
        for tag in tags or partitions():
            try:
                await self.redis.xgroup_create(self.ready_key(tag), self.group, id="0", mkstream=True)
            except ResponseError as error:
                if not str(error).startswith("BUSYGROUP"):
                    raise

    async def take(self, customer_id: str, entry: str) -> Lease | None:
        token = await self._take(keys=self.keys(customer_id), args=[entry, self.group])
        return Lease(customer_id, entry, str(token)) if token else None

    async def head(self, lease: Lease) -> str | None:
        item: str | None = await self.redis.lindex(self.list_key(lease.customer_id), 0)
        return item

    async def renew(self, lease: Lease, consumer: str) -> None:
        """Resets the idle time of the entry, so that a long turn is not taken for a dead worker."""
        ready = self.ready_key(partition(lease.customer_id))
        await self.redis.xclaim(ready, self.group, consumer, 0, [lease.entry], justid=True)

    async def give_back(self, lease: Lease, consumer: str, idle_ms: int) -> None:
        """Marks the entry as long idle, so that another worker takes it at once instead of after a lease time."""
        ready = self.ready_key(partition(lease.customer_id))
        await self.redis.xclaim(ready, self.group, consumer, 0, [lease.entry], idle=idle_ms, justid=True)

    async def lengths(self) -> dict[str, int]:
        """Customers waiting per partition, for the metrics; without those whose node is away."""
        found: dict[str, int] = {}
        for tag in partitions():
            with suppress(RedisError, OSError):
                found[tag] = int(await self.redis.xlen(self.ready_key(tag)))
        return found


Handle = Callable[[Lease, str], Awaitable[str]]


class Worker:
    """Takes customers from the ready streams and hands their items, one by one, to `handle`.

    `handle` removes the item itself (in the same atomic step as its effects) and returns ``more``, ``retired`` or
    ``superseded``. If it raises or returns ``kept``, the item stays at the head and is tried again after a pause;
    the pause of ``kept <seconds>`` is as long as it says. Who pauses holds no place among those at work.
    """

    def __init__(
        self, mailbox: Mailbox, handle: Handle, *, consumer: str, at_once: int = 32, lease_seconds: float = 15
    ):
        self.mailbox = mailbox
        self.handle = handle
        self.consumer = consumer
        self.lease_ms = int(lease_seconds * 1000)
        self._slots = asyncio.Semaphore(at_once)
        self._tasks: set[asyncio.Task[None]] = set()
        #: Customers at work here, with their entries, whose numbers are unique in a partition only.
        self._held: set[tuple[str, str]] = set()
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        """Runs until `stop`; then finishes the items at hand."""
        readers = [asyncio.create_task(self._read(tag)) for tag in partitions()]
        await self._stopping.wait()
        for reader in readers:
            reader.cancel()
        await asyncio.gather(*readers, return_exceptions=True)
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=10)
        for task in self._tasks:
            task.cancel()

    def stop(self) -> None:
        self._stopping.set()

    async def _read(self, tag: str) -> None:
        is_prepared = False
        # A cancellation can get lost in the client's own time-outs, so the reader looks for itself.
        while not self._stopping.is_set():
            try:
                if not is_prepared:
                    await self.mailbox.prepare(tag)
                    is_prepared = True
                await self._read_once(tag)
            except (RedisError, OSError) as error:
                # An answer that is an error may mean that the group is gone.
                is_prepared = is_prepared and not isinstance(error, ResponseError)
                log.warning("mailbox.redis_away", mailbox=self.mailbox.name, error=type(error).__name__)
                await asyncio.sleep(0.5)

    async def _read_once(self, tag: str) -> None:
        ready, group = self.mailbox.ready_key(tag), self.mailbox.group
        redis = self.mailbox.redis
        claimed = await redis.xautoclaim(ready, group, self.consumer, self.lease_ms, count=20)
        fresh = await redis.xreadgroup(group, self.consumer, {ready: ">"}, count=20, block=1000)
        entries = [*claimed[1], *(fresh[0][1] if fresh else [])]
        for entry, fields in entries:
            # A process that stood still (a suspended machine) finds its own leases run out:
            # it takes over from nobody then, and claiming them has renewed them.
            if fields and (fields["customer"], entry) not in self._held:
                self._start(fields["customer"], entry)

    def _start(self, customer_id: str, entry: str) -> None:
        task = asyncio.create_task(self._drain(customer_id, entry))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _drain(self, customer_id: str, entry: str) -> None:
        """Works on one customer until their list is empty, somebody took over, or the process stops."""
        try:
            lease = await self.mailbox.take(customer_id, entry)
            if lease is None:
                return
            renewing = asyncio.create_task(self._renew(lease))
            self._held.add((customer_id, entry))
            try:
                await self._drain_leased(lease)
            finally:
                renewing.cancel()
                self._held.discard((customer_id, entry))
                if self._stopping.is_set():
                    await self.mailbox.give_back(lease, self.consumer, self.lease_ms)
        except (RedisError, OSError) as error:
            log.warning("mailbox.interrupted", customer_id=customer_id, error=type(error).__name__)
            await self._hand_on(Lease(customer_id, entry, ""))

    async def _hand_on(self, lease: Lease) -> None:
        """Lets the customer be taken anew as soon as Redis is back, instead of after a lease time."""
        for _ in range(self.lease_ms // 1000):
            await self._pause(0.5)
            with suppress(RedisError, OSError):
                return await self.mailbox.give_back(lease, self.consumer, self.lease_ms)

    async def _drain_leased(self, lease: Lease) -> None:
        pause = 0.2
        while not self._stopping.is_set():
            item = await self.mailbox.head(lease)
            if item is None:
                return
            try:
                async with self._slots:
                    left = await self.handle(lease, item)
            except Exception:
                log.exception("mailbox.item_failed", mailbox=self.mailbox.name, customer_id=lease.customer_id)
                left = "kept"
            if left in ("retired", "superseded"):
                return
            kept, _, seconds = left.partition(" ")
            if kept == "kept":
                await self._pause(float(seconds or pause))
            pause = min(pause * 2, 5.0) if kept == "kept" else 0.2

    async def _pause(self, seconds: float) -> None:
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)

    async def _renew(self, lease: Lease) -> None:
        while True:
            await asyncio.sleep(self.lease_ms / 3000)
            with suppress(RedisError, OSError):
                await self.mailbox.renew(lease, self.consumer)
