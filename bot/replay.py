"""What a reader of a thread has not seen yet, also across merges and undos.

A message keeps its cursor when its thread is merged, so a cursor alone does not tell whether the reader knows the other
side's older messages. The records of the merges do: each has a marker in the log, and whoever stands before it has not.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bot.edits import folded
from bot.keys import Keys
from bot.threads import Threads, loaded, order
from tickets.contracts import Message

PAGE = 500


@dataclass(frozen=True)
class Joining:
    """One merge that came through, as the threads keep it."""

    id: str
    kept: str
    merged: str
    #: Cursor of the message that tells of it; everything that came with it has a smaller one.
    marker: str
    #: The same of its undo.
    undone: str = ""


def joinings(records: Mapping[str, str]) -> list[Joining]:
    """The merges among a customer's records, in the order in which they happened."""
    found = [Joining(id, *_sides(json.loads(raw))) for id, raw in records.items() if '"kept"' in raw]
    return sorted(found, key=lambda one: order(one.marker))


def _sides(record: dict[str, str]) -> tuple[str, str, str, str]:
    return record["kept"], record["merged"], record["marker"], record.get("undone", "")


def group(customer_id: str, merges: Iterable[Joining]) -> set[str]:
    """All customers who are one with this one by these merges, given in the order in which they happened."""
    groups: list[set[str]] = [{customer_id}]
    for one in merges:
        touched = [some for some in groups if one.kept in some or one.merged in some]
        groups = [some for some in groups if some not in touched] + [set().union({one.kept, one.merged}, *touched)]
    return next(some for some in groups if customer_id in some)


class Reader:
    """Follows one customer's thread from a cursor on.

    The customer is the one of the session, whatever became of them.
    """

    def __init__(self, threads: Threads, customer_id: str, after: str | None) -> None:
        self.threads = threads
        #: Whose session it is.
        self.own_id = customer_id
        #: Whose thread is read now.
        self.customer_id = customer_id
        self.after = after
        #: The last marker that was dealt with, and all merges whose older messages this reader was given.
        self._dealt_with = ""
        self._filled: set[str] = set()
        #: Ids of the messages in the cursor's millisecond: only these may get a later cursor when threads are joined.
        self._latest: set[str] = set()

    async def next(self) -> tuple[bool, list[Message]]:
        """``(start over, messages)``: what is new, in order, at most a page; nothing when there is nothing new.

        *Start over* says that what was shown before is not this customer's any more: a merge was undone.
        """
        found, joined = await self._look()
        if self.after is None:
            return False, self._seen(found, joined)
        if not joined or joined == self._dealt_with or order(joined) <= order(self.after):
            return False, self._seen(found, "")
        return await self._across(joined)

    async def _look(self) -> tuple[list[Message], str]:
        """The page behind the cursor and the marker of the last merge, read in one step from whoever has the thread."""
        self.customer_id = self.own_id
        while True:
            keys = Keys(self.customer_id)
            async with self.threads.redis.pipeline(transaction=True) as pipe:
                pipe.hmget(keys.thread, "moved_to", "joined")
                if self.after is None:
                    pipe.xrevrange(keys.log, "+", "-", count=PAGE)
                else:
                    pipe.xrange(keys.log, f"({self.after}", "+", count=PAGE)
                pipe.hgetall(keys.changes)
                (moved, joined), entries, states = await pipe.execute()
            if not moved:
                found = [folded(loaded(*entry), states) for entry in entries]
                return (found[::-1] if self.after is None else found), joined or ""
            self.customer_id = str(moved)

    async def _across(self, joined: str) -> tuple[bool, list[Message]]:
        """A merge or undo happened behind the reader's cursor."""
        assert self.after is not None
        keys = Keys(self.customer_id)
        async with self.threads.redis.pipeline(transaction=True) as pipe:
            pipe.hmget(keys.thread, "moved_to", "joined")
            pipe.hgetall(keys.merges)
            pipe.xrevrange(keys.log, self.after, "-")
            pipe.xrange(keys.log, f"({self.after}", "+", count=PAGE)
            pipe.hgetall(keys.changes)
            (moved, marker), records, older, newer, states = await pipe.execute()
        if moved or marker != joined:
            return await self.next()
        merges = joinings(records)
        # Whether a part of the merge was shown before it was undone cannot be told from the cursor.
        if any(order(self.after) < order(one.undone) for one in merges if one.undone):
            self.after = None
            return True, (await self.next())[1]
        known = self._known(merges)
        self._filled |= {one.id for one in merges}
        past = (folded(loaded(*entry), states) for entry in reversed(older))
        missed = [one for one in past if (one.origin or self.customer_id) not in known]
        newest = [one for one in (folded(loaded(*entry), states) for entry in newer) if one.id not in self._latest]
        found = self._seen([*missed[-PAGE:], *newest], joined)
        if newer:
            self.after = max(self.after, newer[-1][0], key=order)
        return (False, found) if found or not newer else await self.next()

    def _known(self, merges: list[Joining]) -> set[str]:
        """Whose messages, up to the cursor, the reader has seen."""
        assert self.after is not None
        seen = [one for one in merges if one.id in self._filled or order(one.marker) <= order(self.after)]
        return group(self.own_id, [one for one in seen if not one.undone])

    def _seen(self, messages: list[Message], joined: str) -> list[Message]:
        self._dealt_with = joined or self._dealt_with
        before, last = order(self.after or "0-0")[0], messages[-1].cursor if messages else "0-0"
        self.after = max(self.after or "0-0", last, key=order)
        at = order(self.after)[0]
        self._latest = {one.id for one in messages if order(one.cursor)[0] == at} | (
            self._latest if at == before else set()
        )
        return messages
