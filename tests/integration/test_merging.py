"""Two threads become one, and two again, against a real Redis: whole, in order, once, wherever it is interrupted."""

import asyncio
import json
import uuid
from datetime import UTC, datetime, timedelta

import pytest

from bot import keys, merge_joining, merging
from bot.identity import Identities
from bot.keys import Keys
from bot.mailbox import Mailbox
from bot.merging import Merges
from bot.threads import Threads, message
from runtime.redis import connect
from tests.dying_redis import Broken, Dying
from tickets.contracts import CustomersMerged, UndoMerge, partition

#: They live in different partitions, as most pairs do.
ANNA, BEN = "cus_anna", "cus_ben"


def build(redis) -> Merges:
    return Merges(
        Threads(redis, Mailbox(redis, "mailbox"), Mailbox(redis, "outbox")), pushes=lambda channel: channel != "web"
    )


@pytest.fixture
def merges(redis):
    return build(redis)


@pytest.fixture
def threads(merges):
    return merges.threads


def said(text: str, channel: str = "web", id: str | None = None):
    return message("customer", text, id=id or str(uuid.uuid4()), channel=channel)


def undo_of(merge_id: str, customer_id: str, command_id: str = "c1") -> UndoMerge:
    agent = {"agent_id": "a", "agent_name": "Ada", "at": datetime.now(UTC)}
    return UndoMerge(command_id=command_id, customer_id=customer_id, merge_id=merge_id, **agent)


async def texts(threads: Threads, customer: str, system: bool = False) -> list[str]:
    return [one.text for one in await threads.last(customer, 5000) if system or one.author != "system"]


async def events(redis, customer: str) -> list[dict]:
    return [json.loads(fields["event"]) for _, fields in await redis.xrange(Keys(customer).events)]


async def test_two_threads_become_one_in_order_of_time_and_keep_channel_and_cursor(merges, threads):
    assert partition(ANNA) != partition(BEN)
    sent = []
    for number in range(30):
        customer, channel = (ANNA, "web") if number % 3 else (BEN, "telegram")
        accepted = await threads.accept(customer, said(str(number), channel))
        sent.append((accepted.cursor, str(number), channel))
        await asyncio.sleep(0.0015)
    await merges.merge(ANNA, BEN, "link code")
    *thread, marker = await threads.last(ANNA, 100)
    assert [(one.cursor, one.text, one.channel) for one in thread] == sent
    assert {one.origin for one in thread} == {"", BEN}
    assert marker.author == "system"
    assert await threads.last(BEN, 100) == []
    assert await threads.root(BEN) == ANNA


async def test_messages_of_the_same_millisecond_all_stay_and_keep_the_order_of_their_side(merges, threads, redis):
    for customer in (ANNA, BEN):
        for sequence in range(3):
            await redis.xadd(
                Keys(customer).log,
                {"m": said(f"{customer} {sequence}").model_dump_json(exclude={"cursor", "origin"})},
                id=f"1700000000000-{sequence}",
            )
        await redis.rpush(Keys(customer).anger, "1700000000000-1 0.500")
    await redis.rpush(threads.mailbox.list_key(BEN), "message 1700000000000-2")
    await merges.merge(ANNA, BEN, "link code")
    assert await texts(threads, ANNA) == [f"{customer} {sequence}" for customer in (ANNA, BEN) for sequence in range(3)]
    waiting = (await redis.lrange(threads.mailbox.list_key(ANNA), 0, -1))[-1].split()[1]
    assert (await threads.message(ANNA, waiting)).text == f"{BEN} 2"
    second = (await threads.anger(ANNA))[1][0]
    assert (await threads.message(ANNA, second)).text == f"{BEN} 1"


async def test_a_merged_customer_writes_on_in_the_common_thread_and_a_repetition_is_still_known(merges, threads):
    before = await threads.accept(BEN, said("before", "telegram", "tg-00000001"))
    await merges.merge(ANNA, BEN, "link code")
    again = await threads.accept(BEN, said("before", "telegram", "tg-00000001"))
    assert (again.cursor, again.duplicate) == (before.cursor, True)
    await threads.accept(BEN, said("after", "telegram"))
    assert await texts(threads, ANNA) == ["before", "after"]


async def test_an_undo_gives_back_what_was_theirs_and_leaves_what_was_written_in_common(merges, threads, redis):
    await threads.accept(ANNA, said("anna", "web"))
    await threads.accept(BEN, said("ben", "telegram", "tg-00000001"))
    merge_id = await merges.merge(ANNA, BEN, "link code")
    await threads.accept(BEN, said("common", "telegram", "tg-00000002"))
    assert await merges.undo(undo_of(merge_id, ANNA))
    assert await texts(threads, ANNA) == ["anna", "common"]
    assert await texts(threads, BEN) == ["ben"]
    assert await threads.root(BEN) == BEN
    assert (await threads.accept(BEN, said("common", "telegram", "tg-00000002"))).duplicate
    await threads.accept(BEN, said("alone", "telegram"))
    assert await texts(threads, BEN) == ["ben", "alone"]
    assert (await threads.state(ANNA)).active != "0-0" or not (await threads.state(ANNA)).channel
    assert not await merges.undo(undo_of(merge_id, ANNA, "c2"))
    acts = [json.loads(fields["entry"])["act"] for _, fields in await redis.xrange(keys.AUDIT)]
    assert acts == ["merged", "unmerged"]
    kinds = [event["type"] for event in await events(redis, ANNA)]
    assert kinds == ["merged", "unmerged"]


async def two_full_threads(threads: Threads, redis) -> None:
    """Each side has history, an item that waits, a delivery,
    a reading of anger and something that the assistant knows."""
    for number in range(4):
        await threads.accept(ANNA, said(f"anna {number}", "web", f"anna-{number:04}"))
        await asyncio.sleep(0.0015)
        await threads.accept(BEN, said(f"ben {number}", "telegram", f"ben-{number:05}"))
        await asyncio.sleep(0.0015)
    for customer in (ANNA, BEN):
        last = (await threads.last(customer, 1))[0].cursor
        await redis.rpush(threads.outbox.list_key(customer), f"telegram {last}")
        await redis.rpush(Keys(customer).anger, f"{last} 0.500")
        head, memory = keys.memory(customer)
        await redis.hset(head, mapping={"version": "3", "base": json.dumps({"slots": {customer: 1}, "loop": None})})
        await redis.rpush(memory, json.dumps([{"event": "user", "text": customer}]))
    card = {f"identity:telegram:{BEN}": json.dumps({"identity": f"telegram:{BEN}", "channel": "telegram"})}
    await redis.hset(Keys(BEN).customer, mapping={**card, "name": "Ben"})


async def everything(threads: Threads, redis, *customers: str) -> dict:
    """What a customer or an agent could tell apart; cursors and ids of one run are not that of another."""
    found: dict = {}
    for customer in customers:
        own = Keys(customer)
        thread = await redis.hgetall(own.thread)
        log = await threads.last(customer, 1000)
        place = {one.cursor: one.text for one in log}
        items = [
            [place.get(item.split()[1]) for item in await redis.lrange(box.list_key(customer), 0, -1)]
            for box in (threads.mailbox, threads.outbox)
        ]
        head, memory = keys.memory(customer)
        found[customer] = {
            "log": [(one.text, one.channel, one.origin) for one in log],
            "items": items,
            "anger": [place.get(cursor) for cursor, _ in await threads.anger(customer)],
            "thread": {
                name: thread.get(name) for name in ("owner", "epoch", "channel", "moved_to", "sealed", "merging")
            },
            "memory": (await redis.hget(head, "base"), await redis.lrange(memory, 0, -1)),
            "card": sorted(await redis.hkeys(own.customer)),
            "events": [event["type"] for event in await events(redis, customer)],
            "rests": await redis.hget(threads.mailbox.state_key(customer), "rests"),
            "ready": await redis.xlen(threads.mailbox.ready_key(partition(customer))),
        }
    found["audit"] = await redis.xlen(keys.AUDIT)
    return found


async def interrupted_at(redis, redis_url, at: int, after: bool, act) -> tuple[bool, dict]:
    """Whether the process died at its n-th call, and what another one made of it."""
    await redis.flushall()
    merges = build(redis)
    await two_full_threads(merges.threads, redis)
    prepared = await act(merges, None)
    client = connect(redis_url)
    died = False
    try:
        dying = build(client)
        Dying(client, at, after)
        await act(dying, prepared)
    except Broken:
        died = True
    finally:
        await client.aclose()
    for merge_id in await merges.unfinished():
        await merges.resume(merge_id)
    assert await merges.unfinished() == []
    if died:
        await act(merges, prepared)
    return died, await everything(merges.threads, redis, ANNA, BEN)


async def merge_them(merges: Merges, prepared) -> str:
    return "" if prepared is None else await merges.merge(ANNA, BEN, "link code")


async def merge_and_part_them(merges: Merges, prepared) -> str:
    if prepared is None:
        return await merges.merge(ANNA, BEN, "link code")
    await merges.undo(undo_of(prepared, ANNA))
    return ""


async def test_what_a_dead_process_left_behind_is_finished_by_the_sweeper(merges, threads, redis_url, monkeypatch):
    monkeypatch.setattr(merging, "SWEEP_SECONDS", 0.02)
    await threads.accept(BEN, said("ben", "telegram"))
    client = connect(redis_url)
    dying = build(client)
    Dying(client, 10, after=True)
    with pytest.raises(Broken):
        await dying.merge(ANNA, BEN, "link code")
    await client.aclose()
    assert len(await merges.unfinished()) == 1
    sweeping = asyncio.create_task(merges.run())
    async with asyncio.timeout(10):
        while await merges.unfinished():
            await asyncio.sleep(0.02)
    sweeping.cancel()
    assert await texts(threads, ANNA) == ["ben"]


async def test_who_finds_the_door_shut_by_a_dead_process_opens_it(merges, threads, redis_url, monkeypatch):
    await threads.accept(BEN, said("before", "telegram"))
    client = connect(redis_url)
    dying = build(client)

    async def die(plan) -> None:
        raise Broken

    monkeypatch.setattr(dying.joining, "_weave", die)
    with pytest.raises(Broken):
        await dying.merge(ANNA, BEN, "link code")
    await client.aclose()
    assert await threads.redis.hexists(Keys(BEN).thread, "sealed")
    await threads.accept(BEN, said("after", "telegram"))
    assert await texts(threads, ANNA) == ["before", "after"]
    assert await merges.unfinished() == []


async def test_facts_that_cannot_be_joined_leave_both_as_they_were(merges, threads, redis):
    for customer in (ANNA, BEN):
        await redis.hset(Keys(customer).customer, "consent:sms", "nonsense")
    await threads.accept(BEN, said("before", "telegram"))
    with pytest.raises(ValueError, match="Expecting value"):
        await merges.merge(ANNA, BEN, "link code")
    await threads.accept(BEN, said("after", "telegram"))
    assert await texts(threads, BEN) == ["before", "after"]
    assert await redis.llen(threads.mailbox.list_key(BEN)) == 2
    assert await merges.unfinished() == []


async def test_a_merge_can_be_undone_for_thirty_days_and_no_longer(merges, threads, redis):
    await threads.accept(BEN, said("ben", "telegram"))
    old, fresh = [await merges.merge(ANNA, other, "link code") for other in (BEN, "cus_carl")]
    for merge_id, days in ((old, 31), (fresh, 29)):
        at = (datetime.now(UTC) - timedelta(days=days)).isoformat()
        await redis.hset(keys.journal(merge_id), "at", at)
    assert not await merges.undo(undo_of(old, ANNA))
    assert not await merges.undo(undo_of("mrg_unknown", ANNA))
    assert await threads.root(BEN) == ANNA
    assert await merges.undo(undo_of(fresh, ANNA))
    assert 0 < await redis.ttl(keys.journal(old)) <= 31 * 24 * 3600


async def test_the_desk_hears_of_a_merge_with_the_customer_s_card_and_the_audit_log_says_who_and_how(
    merges, threads, redis
):
    identities = Identities(redis, "secret", "")
    ben = await identities.home_of("telegram", "4711", name="Ben")
    merge_id = await merges.merge(ANNA, ben, "link code", proven="telegram:4711")
    [event] = await events(redis, ANNA)
    assert CustomersMerged.model_validate(event).merge_id == merge_id
    assert event["brought"] == ["telegram:4711"]
    [identity] = event["customer"]["identities"]
    assert (identity["identity"], identity["verified_how"]) == ("telegram:4711", "link code")
    [entry] = [json.loads(fields["entry"]) for _, fields in await redis.xrange(keys.AUDIT)]
    assert (entry["act"], entry["kept"], entry["merged"], entry["proof"]) == ("merged", ANNA, ben, "link code")


@pytest.mark.parametrize("act", [merge_them, merge_and_part_them], ids=["merge", "undo"])
@pytest.mark.parametrize("after", [False, True], ids=["call lost", "answer lost"])
async def test_interrupted_at_any_call_and_finished_by_another_process_it_comes_out_the_same(
    redis, redis_url, act, after, monkeypatch
):
    monkeypatch.setattr(merge_joining, "PATIENCE_SECONDS", 0)
    _, whole = await interrupted_at(redis, redis_url, 10_000, after, act)
    died, at = True, 0
    while died:
        at += 1
        died, result = await interrupted_at(redis, redis_url, at, after, act)
        assert result == whole, f"interrupted at call {at}"
    assert at > 12
