"""The thread core against a real Redis: each test tries to break one promise."""

import asyncio
import json
import random
import uuid
from collections import defaultdict

import pytest

from bot.handoff import Handoffs
from bot.identity import Identities
from bot.mailbox import Lease, Mailbox, Worker
from bot.threads import Plan, Threads, message, order
from tickets.contracts import partition


@pytest.fixture
def threads(redis):
    return Threads(redis, Mailbox(redis, "mailbox"), Mailbox(redis, "outbox"))


def said(text: str, id: str | None = None):
    return message("customer", text, id=id or str(uuid.uuid4()), channel="web")


async def lease_of(threads: Threads, customer: str) -> Lease:
    """Takes the customer as a worker would."""
    await threads.mailbox.prepare()
    ready = threads.mailbox.ready_key(partition(customer))
    found = await threads.redis.xreadgroup("mailbox", "tester", {ready: ">"})
    entry = next(entry for entry, fields in found[0][1] if fields["customer"] == customer)
    lease = await threads.mailbox.take(customer, entry)
    assert lease is not None
    return lease


async def test_a_message_id_is_stored_once_and_keeps_its_cursor(threads):
    first = await threads.accept("cus_1", said("hello", "id-00000001"))
    again = await threads.accept("cus_1", said("hello", "id-00000001"))
    assert (again.cursor, again.duplicate) == (first.cursor, True)
    assert len(await threads.last("cus_1", 10)) == 1
    assert await threads.redis.llen(threads.mailbox.list_key("cus_1")) == 1


async def test_the_same_message_arriving_fifty_times_at_once_is_stored_once(threads):
    answers = await asyncio.gather(*(threads.accept("cus_1", said("hi", "id-00000001")) for _ in range(50)))
    assert len({answer.cursor for answer in answers}) == 1
    assert sum(not answer.duplicate for answer in answers) == 1


async def test_a_customer_is_on_the_ready_stream_once_however_many_messages_wait(threads):
    for number in range(20):
        await threads.accept("cus_1", said(f"message {number}"))
    assert await threads.redis.xlen(threads.mailbox.ready_key(partition("cus_1"))) == 1


async def test_messages_after_a_cursor_are_replayed_in_order(threads):
    cursors = [(await threads.accept("cus_1", said(str(number)))).cursor for number in range(10)]
    assert [one.text for one in await threads.after("cus_1", cursors[4])] == ["5", "6", "7", "8", "9"]
    assert [one.text for one in await threads.after("cus_1", None)] == [str(number) for number in range(10)]


async def test_a_turn_leaves_the_mailbox_together_with_its_replies(threads):
    await threads.accept("cus_1", said("question"))
    lease = await lease_of(threads, "cus_1")
    finished = await threads.finish(lease, Plan(epoch=1, messages=[message("bot", "answer", id="r", channel="web")]))
    assert (finished.outcome, finished.left) == ("done", "retired")
    assert [one.text for one in await threads.last("cus_1", 10)] == ["question", "answer"]
    assert await threads.redis.xlen(threads.mailbox.ready_key(partition("cus_1"))) == 0


async def test_a_worker_that_was_taken_over_can_write_nothing(threads):
    await threads.accept("cus_1", said("question"))
    old = await lease_of(threads, "cus_1")
    new = await threads.mailbox.take("cus_1", old.entry)
    late = await threads.finish(old, Plan(epoch=1, messages=[message("bot", "late", id="r", channel="web")]))
    assert late.outcome == "superseded"
    assert new and (await threads.finish(new, Plan(epoch=1))).outcome == "done"
    assert [one.text for one in await threads.last("cus_1", 10)] == ["question"]


async def test_a_right_to_work_that_a_failover_forgot_is_not_given_again(threads):
    for text in ("one", "two"):
        await threads.accept("cus_1", said(text))
    lease = await lease_of(threads, "cus_1")
    # The replica that takes over has not heard of the taking.
    await threads.redis.hdel(threads.mailbox.state_key("cus_1"), "token")
    other = await threads.mailbox.take("cus_1", lease.entry)
    assert (await threads.finish(other, Plan())).left == "more"
    assert (await threads.finish(lease, Plan())).outcome == "superseded"
    assert await threads.redis.llen(threads.mailbox.list_key("cus_1")) == 1, "each message has its turn"


async def test_who_is_interrupted_by_an_absent_redis_is_worked_on_as_soon_as_it_is_back(threads):
    await threads.accept("cus_1", said("hello"))
    tried = []

    async def handle(lease, item):
        tried.append(item)
        if len(tried) == 1:
            threads.mailbox.head = away
            return "kept"
        return (await threads.finish(lease, Plan())).left

    async def away(lease):
        del threads.mailbox.head
        raise ConnectionError("Redis is away")

    worker = Worker(threads.mailbox, handle, consumer="tester", lease_seconds=60)
    running = asyncio.create_task(worker.run())
    async with asyncio.timeout(10):
        while len(tried) < 2:
            await asyncio.sleep(0.05)
    worker.stop()
    await running
    assert tried[0] == tried[1]


async def test_a_ticket_reference_that_a_failover_took_back_is_not_given_again(threads):
    handoffs = Handoffs(threads.redis, threads, Identities(threads.redis, "secret", ""), "Europe/Berlin")
    first = await handoffs.new_ref()
    await threads.redis.set(f"desk:ticket:{first}", "{}")
    await threads.redis.decr("tickets:next")
    assert await handoffs.new_ref() != first


async def test_a_reply_computed_before_an_agent_took_over_is_dropped_at_the_append(threads):
    await threads.accept("cus_1", said("question"))
    lease = await lease_of(threads, "cus_1")
    await threads.redis.hset("thread:" + partition("cus_1") + ":cus_1", mapping={"owner": "agent", "epoch": "2"})
    finished = await threads.finish(lease, Plan(epoch=1, messages=[message("bot", "too late", id="r", channel="web")]))
    assert (finished.outcome, finished.left) == ("fenced", "retired")
    assert [one.text for one in await threads.last("cus_1", 10)] == ["question"]


async def test_a_turn_that_is_tried_again_takes_effect_once(threads):
    await threads.accept("cus_1", said("question"))
    lease = await lease_of(threads, "cus_1")
    plan = Plan(epoch=1, once="turn:1", messages=[message("bot", "answer", id="r", channel="web")], pop=False)
    assert (await threads.finish(lease, plan)).outcome == "done"
    assert (await threads.finish(lease, plan)).outcome == "repeated"
    assert [one.text for one in await threads.last("cus_1", 10)] == ["question", "answer"]


async def test_a_handoff_is_an_event_before_the_messages_that_belong_to_its_ticket(threads):
    await threads.accept("cus_1", said("a person please"))
    lease = await lease_of(threads, "cus_1")
    plan = Plan(epoch=1, owner="queue", ticket="F-1", set={"ticket": "F-1"}, events=['{"type":"handoff"}'])
    plan.messages.append(message("system", "queued", id="s", channel="web"))
    await threads.finish(lease, plan)
    events = [json.loads(fields["event"]) for _, fields in await threads.redis.xrange("events:" + partition("cus_1"))]
    assert [event["type"] for event in events] == ["handoff", "message", "owner"]
    assert events[1]["message"]["choices"] == []
    state = await threads.state("cus_1")
    assert (state.owner, state.epoch, state.ticket) == ("queue", 2, "F-1")


async def test_what_the_customer_wrote_while_the_packet_was_made_reaches_the_ticket_too(threads):
    known = await threads.accept("cus_1", said("a person please"))
    lease = await lease_of(threads, "cus_1")
    between = await threads.accept("cus_1", said("and it is urgent"))
    plan = Plan(epoch=1, owner="queue", ticket="F-1", set={"ticket": "F-1"}, events=['{"type":"handoff"}'])
    plan.told_until = known.cursor
    plan.messages.append(message("system", "queued", id="s", channel="web"))
    await threads.finish(lease, plan)
    events = [json.loads(fields["event"]) for _, fields in await threads.redis.xrange("events:" + partition("cus_1"))]
    told = [event["message"]["text"] for event in events if event["type"] == "message"]
    assert told == ["and it is urgent", "queued"]
    assert events[1]["message"]["cursor"] == between.cursor


async def test_customers_of_all_partitions_who_write_at_once_are_all_worked_on_at_once(threads):
    """Their entries may have the same number, each in the stream of its partition."""
    done = []

    async def handle(lease, item):
        await asyncio.sleep(0.02)
        done.append(item)
        return (await threads.finish(lease, Plan(epoch=1))).left

    worker = Worker(threads.mailbox, handle, consumer="w0", lease_seconds=30)
    running = asyncio.create_task(worker.run())
    async with asyncio.timeout(15):
        for round in range(10):
            await asyncio.gather(*(threads.accept(f"cus_{number}", said(str(round))) for number in range(40)))
            while len(done) < 40 * (round + 1):
                await asyncio.sleep(0.01)
    worker.stop()
    await running


async def test_who_renews_too_late_does_not_take_their_own_work_over(threads, monkeypatch):
    """As after a suspended machine wakes up: a second start would send again what is just being sent."""
    begun = []

    async def late(lease, consumer):
        await asyncio.sleep(10)

    async def handle(lease, item):
        begun.append(item)
        await asyncio.sleep(2.5)
        return (await threads.finish(lease, Plan(epoch=1))).left

    monkeypatch.setattr(threads.mailbox, "renew", late)
    await threads.accept("cus_still", said("hello"))
    worker = Worker(threads.mailbox, handle, consumer="w0", lease_seconds=0.2)
    running = asyncio.create_task(worker.run())
    async with asyncio.timeout(10):
        while await threads.redis.llen(threads.mailbox.list_key("cus_still")):
            await asyncio.sleep(0.02)
    worker.stop()
    await running
    assert len(begun) == 1


async def test_messages_are_handled_in_order_one_at_a_time_by_several_workers_that_die(threads):
    """Twelve customers, three workers, one of which is cancelled without warning in the middle."""
    handled, busy = defaultdict(list), set()

    async def handle(lease, item):
        customer = lease.customer_id
        assert customer not in busy, "two workers on one customer"
        busy.add(customer)
        try:
            await asyncio.sleep(random.uniform(0, 0.01))
        finally:
            busy.discard(customer)
        finished = await threads.finish(lease, Plan(epoch=1, messages=[message("bot", item, id=item, channel="web")]))
        if finished.outcome == "done":
            handled[customer].append(item.split()[1])
        return finished.left

    def worker(name):
        return Worker(threads.mailbox, handle, consumer=name, lease_seconds=0.5)

    dying = asyncio.create_task(worker("dying").run())
    rest = [worker(f"w{number}") for number in range(2)]
    running = [asyncio.create_task(one.run()) for one in rest]
    customers = [f"cus_{number}" for number in range(12)]
    sent = defaultdict(list)
    for number in range(240):
        customer = random.choice(customers)
        sent[customer].append((await threads.accept(customer, said(str(number)))).cursor)
        if number == 120:
            dying.cancel()
    async with asyncio.timeout(30):
        while any(len(handled[customer]) < len(sent[customer]) for customer in customers):
            await asyncio.sleep(0.05)
    for one in rest:
        one.stop()
    await asyncio.gather(*running, dying, return_exceptions=True)
    assert {customer: handled[customer] for customer in customers} == {
        customer: sent[customer] for customer in customers
    }


def test_cursors_compare_as_numbers():
    assert order("999-0") < order("1000-0") < order("1000-2") < order("1000-10")
