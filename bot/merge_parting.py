"""The steps by which a merged customer gets a thread of their own again.

What was written in common stays where it is.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from bot import keys
from bot.identity import addresses_of
from bot.keys import Keys
from bot.merge_plan import TRIES, Again, Merge, Steps
from bot.merge_rules import joined_card, parted_thread, parted_wish
from bot.replay import group, joinings
from bot.threads import Threads, loaded
from tickets.contracts import MergeUndone, Message

CHUNK = 500
#: The fields of the kept thread on which it depends who leaves with what.
DEPENDS = ("owner", "epoch", "ticket", "also", "active", "channel")


class Parting(Steps):
    """The steps of an undo; `Merges` holds both customers meanwhile."""

    scripts = ("expel", "restore")

    def __init__(self, threads: Threads, pushes: Callable[[str], bool]) -> None:
        super().__init__(threads)
        self._pushes = pushes

    async def run(self, plan: Merge) -> None:
        """All steps; the kept customer is held, and the door of the one who comes back is shut."""
        own, theirs = Keys(plan.kept), Keys(plan.merged)
        if await self.redis.hexists(theirs.merges, plan.id):
            return
        if not await self.redis.hexists(own.merges, plan.id):
            await self._copy_back(plan)
        back = await self._expel(plan)
        # Nobody can tell any more whose words are in the common memory; the one who comes back has theirs of before.
        await self.redis.delete(*keys.memory(plan.kept))
        for key in keys.memory(plan.merged):
            await self.redis.persist(key)
        await self.copy_seen(own, theirs)
        await self._hand_back_changes(plan)
        await self._restore(plan, back)

    async def _origins(self, plan: Merge) -> set[str]:
        """Everybody whom this merge brought in: the merged customer and those who were merged into them before."""
        merges = joinings(await self.redis.hgetall(Keys(plan.kept).merges))
        return group(plan.merged, [one for one in merges if one.id != plan.undoes and not one.undone])

    async def _copy_back(self, plan: Merge) -> None:
        """Their messages, in a log that waits beside their door. Copied by two at once it comes out the same."""
        origins, last, returned = await self._origins(plan), "-", Keys(plan.merged).woven(plan.id)[0]
        while chunk := await self.redis.xrange(Keys(plan.kept).log, last, "+", count=CHUNK):
            async with self.redis.pipeline(transaction=False) as pipe:
                for cursor, fields in chunk:
                    if (origin := fields.get("o")) in origins:
                        whose = {} if origin == plan.merged else {"o": origin}
                        pipe.xadd(returned, {"m": fields["m"], **whose}, id=cursor)
                # An entry that is there already is refused, and that is all it does.
                await pipe.execute(raise_on_error=False)
            last = f"({chunk[-1][0]}"

    async def _expel(self, plan: Merge) -> dict[str, Any]:
        """The step in which they leave the kept thread; returns what goes back."""
        own = Keys(plan.kept)
        boxes = [*self.inbox.keys(plan.kept), *self.outbox.keys(plan.kept)]
        own_keys = [own.thread, own.log, own.events, *boxes, own.anger, own.customer, own.merges]
        origins = await self._origins(plan)
        for _ in range(TRIES):
            parting, expected = await self._parting(plan, origins)
            outcome, raw = await self.script["expel"](keys=own_keys, args=[json.dumps(parting), json.dumps(expected)])
            if outcome == "lost":
                raise Again("lost")
            if outcome != "changed":
                return dict(json.loads(raw))
        raise Again("changed")

    async def _parting(self, plan: Merge, origins: set[str]) -> tuple[dict[str, Any], dict[str, str]]:
        """What `expel` does, and the fields of the kept thread on which that depends."""
        thread, card, records = await self.facts(plan.kept)
        _, their_card, _ = await self.facts(plan.merged)
        if plan.undoes not in records:
            raise Again("gone with somebody else")
        record = json.loads(records[plan.undoes])
        stay, leave = parted_thread(thread, frozenset(record["tickets"]))
        gone = addresses_of(their_card)
        staying = {name: address for name, address in addresses_of(card).items() if name not in gone}
        customers = await self._customers_words(plan.kept)
        stay |= _last(one for one in customers if one.origin not in origins and one.channel in staying.values())
        leave |= _last(one for one in customers if one.origin in origins)
        # Whose it was, the question at hand does not tell.
        stay["question"] = leave["question"] = ""
        stay |= {"last_ticket": stay["ticket"]} if thread.get("last_ticket") in record["tickets"] else {}
        wrote = [name for name in card if name.startswith("wrote:") and name.partition(":")[2] not in staying.values()]
        wishes = (card.get("preferred_channel", ""), their_card.get("preferred_channel", ""), record.get("wish", ""))
        wish, their_wish = parted_wish(*wishes, staying.values())
        back: dict[str, Any] = {"thread": leave, "card": _goes_back(card, their_card, wrote, their_wish)}
        back |= self._told(plan, {**thread, **leave}, "parted_own", gone, {})
        parting = {
            "merge": plan.id,
            "undone": plan.undoes,
            "customer": plan.kept,
            "merged": plan.merged,
            "group": self.inbox.group,
            "origins": dict.fromkeys(origins, True),
            "thread": stay,
            "card": [*(name for name in their_card if name.startswith("identity:")), *wrote, *record["added"]],
            "wish": wish,
            "event": _event(plan).model_dump_json(),
            **self._told(plan, {**thread, **stay}, "parted", staying, their_card),
            "facts": json.dumps({**back, "members": sorted(origins - {plan.merged})}),
        }
        return parting, {name: thread.get(name, "") for name in DEPENDS}

    def _told(
        self, plan: Merge, thread: dict[str, str], key: str, channels: Mapping[str, str], about: dict[str, str]
    ) -> dict[str, Any]:
        """The message that tells one side of it, and where that is pushed to: where they wrote last, else a channel
        that they have. No more than one, as after an answer."""
        channel = thread["channel"] or next((one for one in channels.values() if self._pushes(one)), "web")
        told = self.news(plan, {**thread, "channel": channel}, key, about)
        return {"message": told, "announce": [channel] if self._pushes(channel) else []}

    async def _customers_words(self, customer_id: str) -> list[Message]:
        """The customers' own among the last entries of the log, the newest first."""
        recent = [loaded(*one) for one in await self.redis.xrevrange(Keys(customer_id).log, count=CHUNK)]
        return [one for one in recent if one.author == "customer"]

    async def _hand_back_changes(self, plan: Merge) -> None:
        """How their messages read goes with these. What is there already was handed over by a try before."""
        own, theirs = Keys(plan.kept), Keys(plan.merged)
        if not (states := await self.redis.hgetall(own.changes)):
            return
        last = "-"
        while chunk := await self.redis.xrange(theirs.woven(plan.id)[0], last, "+", count=CHUNK):
            ids = {loaded(*entry).id for entry in chunk}
            if gone := {id: state for id, state in states.items() if id in ids}:
                await self.redis.hset(theirs.changes, mapping=gone)
                await self.redis.hdel(own.changes, *gone)
            last = f"({chunk[-1][0]}"

    async def _restore(self, plan: Merge, back: dict[str, Any]) -> None:
        own = Keys(plan.merged)
        records = await self.redis.hgetall(Keys(plan.kept).merges)
        record = records.pop(plan.undoes)
        facts = json.loads(back["facts"])
        restoring = {
            "merge": plan.id,
            "undone": plan.undoes,
            "customer": plan.merged,
            "raised": back["undone"],
            **facts,
            "records": {id: raw for id, raw in records.items() if '"kept"' in raw},
            "record": record,
            **{name: list(back[name]) for name in ("items", "deliveries", "anger")},
        }
        boxes = [*self.inbox.keys(plan.merged), *self.outbox.keys(plan.merged)]
        own_keys = [own.thread, own.log, own.seen, own.events, *boxes, own.anger, own.merges, own.woven(plan.id)[0]]
        await self.script["restore"](keys=[*own_keys, own.customer], args=[json.dumps(restoring)])


def _event(plan: Merge) -> MergeUndone:
    return MergeUndone(
        merge_id=plan.undoes,
        customer_id=plan.kept,
        merged_id=plan.merged,
        command_id=plan.command_id,
        at=datetime.fromisoformat(plan.at),
    )


def _goes_back(card: dict[str, str], theirs: dict[str, str], wrote: list[str], wish: str) -> dict[str, str]:
    """What the card of the one who leaves gains from the common one."""
    consents = {name: value for name, value in card.items() if name.startswith("consent:")}
    back = {name: card[name] for name in wrote} | joined_card(theirs, consents)
    return back | ({"preferred_channel": wish} if wish else {})


def _last(messages: Any) -> dict[str, str]:
    """The way of a reply, from the newest of these messages, which come newest first."""
    found: Message | None = next(iter(messages), None)
    return {"channel": found.channel, "active": found.cursor} if found else {"channel": "", "active": "0-0"}
