"""What a merge or undo is about, as its journal keeps it, and what its steps have in common."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from bot import scripts
from bot.identity import card_of
from bot.keys import Keys
from bot.texts import say
from bot.threads import Threads, message
from runtime.redis import Redis
from tickets.contracts import Language

UNDO_LIFE = timedelta(days=30)
#: How often a step is tried again when its customer changed meanwhile.
TRIES = 200


@dataclass(frozen=True)
class Merge:
    """A journal's content: what is to be done. It never changes once it is written."""

    id: str
    kept: str
    merged: str
    #: In the words of `CustomersMerged.proof`.
    proof: str
    at: str
    #: The identity that was proven by it, ``telegram:4711``; empty when it was proven before.
    proven: str = ""
    #: Channels that the news is pushed to, separated by blanks.
    announce: str = ""
    #: Of an undo: the merge that it takes back, the agent and the command.
    undoes: str = ""
    by: str = ""
    command_id: str = ""

    @property
    def customers(self) -> tuple[str, str]:
        return self.kept, self.merged


class Again(Exception):
    """The customers are not as the journal says any more; it is given up and planned anew."""


class Steps:
    """Opens what every step needs."""

    scripts: tuple[str, ...] = ()

    def __init__(self, threads: Threads) -> None:
        self.threads = threads
        self.redis: Redis = threads.redis
        self.inbox, self.outbox = threads.mailbox, threads.outbox
        self.script = {name: scripts.load(self.redis, name) for name in self.scripts}

    async def facts(self, customer_id: str) -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
        """Thread, card and records of merges, read in one step."""
        own = Keys(customer_id)
        async with self.redis.pipeline(transaction=True) as pipe:
            thread, card, records = await pipe.hgetall(own.thread).hgetall(own.customer).hgetall(own.merges).execute()
        return thread, card, records

    async def copy_seen(self, source: Keys, target: Keys) -> None:
        """A platform may repeat a message long after a merge; what was seen on either side stays seen."""
        ids = await self.redis.zrange(source.seen, 0, -1, withscores=True)
        for at in range(0, len(ids), 1000):
            await self.redis.zadd(target.seen, {id: int(score) for id, score in ids[at : at + 1000]})

    def news(self, plan: Merge, thread: dict[str, Any], key: str, card: dict[str, str]) -> str:
        """The message that tells of a merge or undo, in the thread's language;
        `card` names the channels that it is about."""
        language: Language = "de" if thread.get("language") == "de" else "en"
        names = dict.fromkeys(say(language, f"channel_{one['channel']}") for one in card_of("", card).identities)
        text = say(language, key, channels=", ".join(names) or say(language, "channel_web"))
        told = message("system", text, id=f"{key}:{plan.id}", channel=thread.get("channel") or "web")
        return told.model_dump_json(exclude={"cursor", "origin"})
