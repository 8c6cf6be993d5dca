"""Deliveries: in order while retrying, dead letters that can be retried, rates shared by processes,
workers that die."""

import asyncio
import json
import time

import pytest

from bot.channels.sms import SmsChannel, segments
from bot.outbox import Outbox
from bot.threads import message
from bot.vendors.action import Action
from tests.contract.service import Service, until
from tests.contract.test_vendors import ADDRESS, CHANNELS, first_words, on_the_phone
from tickets.contracts import EVENT, Delivery, Message, Route, partition


def sent(service: Service, channel: str) -> list[str]:
    return [one["text"] for one in service.vendors[channel].sends]


async def dead(service: Service, customer: str) -> dict[str, dict]:
    raw = await service.redis.hgetall(f"dead:{partition(customer)}:{customer}")
    return {cursor: json.loads(fate) for cursor, fate in raw.items()}


async def wants_messages(service: Service, customer: str, channel: str) -> bool:
    return not await service.outbox.reach.stopped(customer, channel)


async def fate(service: Service, customer: str, cursor: str, state: str):
    async def told():
        return state in await service.fates(customer, cursor)

    await until(told)


async def window_shut(service: Service, customer: str, channel: str, hours: float = 25) -> None:
    """As if the customer had written last so many hours ago, here and at the vendor."""
    then = time.time() - hours * 3600
    key = f"customer:{partition(customer)}:{customer}"
    await service.redis.hset(key, f"wrote:{channel}", f"{int(then * 1000)} {ADDRESS[channel]}")
    service.vendors[channel].conversation(ADDRESS[channel]).wrote_at = then


@pytest.mark.parametrize("channel", CHANNELS)
async def test_messages_keep_their_order_while_the_vendor_fails(service, channel):
    vendor = service.vendors[channel]
    vendor.knobs.strict = False
    customer = await first_words(service, channel)
    vendor.knobs.failing = 2
    for number in range(3):
        await service.reply(customer, channel, f"part {number}")
    await on_the_phone(service, channel, "part 2")
    assert sent(service, channel) == [f"part {number}" for number in range(3)]


@pytest.mark.parametrize("channel", CHANNELS)
async def test_being_told_to_wait_is_obeyed_and_counts_as_no_failure(service, channel):
    vendor = service.vendors[channel]
    customer = await first_words(service, channel)
    vendor.knobs.too_many, vendor.knobs.retry_after = 1, 0.6
    started = time.monotonic()
    await service.reply(customer, channel, "patience")
    if channel in ("whatsapp", "email"):  # Meta and SMTP name no time, so ours is taken: several seconds.
        await asyncio.sleep(0.5)
        assert sent(service, channel) == []
        return
    await on_the_phone(service, channel, "patience")
    assert time.monotonic() - started >= 0.6


@pytest.mark.parametrize("channel", CHANNELS)
async def test_a_customer_who_blocked_us_is_a_dead_letter_that_can_be_retried(service, channel):
    vendor = service.vendors[channel]
    customer = await first_words(service, channel)
    await service.with_ticket(customer)
    vendor.knobs.blocked = [ADDRESS[channel]]
    cursor = await service.reply(customer, channel, "are you there?", author="agent", client_id="c-1")
    await fate(service, customer, cursor, "failed")
    events = [EVENT.validate_python(one) for one in await service.events(customer)]
    [failed] = [one for one in events if isinstance(one, Delivery)]
    assert (failed.client_id, failed.ticket_ref) == ("c-1", "F-1") and failed.reason
    assert list(await dead(service, customer)) == [cursor]
    vendor.knobs.blocked = []
    if await service.outbox.reach.stopped(customer, channel):
        await vendor.does(ADDRESS[channel], Action("text", "START"))
        await until(lambda: wants_messages(service, customer, channel))
    await asyncio.gather(*(service.outbox.retry(customer, cursor) for _ in range(3)))
    await on_the_phone(service, channel, "are you there?")
    await fate(service, customer, cursor, "sent")
    assert sent(service, channel).count("are you there?") == 1 and await dead(service, customer) == {}
    await service.outbox.retry(customer, cursor)
    assert await service.redis.llen(service.threads.outbox.list_key(customer)) == 0


async def test_an_expired_token_fails_at_once_and_the_next_message_goes_on(service):
    customer = await first_words(service, "messenger")
    service.vendors["messenger"].knobs.token_expired = True
    first = await service.reply(customer, "messenger", "one")
    await until(lambda: dead(service, customer))
    service.vendors["messenger"].knobs.token_expired = False
    await service.reply(customer, "messenger", "two")
    await on_the_phone(service, "messenger", "two")
    assert list(await dead(service, customer)) == [first] and sent(service, "messenger") == ["two"]


async def test_a_vendor_that_never_recovers_ends_in_a_dead_letter(service, monkeypatch):
    monkeypatch.setattr("bot.outbox.TRIES", 4)
    customer = await first_words(service, "telegram")
    service.vendors["telegram"].knobs.failing_share = 1.0
    cursor = await service.reply(customer, "telegram", "hello?")
    found = await until(lambda: dead(service, customer), 30)
    assert "Bad Gateway" in found[cursor]["reason"]


async def test_a_customer_who_must_wait_holds_up_nobody_else(service):
    """More waiting customers than the outbox has places for deliveries."""
    vendor = service.vendors["webhook"]
    slow = [f"slow-{number}" for number in range(40)]
    for address in [*slow, "quick-1"]:
        await vendor.does(address, Action("text", "hi"))
    customers = {
        address: await until(lambda a=address: service.redis.get(f"identity:webhook:{a}"))
        for address in [*slow, "quick-1"]
    }
    vendor.knobs.too_many, vendor.knobs.retry_after = len(slow), 30
    for address in slow:
        await service.reply(customers[address], "webhook", "later")

    async def all_wait():
        return vendor.knobs.too_many == 0

    await until(all_wait)
    started = time.monotonic()
    await service.reply(customers["quick-1"], "webhook", "now")

    async def arrived():
        return "now" in sent(service, "webhook")

    await until(arrived)
    assert time.monotonic() - started < 15 and "later" not in sent(service, "webhook")


async def test_the_rate_limit_is_shared_by_two_processes(redis, service):
    channel = service.channel("telegram")
    limiters = [Outbox(service.threads.outbox, service.threads, {}).limiter for _ in range(2)]
    started = time.monotonic()
    waits = await asyncio.gather(*(limiters[number % 2].take(channel, f"{number}") for number in range(80)))
    allowed, seconds = sum(wait == 0 for wait in waits), time.monotonic() - started
    assert 30 <= allowed <= 31 + 30 * seconds, "30 at once and 30 a second, whoever asks"
    started = time.monotonic()
    each = [await limiters[number % 2].take(channel, "one customer") for number in range(10)]
    assert sum(wait == 0 for wait in each) <= 4 + time.monotonic() - started and 0 < max(each) <= 1.1


async def test_a_rate_limited_customer_gets_everything_in_order(service):
    customer = await first_words(service, "telegram")
    for number in range(5):
        await service.reply(customer, "telegram", f"line {number}")
    await on_the_phone(service, "telegram", "line 4")
    assert sent(service, "telegram") == [f"line {number}" for number in range(5)]
    assert service.vendors["telegram"].hooks[200] == 1


async def test_a_line_that_goes_dead_after_the_send_sends_once_where_the_platform_helps(service):
    customer = await first_words(service, "whatsapp")
    service.vendors["whatsapp"].knobs.half_open = 1
    await service.reply(customer, "whatsapp", "half a line")
    await on_the_phone(service, "whatsapp", "half a line")
    await service.reply(customer, "whatsapp", "the next one")
    await on_the_phone(service, "whatsapp", "the next one")
    assert sent(service, "whatsapp") == ["half a line", "the next one"]


async def test_a_long_text_is_cut_at_sentence_ends_and_goes_on_where_it_stopped(service):
    customer = await first_words(service, "instagram")
    text = " ".join(f"Größe Nummer {number} paßt süß." for number in range(100))
    vendor = service.vendors["instagram"]
    take, calls = vendor.taking, []

    def failing_on_the_second(request, address):
        calls.append(address)
        vendor.knobs.failing = 1 if len(calls) == 2 else 0
        return take(request, address)

    vendor.taking = failing_on_the_second
    await service.reply(customer, "instagram", text)
    await on_the_phone(service, "instagram", "Nummer 99")
    pieces = sent(service, "instagram")
    assert " ".join(pieces) == text and len(pieces) >= 3
    assert all(piece.endswith(".") and len(piece.encode()) <= 1000 for piece in pieces)


async def test_receipts_only_go_forward_and_the_desk_hears_of_each_once(service):
    customer = await first_words(service, "whatsapp")
    await service.with_ticket(customer)
    cursor = await service.reply(customer, "whatsapp", "read me", author="agent", client_id="c-2")
    bubble = await on_the_phone(service, "whatsapp", "read me")
    await fate(service, customer, cursor, "delivered")
    vendor = service.vendors["whatsapp"]
    conversation = vendor.conversation(ADDRESS["whatsapp"])
    for state in ("read", "delivered", "read", "sent", "failed"):
        await vendor._status(conversation, bubble, state)
    assert await service.fates(customer, cursor) == ["sent", "delivered", "seen"]
    assert await dead(service, customer) == {}


@pytest.mark.parametrize("channel", ["messenger", "instagram", "webhook"])
async def test_reading_on_the_phone_is_seen_at_the_desk(service, channel):
    customer = await first_words(service, channel)
    await service.with_ticket(customer)
    cursor = await service.reply(customer, channel, "look here", author="agent", client_id="c-3")
    bubble = await on_the_phone(service, channel, "look here")
    await fate(service, customer, cursor, "sent")
    await service.vendors[channel].does(ADDRESS[channel], Action("read", message=bubble.id))
    await fate(service, customer, cursor, "seen")


async def test_outside_the_window_the_approved_template_goes_out(service):
    customer = await first_words(service, "whatsapp")
    await window_shut(service, customer, "whatsapp")
    route = await service.messengers.routes.refresh(customer)
    assert (route.kind, route.channel) == ("template", "whatsapp")
    await service.reply(customer, "whatsapp", "Your parcel\nhas **arrived**.")
    await on_the_phone(service, "whatsapp", "Your parcel has arrived.")
    assert service.vendors["whatsapp"].sends[-1]["raw"]["type"] == "template"


async def test_a_window_that_shut_earlier_than_we_thought_is_believed(service):
    customer = await first_words(service, "whatsapp")
    service.vendors["whatsapp"].knobs.window_hours = 0
    await service.reply(customer, "whatsapp", "still there?")
    await on_the_phone(service, "whatsapp", "still there?")
    assert service.vendors["whatsapp"].sends[-1]["raw"]["type"] == "template"


async def test_without_a_template_another_linked_channel_is_used_and_the_desk_sees_it_before(service):
    customer = await first_words(service, "messenger")
    await service.with_ticket(customer)
    await service.vendors["telegram"].does(ADDRESS["telegram"], Action("text", "hi"))
    await until(lambda: service.redis.get("identity:telegram:4711"))
    await window_shut(service, customer, "messenger")
    key = f"route:{partition(customer)}:{customer}"
    await service.messengers.routes.refresh(customer)
    assert Route.model_validate_json(await service.redis.get(key)).kind == "none"
    link = {"identity:telegram:4711": json.dumps({"identity": "telegram:4711"})}
    await service.redis.hset(f"customer:{partition(customer)}:{customer}", mapping=link)
    await service.messengers.routes.refresh(customer)
    route = Route.model_validate_json(await service.redis.get(key))
    assert (route.kind, route.channel, route.reason) == ("fallback", "telegram", "the window of messenger is shut")
    cursor = await service.reply(customer, "messenger", "over here", author="agent", client_id="c-4")
    await on_the_phone(service, "telegram", "over here")
    await fate(service, customer, cursor, "sent")


async def test_the_desk_sees_that_a_customer_went_on_in_the_web_chat(service):
    customer = await first_words(service, "telegram")
    key = f"route:{partition(customer)}:{customer}"
    await until(lambda: service.redis.get(key))
    web = {"identity:web:visitor-1": json.dumps({"identity": "web:visitor-1"})}
    await service.redis.hset(f"customer:{partition(customer)}:{customer}", mapping=web)
    await service.threads.accept(customer, message("customer", "now here", id="w-1", channel="web"))

    async def on_the_web():
        return Route.model_validate_json(await service.redis.get(key)).channel == "web"

    await until(on_the_web)


async def test_no_way_at_all_is_a_dead_letter_with_its_reason(service):
    customer = await first_words(service, "instagram")
    await window_shut(service, customer, "instagram")
    cursor = await service.reply(customer, "instagram", "too late")
    found = await until(lambda: dead(service, customer))
    assert found[cursor]["reason"] == "the window of instagram is shut"
    await service.vendors["instagram"].does(ADDRESS["instagram"], Action("text", "I am back"))

    async def back():
        return any(one.text == "I am back" for one in await service.thread("instagram", ADDRESS["instagram"]))

    await until(back)
    await service.outbox.retry(customer, cursor)
    await on_the_phone(service, "instagram", "too late")


async def test_the_human_agent_tag_is_for_people_only(make_service):
    service = await make_service(MESSENGER_HUMAN_AGENT="on")
    customer = await first_words(service, "messenger")
    await window_shut(service, customer, "messenger", hours=30)
    bot = await service.reply(customer, "messenger", "from the bot")
    agent = await service.reply(customer, "messenger", "from a person", author="agent")
    await on_the_phone(service, "messenger", "from a person")
    assert sent(service, "messenger") == ["from a person"]
    assert list(await dead(service, customer)) == [bot] and agent != bot


def test_segments_are_counted_as_the_networks_do():
    assert [segments("a" * count) for count in (160, 161, 306, 307)] == [1, 2, 2, 3]
    assert [segments("ж" * count) for count in (70, 71, 134, 135)] == [1, 2, 2, 3]
    assert segments("€" * 80) == 1 and segments("€" * 81) == 2
    assert segments("👍" * 35) == 1 and segments("👍" * 36) == 2
    assert SmsChannel.limits.measure is segments


def test_a_delivery_event_is_what_the_desk_expects():
    fields = set(Delivery.model_fields)
    assert {"customer_id", "ticket_ref", "cursor", "client_id", "state", "reason"} <= fields
    assert "text" in Message.model_fields
