"""Makes two customers one, and two again: a sequence of small steps, each atomic in one partition and safe to repeat.

What is to be done stands in a journal before the first step. Whoever meets a customer on whom a merge is at work can
bring it to its end by its id alone: a waiting message, another merge, or the sweeper after a crash. See
`docs/decisions/0004-how-threads-are-merged.md`.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections import defaultdict
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from typing import Literal

import structlog
from redis.exceptions import RedisError

from bot import keys
from bot.keys import Keys
from bot.merge_joining import Joining
from bot.merge_parting import Parting
from bot.merge_plan import TRIES, UNDO_LIFE, Again, Merge, Steps
from bot.replay import joinings
from bot.threads import Threads
from tickets.contracts import UndoMerge, partition, partitions

log = structlog.get_logger()

SWEEP_SECONDS = 5.0
#: Why a merge can't be taken back, in the words of `UndoRefused`.
Refusal = Literal["too_late", "undone", "moved", "unknown"]


class Merges(Steps):
    """Begins merges and undos, and brings every one that was begun to its end."""

    scripts = ("hold", "release", "give_up", "audit")

    def __init__(self, threads: Threads, pushes: Callable[[str], bool] = lambda channel: False) -> None:
        """`pushes` says of a channel whether news must be sent there."""
        super().__init__(threads)
        self.joining = Joining(threads)
        self.parting = Parting(threads, pushes)
        self._locks: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        threads.help = self.resume

    async def merge(self, kept: str, merged: str, how: str, *, proven: str = "", announce: tuple[str, ...] = ()) -> str:
        """Makes the two customers one, whose id is then the kept one's; returns the merge id, empty if they are one.

        The proof must have been checked: `how` names it in the words of `CustomersMerged.proof`, `proven` the identity
        that it proves. When this returns, everybody sees one thread. `announce` names channels that are told.
        """
        for _ in range(TRIES):
            kept, merged = await self.threads.root(kept), await self.threads.root(merged)
            if kept == merged:
                return ""
            plan = Merge(_new_id(), kept, merged, how, _now(), proven, " ".join(announce))
            if await self._start(plan):
                return plan.id
        raise TimeoutError("the customers kept changing while they were merged")

    async def undo(self, command: UndoMerge) -> bool:
        """Gives the merged customer a thread of their own again, for an agent; False when there is nothing to undo.

        Safe to repeat. A merge can be undone for `UNDO_LIFE`.
        """
        return not await self.undo_or_why(command)

    async def undo_or_why(self, command: UndoMerge) -> Refusal | None:
        """As `undo`; returns why it can't be done, None once it is."""
        fields = await self.redis.hgetall(keys.journal(command.merge_id))
        if fields.get("state") != "done" or fields["undoes"]:
            return self._refuse(command, "unknown")
        if _age(fields["at"]) > UNDO_LIFE:
            return self._refuse(command, "too_late")
        for _ in range(TRIES):
            kept = await self.threads.root(fields["kept"])
            found = [one for one in joinings(await self.redis.hgetall(Keys(kept).merges)) if one.id == command.merge_id]
            if any(one.undone for one in found):
                # A command that comes twice has done it itself.
                done = fields.get("undone_by") == command.command_id
                return None if done else self._refuse(command, "undone")
            if not found:
                return self._refuse(command, "moved")
            await self.redis.hset(keys.journal(command.merge_id), "undone_by", command.command_id)
            plan = Merge(_new_id(), kept, fields["merged"], fields["proof"], _now(), undoes=command.merge_id)
            plan = replace(plan, by=f"{command.agent_id} {command.agent_name}", command_id=command.command_id)
            if await self._start(plan):
                return None
        raise TimeoutError("the customers kept changing while they were parted")

    @staticmethod
    def _refuse(command: UndoMerge, why: Refusal) -> Refusal:
        log.warning("undo.refused", merge=command.merge_id, why=why)
        return why

    async def resume(self, merge_id: str) -> bool:
        """Brings a merge or undo to its end, wherever it was left; False if there is nothing to do, or not any more."""
        async with self._locks[merge_id]:
            try:
                plan = await self._journal(merge_id)
                return plan is not None and await self._carry_out(plan)
            finally:
                self._locks.pop(merge_id, None)

    async def run(self) -> None:
        """Finishes what a dead process left behind. Runs for ever."""
        while True:
            for tag in partitions():
                try:
                    for merge_id in await self._unfinished(tag, older_than=SWEEP_SECONDS):
                        log.warning("merge.resumed", merge=merge_id)
                        await self.resume(merge_id)
                except (RedisError, OSError) as error:
                    log.warning("merge.redis_away", partition=tag, error=type(error).__name__)
            await asyncio.sleep(SWEEP_SECONDS)

    async def unfinished(self, older_than: float = 0) -> list[str]:
        """Ids of merges and undos that are not through after so many seconds."""
        return [merge_id for tag in partitions() for merge_id in await self._unfinished(tag, older_than)]

    async def _unfinished(self, tag: str, older_than: float) -> list[str]:
        until = datetime.now(UTC).timestamp() - older_than
        return [str(one) for one in await self.redis.zrangebyscore(keys.unfinished(tag), "-inf", until)]

    async def _start(self, plan: Merge) -> bool:
        async with self.redis.pipeline(transaction=True) as pipe:
            pipe.hset(keys.journal(plan.id), mapping={**asdict(plan), "state": "open"})
            pipe.zadd(keys.unfinished(partition(plan.id)), {plan.id: datetime.now(UTC).timestamp()})
            await pipe.execute()
        return await self.resume(plan.id)

    async def _journal(self, merge_id: str) -> Merge | None:
        """The plan, unless it is through or given up; then it only must not hold anybody any more."""
        fields = await self.redis.hgetall(keys.journal(merge_id))
        if not fields:
            return None
        state = fields.pop("state")
        fields.pop("undone_by", None)
        plan = Merge(**fields)
        if state == "open":
            return plan
        await self._release(plan)
        return None

    async def _carry_out(self, plan: Merge) -> bool:
        started = asyncio.get_running_loop().time()
        try:
            for customer_id in sorted(plan.customers):
                await self._hold(plan, customer_id)
            await (self.parting.run(plan) if plan.undoes else self.joining.run(plan))
        except Again:
            if await self._give_up(plan):
                return False
            return await self._carry_out(plan)
        except (RedisError, OSError):
            raise
        except Exception:
            # A fault of ours, or facts that nobody foresaw, must not keep a door shut.
            log.exception("merge.failed", merge=plan.id)
            await self._give_up(plan)
            raise
        await self._audit(plan)
        await self._close(plan, "done")
        seconds = round(asyncio.get_running_loop().time() - started, 3)
        log.info("merge.done", merge=plan.id, undoes=plan.undoes, kept=plan.kept, merged=plan.merged, seconds=seconds)
        return True

    async def _hold(self, plan: Merge, customer_id: str) -> None:
        """Waits for the customer by helping whoever holds them.

        Held in order of their ids, two never wait for each other.
        """
        own = Keys(customer_id)
        mode = "moved" if plan.undoes and customer_id == plan.merged else ""
        for _ in range(TRIES):
            outcome, other = await self.script["hold"](keys=[own.thread, own.merges], args=[plan.id, mode])
            if outcome in ("held", "past"):
                return
            if outcome != "busy":
                raise Again(outcome)
            if not await self.resume(other):
                await asyncio.sleep(0.01)
        raise Again("busy")

    async def _give_up(self, plan: Merge) -> bool:
        """Leaves both as they were, which is possible until the step that everybody sees; True if it was."""
        own = Keys(plan.kept)
        if not await self.script["give_up"](keys=[own.thread, own.merges], args=[plan.id]):
            return False
        await self._close(plan, "given up")
        return True

    async def _close(self, plan: Merge, state: str) -> None:
        """Lets go of both customers, clears up and marks the journal; it is kept as long as the merge can be undone."""
        await self._release(plan)
        for customer_id in plan.customers:
            await self.redis.delete(*Keys(customer_id).woven(plan.id))
        async with self.redis.pipeline(transaction=True) as pipe:
            pipe.hset(keys.journal(plan.id), "state", state)
            pipe.expire(keys.journal(plan.id), UNDO_LIFE + timedelta(days=1))
            pipe.zrem(keys.unfinished(partition(plan.id)), plan.id)
            await pipe.execute()

    async def _release(self, plan: Merge) -> None:
        for customer_id in plan.customers:
            own = Keys(customer_id)
            boxes = [*self.inbox.keys(customer_id), own.mailbox_aside, *self.outbox.keys(customer_id), own.outbox_aside]
            await self.script["release"](keys=[own.thread, *boxes], args=[plan.id, customer_id])

    async def _audit(self, plan: Merge) -> None:
        entry = {"act": "unmerged" if plan.undoes else "merged"}
        entry |= {name: value for name, value in asdict(plan).items() if value}
        await self.script["audit"](keys=[keys.AUDIT, keys.AUDITED], args=[plan.id, json.dumps(entry)])


def _new_id() -> str:
    return f"mrg_{secrets.token_hex(10)}"


def _now() -> str:
    return datetime.now(UTC).isoformat()


def _age(at: str) -> timedelta:
    return datetime.now(UTC) - datetime.fromisoformat(at)
