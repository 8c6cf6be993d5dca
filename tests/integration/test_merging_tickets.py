"""A merge while people and the assistant are at work: tickets, owners, turns at hand,
commands, memory, both sides writing."""

import asyncio
import json
import uuid
from datetime import UTC, datetime, timedelta

import pytest

from bot import keys, merge_joining
from bot.commands import Commands
from bot.keys import Keys
from bot.mailbox import Lease, Mailbox
from bot.merging import Merges
from bot.threads import Plan, Threads, message
from tests.integration.test_merging import ANNA, BEN, events, said, texts, undo_of
from tickets.contracts import AgentMessage, OwnerCommand, partition


@pytest.fixture
def merges(redis, monkeypatch):
    monkeypatch.setattr(merge_joining, "PATIENCE_SECONDS", 0)  # No outbox worker runs here.
    return Merges(Threads(redis, Mailbox(redis, "mailbox"), Mailbox(redis, "outbox")))


@pytest.fixture
def threads(merges):
    return merges.threads


@pytest.fixture
def commands(merges):
    async def retry(customer_id: str, cursor: str) -> None: ...

    return Commands(merges.threads, lambda channel: channel != "web", retry, merges.undo_or_why)


async def take(threads: Threads, customer: str) -> Lease:
    await threads.mailbox.prepare()
    ready = threads.mailbox.ready_key(partition(customer))
    found = await threads.redis.xreadgroup("mailbox", "tester", {ready: ">"})
    entry = [entry for entry, fields in found[0][1] if fields["customer"] == customer][-1]
    lease = await threads.mailbox.take(customer, entry)
    assert lease is not None
    return lease


async def do(threads: Threads, commands: Commands, customer: str, command) -> None:
    """A command comes from the desk for this customer, and whoever has their thread now works on it."""
    list_key, *_ = threads.mailbox.keys(customer)
    item = f"command {command.model_dump_json()}"
    own = [Keys(customer).thread, *threads.mailbox.keys(customer)]
    await threads.redis.eval(  # As the intake does: it knows nothing of merges.
        "redis.call('RPUSH', KEYS[2], ARGV[2]) if redis.call('HSETNX', KEYS[4], 'queued', '1') == 1 then "
        "redis.call('HSET', KEYS[4], 'entry', redis.call('XADD', KEYS[3], '*', 'customer', ARGV[1])) end",
        len(own),
        *own,
        customer,
        item,
    )
    for whose in dict.fromkeys((customer, await threads.root(customer))):
        while await threads.redis.llen(threads.mailbox.list_key(whose)):
            lease = await take(threads, whose)
            item, left = await threads.mailbox.head(lease), "more"
            assert item is not None
            while left == "more":
                left = (await commands.handle(lease, item.partition(" ")[2])).left
                item = await threads.mailbox.head(lease) or ""
    assert await threads.redis.llen(list_key) == 0


def owner_command(action: str, ref: str, customer: str) -> OwnerCommand:
    return OwnerCommand(
        command_id=str(uuid.uuid4()),
        customer_id=customer,
        ticket_ref=ref,
        action=action,
        agent_id="a",
        agent_name="Ada",
        at=datetime.now(UTC),
    )


async def with_ticket(threads: Threads, customer: str, ref: str, owner: str, agent: str = "") -> None:
    fields = {"owner": owner, "epoch": "2", "ticket": ref, "last_ticket": ref, "agent_name": agent}
    await threads.redis.hset(Keys(customer).thread, mapping=fields)


async def test_an_agent_goes_before_the_queue_and_the_queue_before_the_bot(merges, threads):
    await with_ticket(threads, ANNA, "F-10001", "queue")
    await with_ticket(threads, BEN, "F-10002", "agent", "Ada")
    await merges.merge(ANNA, BEN, "link code")
    state = await threads.state(ANNA)
    assert (state.owner, state.ticket, state.agent_name, state.epoch) == ("agent", "F-10002", "Ada", 3)
    assert [(one.ref, one.owner) for one in state.tickets] == [("F-10002", "agent"), ("F-10001", "queue")]


async def test_when_one_of_two_tickets_is_resolved_the_other_one_has_the_thread(merges, threads, commands):
    await with_ticket(threads, ANNA, "F-10001", "queue")
    await with_ticket(threads, BEN, "F-10002", "agent", "Ada")
    await merges.merge(ANNA, BEN, "link code")
    await do(threads, commands, BEN, owner_command("resolve", "F-10002", BEN))
    state = await threads.state(ANNA)
    assert (state.owner, state.ticket) == ("queue", "F-10001")
    await do(threads, commands, ANNA, owner_command("resolve", "F-10001", ANNA))
    state = await threads.state(ANNA)
    assert (state.owner, state.ticket, state.tickets) == ("bot", "", ())


async def test_the_ticket_beside_can_be_claimed_released_and_resolved(merges, threads, commands):
    await with_ticket(threads, ANNA, "F-10001", "queue")
    await with_ticket(threads, BEN, "F-10002", "queue")
    await merges.merge(ANNA, BEN, "link code")
    assert (await threads.state(ANNA)).ticket == "F-10001", "who waits longer is shown"
    await do(threads, commands, ANNA, owner_command("claim", "F-10002", ANNA))
    state = await threads.state(ANNA)
    assert (state.owner, [one.ref for one in state.tickets]) == ("agent", ["F-10002", "F-10001"])
    await do(threads, commands, ANNA, owner_command("resolve", "F-10001", ANNA))
    state = await threads.state(ANNA)
    assert (state.owner, [one.ref for one in state.tickets]) == ("agent", ["F-10002"])


async def test_a_command_for_a_customer_who_moved_reaches_the_common_thread_once(merges, threads, commands):
    await threads.accept(BEN, said("ben", "telegram"))
    await merges.merge(ANNA, BEN, "link code")
    lease = await take(threads, ANNA)
    await threads.finish(lease, Plan())
    told = AgentMessage(
        command_id="c1",
        customer_id=BEN,
        ticket_ref="F-1",
        client_id="client-1",
        agent_id="a",
        agent_name="Ada",
        text="hello",
        at=datetime.now(UTC),
    )
    for _ in range(2):
        await do(threads, commands, BEN, told)
    assert await texts(threads, ANNA) == ["ben", "hello"]
    [delivery] = await threads.redis.lrange(threads.outbox.list_key(ANNA), 0, -1)
    assert delivery.startswith("telegram "), "the reply goes where the customer wrote last"


async def test_an_agent_undoes_a_merge_and_each_side_has_its_ticket_again(merges, threads, commands, redis):
    await with_ticket(threads, ANNA, "F-10001", "agent", "Ada")
    await with_ticket(threads, BEN, "F-10002", "queue")
    merge_id = await merges.merge(ANNA, BEN, "link code")
    await do(threads, commands, ANNA, undo_of(merge_id, ANNA))
    anna, ben = await threads.state(ANNA), await threads.state(BEN)
    assert (anna.owner, anna.ticket, anna.agent_name) == ("agent", "F-10001", "Ada")
    assert (ben.owner, ben.ticket) == ("queue", "F-10002")
    assert [one["type"] for one in await events(redis, ANNA) if one["type"] != "message"] == ["merged", "unmerged"]


async def test_a_turn_at_hand_is_superseded_and_done_once_in_the_common_thread(merges, threads):
    await threads.accept(ANNA, said("anna", "web", "anna-0001"))
    await threads.accept(BEN, said("ben", "telegram", "ben-00001"))
    hers, his = await take(threads, ANNA), await take(threads, BEN)
    await merges.merge(ANNA, BEN, "link code")
    for lease, name in ((hers, "anna"), (his, "ben")):
        late = message("bot", f"re {name}", id=f"re-{name}", channel="web")
        assert (
            await threads.finish(lease, Plan(epoch=1, once=f"turn:{name}", messages=[late]))
        ).outcome == "superseded"
    lease = await take(threads, ANNA)
    items = await threads.redis.lrange(threads.mailbox.list_key(ANNA), 0, -1)
    waiting = [(await threads.message(ANNA, item.split()[1])).text for item in items]
    assert waiting == ["anna", "ben"]
    state = await threads.state(ANNA)
    for name in waiting:
        reply = message("bot", f"re {name}", id=f"re-{name}", channel="web")
        finished = await threads.finish(lease, Plan(epoch=state.epoch, once=f"turn:{name}", messages=[reply]))
        assert finished.outcome == "done"
    assert finished.left == "retired"


async def test_the_assistant_s_memory_goes_along_and_forgets_after_an_undo(merges, threads, redis):
    await threads.accept(ANNA, said("where is NL-20417", "web"))
    await asyncio.sleep(0.002)
    await threads.accept(BEN, said("hi", "telegram"))
    for customer, slots in ((ANNA, {"order_number": "NL-20417", "language": "de"}), (BEN, {"topic": "greeting"})):
        head, memory = keys.memory(customer)
        await redis.hset(head, mapping={"version": "4", "base": json.dumps({"slots": slots, "loop": None})})
        await redis.rpush(memory, json.dumps([{"event": "user", "text": customer}]))
    await redis.rpush(keys.memory(ANNA)[1], json.dumps([{"event": "slot", "name": "order_status", "value": "shipped"}]))
    merge_id = await merges.merge(ANNA, BEN, "link code")
    head, memory = keys.memory(ANNA)
    base = json.loads(await redis.hget(head, "base"))
    assert base["slots"] == {"order_number": "NL-20417", "order_status": "shipped", "topic": "greeting"}
    assert [json.loads(one)[0]["text"] for one in await redis.lrange(memory, 0, -1)] == [BEN], (
        "the later dialogue goes on"
    )
    assert int(await redis.hget(head, "version")) == 5, "what Rasa still computes from the old memory is refused"
    await merges.undo(undo_of(merge_id, ANNA))
    assert not await redis.exists(head, memory)
    assert json.loads(await redis.hget(keys.memory(BEN)[0], "base"))["slots"] == {"topic": "greeting"}
    assert await redis.ttl(keys.memory(BEN)[0]) == -1


async def test_a_memory_that_cannot_be_read_keeps_no_door_shut(merges, threads, redis):
    await threads.accept(BEN, said("ben", "telegram"))
    head, memory = keys.memory(BEN)
    await redis.hset(head, mapping={"version": "1", "base": "nonsense"})
    await redis.rpush(memory, "{}")
    await merges.merge(ANNA, BEN, "link code")
    await threads.accept(BEN, said("after", "telegram"))
    assert await texts(threads, ANNA) == ["ben", "after"]
    assert await merges.unfinished() == []


async def test_the_stricter_consent_wins_and_a_dead_letter_can_still_be_retried(merges, threads, redis):
    given, refused = (
        {"messages": messages, "at": f"2026-0{number}-01"} for number, messages in ((1, True), (2, False))
    )
    await redis.hset(
        Keys(ANNA).customer, mapping={"consent:sms": json.dumps(given), "consent:email": json.dumps(refused)}
    )
    await redis.hset(
        Keys(BEN).customer, mapping={"consent:sms": json.dumps(refused), "consent:email": json.dumps(given)}
    )
    cursor = (await threads.accept(BEN, said("ben", "sms"))).cursor
    await redis.hset(Keys(BEN).dead, cursor, "{}")
    await merges.merge(ANNA, BEN, "link code")
    card = await redis.hgetall(Keys(ANNA).customer)
    assert json.loads(card["consent:sms"]) == json.loads(card["consent:email"]) == refused
    assert await redis.hkeys(Keys(ANNA).dead) == [cursor]


async def test_what_made_one_side_angry_and_was_settled_does_not_count_again(merges, threads, redis):
    for customer, channel in ((ANNA, "web"), (BEN, "telegram")):
        for number in range(3):
            cursor = (await threads.accept(customer, said(str(number), channel))).cursor
            await redis.rpush(Keys(customer).anger, f"{cursor} 0.{number}00")
            if customer == ANNA and number == 1:
                await redis.hset(Keys(ANNA).thread, "anger_from", cursor)
            await asyncio.sleep(0.002)
    await merges.merge(ANNA, BEN, "link code")
    state = await threads.state(ANNA)
    assert [score for _, score in await threads.anger(ANNA, state.anger_from)] == [0.2, 0.0, 0.1, 0.2]


async def test_while_both_sides_write_nothing_is_lost_or_repeated_and_each_side_keeps_its_order(merges, threads):
    sent: dict[str, list[str]] = {ANNA: [], BEN: []}

    async def write(customer: str, channel: str) -> None:
        for number in range(120):
            text = f"{customer} {number}"
            await threads.accept(customer, said(text, channel, f"{customer}-{number:04}"))
            sent[customer].append(text)
            if number % 10 == 0:
                assert (await threads.accept(customer, said(text, channel, f"{customer}-{number:04}"))).duplicate

    async def merge() -> None:
        await asyncio.sleep(0.02)
        await merges.merge(ANNA, BEN, "link code")

    await asyncio.gather(write(ANNA, "web"), write(BEN, "telegram"), merge())
    log = await texts(threads, ANNA)
    assert sorted(log) == sorted(sent[ANNA] + sent[BEN])
    for customer in (ANNA, BEN):
        assert [text for text in log if text.startswith(customer)] == sent[customer]
    waiting = await threads.redis.lrange(threads.mailbox.list_key(ANNA), 0, -1)
    queue = [(await threads.message(ANNA, item.split()[1])).text for item in waiting]
    for customer in (ANNA, BEN):
        assert [text for text in queue if text.startswith(customer)] == sent[customer]


async def test_three_who_meet_at_once_in_any_order_become_one(merges, threads):
    people = [ANNA, BEN, "cus_carl"]
    for one in people:
        await threads.accept(one, said(one))
    pairs = [(a, b) for a in people for b in people if a != b]
    await asyncio.gather(*(merges.merge(a, b, "link code") for a, b in pairs))
    roots = {await threads.root(one) for one in people}
    assert len(roots) == 1
    assert sorted(await texts(threads, roots.pop())) == sorted(people)
    assert await merges.unfinished() == []


async def refusals(redis, customer: str) -> list[tuple[str, str]]:
    return [
        (event["reason"], event["agent_id"])
        for event in await events(redis, customer)
        if event["type"] == "undo_refused"
    ]


async def test_the_desk_hears_why_a_merge_was_not_undone_and_nothing_of_a_command_that_came_twice(
    merges, threads, commands, redis
):
    await threads.accept(BEN, said("ben", "telegram"))
    merge_id = await merges.merge(ANNA, BEN, "link code")
    first = undo_of(merge_id, ANNA, "first")
    assert await merges.undo(first), "as if the process died before the command left the mailbox"
    await do(threads, commands, ANNA, first)
    assert await refusals(redis, ANNA) == []
    await do(threads, commands, ANNA, undo_of(merge_id, ANNA, "second"))
    await do(threads, commands, ANNA, undo_of("mrg_unknown", ANNA, "third"))
    assert await refusals(redis, ANNA) == [("undone", "a"), ("unknown", "a")]


async def test_a_merge_that_went_on_in_another_one_is_undone_only_after_that(merges, threads, commands, redis):
    for customer in (BEN, "cus_carl"):
        await threads.accept(customer, said(customer, "telegram"))
    first = await merges.merge(BEN, "cus_carl", "link code")
    second = await merges.merge(ANNA, BEN, "link code")
    assert await merges.undo(undo_of(second, ANNA, "c1"))
    assert await merges.undo(undo_of(first, BEN, "c2"))
    old = (datetime.now(UTC) - timedelta(days=31)).isoformat()
    third = await merges.merge(ANNA, "cus_dora", "link code")
    await redis.hset(keys.journal(third), "at", old)
    await do(threads, commands, ANNA, undo_of(third, ANNA, "c3"))
    assert await refusals(redis, ANNA) == [("too_late", "a")]
