"""The promises over random histories: messages, edits, repetitions, turns, merges, undos,
takeovers and deaths in any order.

Four customers write on a channel each. Their pages read along and lose their line. Whatever happened, in the end every
accepted message stands in one thread, once, in order, was answered once, went out once,
and is seen by whom it concerns.
"""

import asyncio
import os
import random
from collections import Counter, defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot import merge_joining
from bot.mailbox import Mailbox
from bot.merging import Merges
from bot.replay import Reader
from bot.threads import Plan, Threads, message, order
from runtime.redis import connect
from tests.dying_redis import Broken, Dying
from tickets.contracts import UndoMerge, partitions

HOMES = [f"cus_{name}" for name in ("anna", "ben", "carl", "dora")]
CHANNEL = dict(zip(HOMES, ("web", "telegram", "sms", "whatsapp"), strict=True))


@dataclass
class Page:
    """A customer's page: it keeps what it was sent, by id, and the highest cursor."""

    home: str
    reader: Reader
    shown: dict = field(default_factory=dict)
    sent: set = field(default_factory=set)

    @property
    def cursor(self):
        return max((one.cursor for one in self.shown.values()), key=order, default=None)


class World:
    def __init__(self, redis, url) -> None:
        self.redis, self.url = redis, url
        self.merges = self._process(redis)
        self.threads = self.merges.threads
        self.pages = {home: Page(home, Reader(self.threads, home, None)) for home in HOMES}
        #: Of each message who said it and who had their thread then, before and after.
        self.accepted: dict[str, tuple[str, set[str]]] = {}
        self.order: dict[str, list[str]] = defaultdict(list)
        #: How each message reads by now.
        self.words: dict[str, str] = {}
        self.merged: list[str] = []
        self.undone = False
        #: Messages that a person answers: the bot kept silent, or its reply was dropped.
        self.silenced: set[str] = set()
        self.storming = False
        self.late: list = []
        self.went_out: list[tuple[str, str]] = []

    def _process(self, redis) -> Merges:
        return Merges(Threads(redis, Mailbox(redis, "mailbox"), Mailbox(redis, "outbox")))

    # What can happen.

    async def say(self, home: str, number: int) -> None:
        id = f"{home}-{len(self.accepted):04}"
        self.accepted[id] = (home, {await self.threads.root(home)})
        accepted = await self.threads.accept(home, message("customer", id, id=id, channel=CHANNEL[home]))
        assert not accepted.duplicate
        self.order[home].append(id)
        self.words[id] = id
        self.accepted[id][1].add(await self.threads.root(home))

    async def repeat(self, home: str, number: int) -> None:
        if not self.order[home]:
            return
        id = self.order[home][number % len(self.order[home])]
        again = await self.threads.accept(home, message("customer", id, id=id, channel=CHANNEL[home]))
        assert again.duplicate

    async def edit(self, home: str, number: int) -> None:
        if not self.order[home]:
            return
        id = self.order[home][number % len(self.order[home])]
        change = f"{self.words[id]}+"
        told = message("customer", change, id=f"{id}:{len(change)}", channel=CHANNEL[home], change="edited", changes=id)
        outcome = await self.threads.change(home, told)
        assert outcome in ("changed", "missing"), "what was said in common stays there after an undo"
        assert outcome == "changed" or self.merged
        if outcome == "changed":
            self.words[id] = change

    async def merge(self, home: str, number: int) -> None:
        if merge_id := await self.merges.merge(home, HOMES[number % 4], "link code"):
            self.merged.append(merge_id)

    async def merge_and_die(self, home: str, number: int) -> None:
        """The process that merges dies at one of its calls; nobody knows of it until somebody meets it."""
        client = connect(self.url)
        try:
            merges = self._process(client)
            Dying(client, 1 + number % 24, after=number % 2 == 0)
            with suppress(Broken):
                self.merged.append(await merges.merge(home, HOMES[number % 4], "link code"))
        finally:
            await client.aclose()
        self.merged += [merge_id for merge_id in await self.merges.unfinished() if merge_id not in self.merged]

    async def undo(self, home: str, number: int) -> None:
        if not self.merged:
            return
        merge_id = self.merged[number % len(self.merged)]
        agent = {"agent_id": "a", "agent_name": "Ada", "at": datetime.now(UTC)}
        command = UndoMerge(command_id=f"undo-{number}", customer_id=home, merge_id=merge_id, **agent)
        if await self.merges.undo(command):
            self.undone = True

    async def sweep(self, home: str, number: int) -> None:
        for merge_id in await self.merges.unfinished():
            await self.merges.resume(merge_id)

    async def work(self, home: str, number: int) -> None:
        """A worker takes whoever is ready, also from one that died, does an item,
        or dies before its end, or is late."""
        lease = await self._lease(self.threads.mailbox, number)
        if lease is None or (item := await self.threads.mailbox.head(lease)) is None:
            return
        step = (lease, await self._turn(lease, item))
        fate = number % 4
        if fate == 0:
            return  # It died.
        if fate == 1:
            self.late.append(step)  # It hangs, and goes on when somebody else may have taken over.
        else:
            await self._finish(*step)

    async def wake(self, home: str, number: int) -> None:
        if self.late:
            await self._finish(*self.late.pop(number % len(self.late)))

    async def read(self, home: str, number: int) -> None:
        """The page reads; every now and then the line breaks in the middle of it and a new one begins at the cursor."""
        page = self.pages[home]
        start_over, messages = await page.reader.next()
        if start_over:
            page.shown.clear()
            page.sent.clear()
        cut = number % (len(messages) + 1) if messages and number % 3 == 0 else len(messages)
        for one in messages[:cut]:
            assert one.id not in page.sent, "sent twice on one line"
            page.sent.add(one.id)
            page.shown[one.id] = one
        if cut < len(messages):
            self._connect(page)

    async def reconnect(self, home: str, number: int) -> None:
        self._connect(self.pages[home])

    async def claim(self, home: str, number: int) -> None:
        """An agent takes the thread, or hands it back."""
        await self.threads.forward(home, f"command {'agent' if number % 2 else 'bot'} {len(self.accepted)}-{number}")

    async def storm(self, home: str, number: int) -> None:
        """Much of it at once."""
        dice = random.Random(number)
        calm = [self.say, self.say, self.repeat, self.merge, self.undo, self.work, self.sweep, self.claim, self.edit]
        self.storming = True

        async def live(home: str) -> None:
            for _ in range(3):
                await dice.choice(calm)(home, dice.randrange(1000))

        await asyncio.gather(*map(live, HOMES))
        self.storming = False

    # How it is done.

    def _connect(self, page: Page) -> None:
        page.reader = Reader(self.threads, page.home, page.cursor)
        page.sent = set()

    async def _lease(self, mailbox: Mailbox, number: int):
        for tag in random.Random(number).sample(partitions(), 8):
            ready = mailbox.ready_key(tag)
            claimed = await self.redis.xautoclaim(ready, mailbox.group, "w", 0, count=5)
            fresh = await self.redis.xreadgroup(mailbox.group, "w", {ready: ">"}, count=5)
            for entry, fields in [*claimed[1], *(fresh[0][1] if fresh else [])]:
                if fields and (lease := await mailbox.take(fields["customer"], entry)):
                    return lease
        return None

    async def _turn(self, lease, item: str) -> Plan:
        if item.startswith("command"):
            _, owner, id = item.split()
            ticket = {"ticket": f"F-{10000 + len(id)}"} if owner == "agent" else {"ticket": "", "also": ""}
            return Plan(once=f"command:{id}", owner=owner, set=ticket)
        cursor = item.split()[1]
        incoming = await self.threads.message(lease.customer_id, cursor)
        if incoming is None:
            return Plan()  # The thread went away just now, and the lease with it.
        reads = (incoming.id, len(incoming.former))
        # As angry as it was edited often, so that a reading tells which words it is of.
        anger = f"{cursor} {len(incoming.former) / 1000:.3f}"
        if item.startswith("changed"):
            return Plan(anger_anew=anger, reads=reads)
        state = await self.threads.state(lease.customer_id)
        if state.owner != "bot":
            return Plan(set={"silent": incoming.id})
        turn = f"{incoming.origin or lease.customer_id}:{cursor}:{len(incoming.former)}"
        reply = message("bot", f"re {incoming.id}", id=f"{turn}:0", channel=incoming.channel)
        return Plan(
            epoch=state.epoch,
            once=f"turn:{turn}",
            messages=[reply],
            anger=anger,
            deliver="telegram",
            reads=reads,
        )

    async def _finish(self, lease, plan: Plan) -> None:
        before = await self.threads.state(lease.customer_id)
        now = await self.threads.by_id(lease.customer_id, plan.reads[0]) if plan.reads else None
        finished = await self.threads.finish(lease, plan)
        if finished.outcome == "done" and plan.messages and not self.storming:
            assert before.owner == "bot", "the bot speaks while a person has the thread"
            assert now and plan.reads and len(now.former) == plan.reads[1], (
                "an answer to words that were edited meanwhile"
            )
        if finished.outcome == "done" and (silent := plan.set.get("silent")):
            self.silenced.add(silent)
        if finished.outcome == "fenced":
            self.silenced.add(plan.messages[0].text.removeprefix("re "))
        if plan == Plan():
            assert finished.outcome in ("superseded", "moved"), "an item without its message"
        assert finished.outcome in ("done", "superseded", "moved", "repeated", "fenced", "changed")

    async def settle(self) -> None:
        """Everybody is back: merges are finished, workers drain what waits, pages read to the end."""
        await self.sweep("", 0)
        assert await self.merges.unfinished() == []
        while self.late:
            await self.wake("", 0)
        while lease := await self._lease(self.threads.mailbox, 0):
            while (item := await self.threads.mailbox.head(lease)) is not None:
                await self._finish(lease, await self._turn(lease, item))
        while lease := await self._lease(self.threads.outbox, 0):
            await self._deliver(lease)
        for home in HOMES:
            self._connect(self.pages[home])
            while True:
                start_over, messages = await self.pages[home].reader.next()
                if start_over:
                    self.pages[home].shown.clear()
                self.pages[home].shown |= {one.id: one for one in messages}
                if not messages and not start_over:
                    break

    async def _deliver(self, lease) -> None:
        outbox = self.threads.outbox
        while (item := await outbox.head(lease)) is not None:
            one = await self.threads.message(lease.customer_id, item.split()[1])
            assert one is not None, "a delivery without its message"
            self.went_out.append((lease.customer_id, one.text))
            await self.redis.lpop(outbox.list_key(lease.customer_id))
        await self.redis.hdel(outbox.state_key(lease.customer_id), "queued", "entry")

    # What must hold.

    async def check(self) -> None:
        roots = {home: await self.threads.root(home) for home in HOMES}
        logs = {root: await self.threads.last(root, 5000) for root in set(roots.values())}
        for home, root in roots.items():
            if home != root:
                assert await self.threads.last(home, 10) == [], "a merged customer has no thread of their own"
        own = {root: [one for one in log if one.author == "customer" and not one.change] for root, log in logs.items()}
        place = {one.id: root for root, log in own.items() for one in log}
        said = Counter(one.id for log in own.values() for one in log)
        assert said == Counter(self.accepted.keys()), "accepted means stored, once"
        assert {one.id: one.text for log in own.values() for one in log} == self.words, "an edit is lost"
        for id, (home, then) in self.accepted.items():
            assert place[id] in {roots[home], *(roots[one] for one in then)}, "a thread that is not theirs"
        replies = Counter(one.text for log in logs.values() for one in log if one.author == "bot")
        answered = Counter(f"re {id}" for id in self.accepted if id not in self.silenced)
        assert replies == answered, "answered once, by the bot or a person"
        assert Counter(text for _, text in self.went_out) == replies, "sent once"
        self._check_order(logs, place)
        for home, page in self.pages.items():
            log = {one.id: one.cursor for one in logs[roots[home]]}
            assert page.shown.keys() == log.keys(), f"the page of {home}"
            # Two messages of one millisecond got a new order when their threads were joined.
            assert all(one.cursor.split("-")[0] == log[one.id].split("-")[0] for one in page.shown.values())
        for root, log in logs.items():
            edits = {one.cursor: len(one.former) for one in log}
            readings = {cursor: round(score * 1000) for cursor, score in await self.threads.anger(root)}
            assert readings == {cursor: edits[cursor] for cursor in readings}, "as angry as former words"
        for root in logs:
            state = await self.redis.hgetall(self.threads.mailbox.state_key(root))
            assert "rests" not in state and "queued" not in state
            thread = await self.redis.hmget(
                f"thread:{self.threads.mailbox.list_key(root).split(':')[1]}:{root}", "sealed", "merging"
            )
            assert thread == [None, None]

    def _check_order(self, logs, place) -> None:
        replies = [one for log in logs.values() for one in log if one.author == "bot"]
        answered = [one.text.removeprefix("re ") for one in sorted(replies, key=lambda one: order(one.cursor))]
        for root, log in logs.items():
            assert [order(one.cursor) for one in log] == sorted(order(one.cursor) for one in log)
            stored = [one.id for one in log if one.author == "customer" and not one.change]
            handled = [id for id in answered if place[id] == root]
            for home, ids in self.order.items():
                mine = [id for id in ids if place[id] == root]
                assert [id for id in stored if id in mine] == mine, f"{home}: the order of the thread"
                mine = [id for id in mine if id not in self.silenced]
                for together in self._in_one_queue(mine):
                    assert [id for id in handled if id in together] == together, f"{home}: the order of the turns"

    def _in_one_queue(self, ids: list[str]) -> list[list[str]]:
        """Messages that waited in one mailbox all the time: an undo parts what was said before from what came after."""
        if not self.undone:
            return [ids]
        queues = defaultdict(list)
        for id in ids:
            queues[frozenset(self.accepted[id][1])].append(id)
        return [some for thens, some in queues.items() if len(thens) == 1]


ACTIONS = [
    "say",
    "say",
    "say",
    "repeat",
    "merge",
    "merge_and_die",
    "undo",
    "sweep",
    "work",
    "work",
    "wake",
    "read",
    "read",
]
ACTIONS += ["reconnect", "storm", "claim", "edit"]
TRACE = os.environ.get("FADEN_TRACE")
HISTORY = st.lists(
    st.tuples(st.sampled_from(ACTIONS), st.sampled_from(HOMES), st.integers(0, 999)), min_size=8, max_size=45
)


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(history=HISTORY)
def test_the_promises_hold_over_any_history(redis_url, history):
    asyncio.run(live_through(redis_url, history))


async def live_through(url: str, history) -> None:
    redis = connect(url)
    try:
        await redis.flushall()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(merge_joining, "PATIENCE_SECONDS", 0)  # No outbox worker runs here.
            world = World(redis, url)
            for mailbox in (world.threads.mailbox, world.threads.outbox):
                await mailbox.prepare()
            for action, home, number in history:
                if TRACE:
                    print(action, home, number, flush=True)
                await getattr(world, action)(home, number)
            await world.settle()
            await world.check()
    finally:
        await redis.aclose()
