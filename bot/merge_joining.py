"""The steps by which one customer's thread goes into another's. Each is atomic in one partition and safe to repeat."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime, timedelta
from typing import Any

import structlog

from bot import keys
from bot.identity import addresses_of, card_of, proven
from bot.keys import Keys
from bot.merge_plan import TRIES, UNDO_LIFE, Again, Merge, Steps
from bot.merge_rules import OWN_FIELDS, folded_slots, joined_card, joined_slots, joined_thread
from bot.threads import order, tickets
from tickets.contracts import CustomersMerged

log = structlog.get_logger()

#: Entries of the merged log that are handed over at once, and entries of either log that one script copies.
CHUNK, BUDGET = 200, 400
#: How long a merge waits for a delivery at hand before it lets it be repeated.
PATIENCE_SECONDS = 2.0


class Joining(Steps):
    """The steps of a merge; `Merges` holds both customers meanwhile."""

    scripts = ("seal", "weave", "adopt", "memory", "settle")

    async def run(self, plan: Merge) -> None:
        """All steps; both customers are held."""
        if await self._seal(plan):
            await self._weave(plan)
            record = await self._adopt(plan)
            await self._join_memory(plan, record)
            await self._settle(plan, record)

    async def _seal(self, plan: Merge) -> bool:
        """Shuts the merged customer's door; False when the merge came through long ago."""
        own = Keys(plan.merged)
        boxes = [*self.inbox.keys(plan.merged), own.mailbox_aside, *self.outbox.keys(plan.merged), own.outbox_aside]
        patient_until = asyncio.get_running_loop().time() + PATIENCE_SECONDS
        while True:
            patient = "1" if asyncio.get_running_loop().time() < patient_until else "0"
            args = [plan.id, patient, self.inbox.group, self.outbox.group]
            outcome = await self.script["seal"](keys=[own.thread, own.merges, *boxes], args=args)
            if outcome == "busy":
                await asyncio.sleep(0.02)
            elif outcome == "lost":
                raise Again(outcome)
            else:
                return bool(outcome == "sealed")

    async def _weave(self, plan: Merge) -> None:
        """Makes the common log beside the kept one, which lives on meanwhile."""
        theirs, own = Keys(plan.merged), Keys(plan.kept)
        last = await self.redis.xrevrange(theirs.log, count=1)
        if not last or await self.redis.hexists(own.merges, plan.id):
            return
        woven, progress = own.woven(plan.id)
        taken = await self.redis.hget(progress, "taken") or "0-0"
        while taken != last[0][0]:
            chunk = await self.redis.xrange(theirs.log, f"({taken}", "+", count=CHUNK)
            entries = [part for cursor, of in chunk for part in (cursor, of["m"], of.get("o", plan.merged))]
            taken = await self.script["weave"](keys=[own.log, woven, progress], args=[BUDGET, last[0][0], *entries])

    async def _adopt(self, plan: Merge) -> dict[str, Any]:
        """The step in which the two become one; returns the merge's record."""
        brought = await self._brought(plan)
        own = Keys(plan.kept)
        boxes = [*self.inbox.keys(plan.kept), *self.outbox.keys(plan.kept)]
        own_keys = [own.thread, own.log, own.events, *boxes, own.anger, own.customer, own.merges, *own.woven(plan.id)]
        own_keys += [own.deliveries, own.sent, own.dead]
        for _ in range(TRIES):
            thread, card, _ = await self.facts(plan.kept)
            adoption, expected = self._adoption(plan, thread, card, brought)
            outcome = await self.script["adopt"](keys=own_keys, args=[json.dumps(adoption), json.dumps(expected)])
            if outcome[0] == "lost":
                raise Again("lost")
            if outcome[0] in ("adopted", "repeated"):
                return dict(json.loads(await self.redis.hget(own.merges, plan.id)))
        raise Again("changed")

    async def _brought(self, plan: Merge) -> dict[str, Any]:
        """All that the merged customer brings beside the log; nothing of it changes while the door is shut."""
        own = Keys(plan.merged)
        await self.copy_seen(own, Keys(plan.kept))
        if changes := await self.redis.hgetall(own.changes):
            await self.redis.hset(Keys(plan.kept).changes, mapping=changes)
        async with self.redis.pipeline(transaction=True) as pipe:
            pipe.hgetall(own.thread).hgetall(own.customer).hgetall(own.merges).lrange(own.anger, 0, -1)
            pipe.lrange(own.mailbox_aside, 0, -1).lrange(own.outbox_aside, 0, -1)
            pipe.hgetall(own.deliveries).hgetall(own.dead).zrange(own.sent, 0, -1, withscores=True)
            pipe.get(own.sending)
            names = ("thread", "card", "records", "anger", "items", "deliveries", "told", "dead", "sent", "sending")
            found = dict(zip(names, await pipe.execute(), strict=True))
        return found | {"deliveries": resumed(found["deliveries"], found["sending"])}

    def _adoption(
        self, plan: Merge, thread: dict[str, str], card: dict[str, str], brought: dict[str, Any]
    ) -> tuple[dict[str, Any], dict[str, str]]:
        """What `adopt` writes, and the fields of the kept thread on which that depends."""
        theirs = brought["thread"]
        joined = joined_thread(thread, theirs)
        their_card = dict(brought["card"])
        later = order(theirs.get("active", "0-0")) > order(thread.get("active", "0-0"))
        added = joined_card(card, their_card)
        if (field := f"identity:{plan.proven}") in card | their_card:
            added[field] = proven(field, plan.proof, plan.at)
        after = card_of(plan.kept, {**card, **added})
        event = CustomersMerged(
            merge_id=plan.id,
            customer_id=plan.kept,
            merged_id=plan.merged,
            proof=plan.proof,
            customer=after,
            brought=tuple(sorted(name.removeprefix("identity:") for name in addresses_of(their_card))),
            at=datetime.fromisoformat(plan.at),
        )
        record: dict[str, Any] = {"kept": plan.kept, "merged": plan.merged, "proof": plan.proof, "at": plan.at}
        record |= {"later": "merged" if later else "kept", "tickets": [one.ref for one in tickets(theirs)]}
        record |= {"added": [name for name in added if name == "name"], "wish": card.get("preferred_channel", "")}
        adoption = {name: brought[name] for name in ("records", "items", "deliveries", "told", "dead")}
        adoption |= {
            "merge": plan.id,
            "customer": plan.kept,
            "merged": plan.merged,
            "group": self.inbox.group,
            "thread": joined,
            "card": added,
            "anger": settled(brought["anger"], theirs.get("anger_from", "0-0")),
            "sent": {cursor: int(score) for cursor, score in brought["sent"]},
            "settled": thread.get("anger_from", "0-0"),
            "event": event.model_dump_json(),
            "message": self.news(plan, joined, "joined", their_card),
            "record": json.dumps(record),
            "announce": plan.announce.split(),
        }
        return adoption, {name: thread.get(name, "") for name in {*joined, *thread} - OWN_FIELDS}

    async def _join_memory(self, plan: Merge, record: dict[str, Any]) -> None:
        """Rasa's memory: that of the side that wrote last goes on, with the slots that only the other one knows."""
        try:
            await self._join_memories(plan, record["later"] == "merged")
        except (AttributeError, KeyError, TypeError, ValueError):
            # The customers stand before a shut door: the assistant may forget, the merge must come to its end.
            log.exception("merge.memory_lost", merge=plan.id)

    async def _join_memories(self, plan: Merge, theirs_is_later: bool) -> None:
        for _ in range(TRIES):
            (head, turns), (their_head, their_turns) = [await self._memory(one) for one in (plan.kept, plan.merged)]
            if not their_head or plan.id in head:
                return
            base, their_base = _base(head), _base(their_head)
            replace = theirs_is_later or not head
            if replace:
                base = their_base | {"slots": joined_slots(their_base["slots"], folded_slots(base, _events(turns)))}
            else:
                base = base | {"slots": joined_slots(base["slots"], folded_slots(their_base, _events(their_turns)))}
            args = [plan.id, head.get("version", "0"), json.dumps(base), "1" if replace else "0"]
            args += their_turns if replace else []
            if await self.script["memory"](keys=list(keys.memory(plan.kept)), args=args) != "changed":
                return
        raise Again("changed")

    async def _memory(self, customer_id: str) -> tuple[dict[str, str], list[str]]:
        head, turns = keys.memory(customer_id)
        async with self.redis.pipeline(transaction=True) as pipe:
            found, raw = await pipe.hgetall(head).lrange(turns, 0, -1).execute()
        return found, raw

    async def _settle(self, plan: Merge, record: dict[str, Any]) -> None:
        own = Keys(plan.merged)
        for key in keys.memory(plan.merged):
            await self.redis.expire(key, UNDO_LIFE + timedelta(days=1))
        gone = [own.mailbox_aside, own.outbox_aside, own.deliveries, own.sent, own.dead, own.sending]
        gone += [own.log, own.seen, own.anger, own.changes]
        await self.script["settle"](
            keys=[own.thread, own.merges, *gone], args=[plan.id, plan.merged, plan.kept, json.dumps(record)]
        )


def resumed(deliveries: list[str], sending: str | None) -> list[str]:
    """The deliveries that wait; one whose first parts went out says so, so that these are not sent again."""
    progress = json.loads(sending) if sending else {}
    if not deliveries or progress.get("item") != deliveries[0] or not progress["parts"]:
        return deliveries
    wanted, _, cursor = deliveries[0].partition(" ")
    channel = progress["channel"] or wanted.partition(":")[0]
    return [f"{channel}:{progress['parts']} {cursor}", *deliveries[1:]]


def settled(readings: list[str], since: str) -> list[str]:
    """The readings of anger behind a cursor: what was handed back before is over."""
    return [one for one in readings if order(one.split(" ")[0]) > order(since)]


def _events(turns: list[str]) -> list[dict[str, Any]]:
    """Of a memory's turns, in order; each turn is kept as the JSON list of its events."""
    return [event for turn in turns for event in json.loads(turn)]


def _base(head: dict[str, str]) -> dict[str, Any]:
    return dict(json.loads(head.get("base") or '{"slots": {}, "loop": null}'))
