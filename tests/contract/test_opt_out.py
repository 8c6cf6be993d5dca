"""Customers who want no messages on a channel: what they say with STOP and START, and what only the platform knows."""

import pytest

from bot.vendors.action import Action
from tests.contract.service import Service, until
from tests.contract.test_outbox import dead, fate, sent, wants_messages
from tests.contract.test_vendors import ADDRESS, CHANNELS, first_words, on_the_phone
from tickets.contracts import Route, partition

#: Platforms that tell why they refuse, and what a customer says to get messages again.
TELL = {"telegram": "hello again", "sms": "START", "webhook": "START"}


@pytest.mark.parametrize("channel", CHANNELS)
async def test_stop_is_obeyed_until_start(service, channel):
    vendor = service.vendors[channel]
    customer = await first_words(service, channel)
    await vendor.does(ADDRESS[channel], Action("text", "Stop!" if channel != "sms" else "STOP"))
    await until(lambda: service.outbox.reach.stopped(customer, channel))
    confirmation = "unsubscribed" if channel == "sms" else "no more messages"
    await on_the_phone(service, channel, confirmation)
    cursor = await service.reply(customer, channel, "one more thing", author="agent")
    found = await until(lambda: dead(service, customer))
    assert "opted out" in found[cursor]["reason"]
    await vendor.does(ADDRESS[channel], Action("text", "START"))
    await until(lambda: wants_messages(service, customer, channel))
    await service.outbox.retry(customer, cursor)
    await on_the_phone(service, channel, "one more thing")
    turns = await service.redis.lrange(service.threads.mailbox.list_key(customer), 0, -1)
    assert len(turns) == 1, "opt-out words are no questions to the assistant"


@pytest.mark.parametrize("channel", CHANNELS)
async def test_what_the_service_says_by_itself_is_skipped_after_stop_and_goes_out_again_after_start(service, channel):
    vendor = service.vendors[channel]
    customer = await first_words(service, channel)
    await service.with_ticket(customer)
    await vendor.does(ADDRESS[channel], Action("text", "STOP"))
    await until(lambda: service.outbox.reach.stopped(customer, channel))
    skipped = [await service.reply(customer, channel, f"place {place}", author="system") for place in (3, 2)]
    skipped.append(await service.reply(customer, channel, "an answer of the bot"))
    for cursor in skipped:
        await fate(service, customer, cursor, "skipped")
    assert await dead(service, customer) == {}
    await vendor.does(ADDRESS[channel], Action("text", "START"))
    await until(lambda: wants_messages(service, customer, channel))
    cursor = await service.reply(customer, channel, "Mia is here now", author="system")
    await fate(service, customer, cursor, "sent")
    assert not {"place 3", "place 2", "an answer of the bot"} & set(sent(service, channel))


def said_stop_elsewhere(service: Service, channel: str, *, until: bool = True) -> None:
    """The platform knows, and we were not told: blocked in the app, or stopped by word to somebody else."""
    known = set() if not until else {ADDRESS[channel]}
    if channel == "telegram":
        service.vendors[channel].knobs.blocked = list(known)
    else:
        service.vendors[channel].opted_out = known  # type: ignore[attr-defined]


def count_sends(service: Service, channel: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    tried: list[str] = []
    send = service.channel(channel).send

    async def counted(address, part):
        tried.append(part.text)
        return await send(address, part)

    monkeypatch.setattr(service.channel(channel), "send", counted)
    return tried


@pytest.mark.parametrize("channel", TELL)
async def test_a_stop_that_only_the_platform_knows_is_learnt_and_nothing_is_tried_again(service, channel, monkeypatch):
    customer = await first_words(service, channel)
    await service.with_ticket(customer)
    tried = count_sends(service, channel, monkeypatch)
    said_stop_elsewhere(service, channel)
    answer = await service.reply(customer, channel, "an answer of the bot")
    await fate(service, customer, answer, "skipped")
    await fate(service, customer, await service.reply(customer, channel, "one more"), "skipped")
    reply = await service.reply(customer, channel, "from a person", author="agent")
    await fate(service, customer, reply, "failed")
    assert "opted out" in (await dead(service, customer))[reply]["reason"]
    assert tried == ["an answer of the bot"]
    told = [one.text for one in await service.thread(channel, ADDRESS[channel]) if one.author == "system"]
    assert len(told) == 1 and "no messages from us" in told[0], "agents see it in the thread"
    route = Route.model_validate_json(await service.redis.get(f"route:{partition(customer)}:{customer}"))
    assert route.kind == "none" and "opted out" in route.reason, "and before they write"

    said_stop_elsewhere(service, channel, until=False)
    await service.vendors[channel].does(ADDRESS[channel], Action("text", TELL[channel]))
    await until(lambda: wants_messages(service, customer, channel))
    await service.outbox.retry(customer, reply)
    await on_the_phone(service, channel, "from a person")


async def test_a_refusal_that_is_told_afterwards_is_learnt_from_too(service):
    customer, vendor = await first_words(service, "sms"), service.vendors["sms"]
    await service.with_ticket(customer)
    said_stop_elsewhere(service, "sms")
    vendor.refuses_late = True
    cursor = await service.reply(customer, "sms", "an answer of the bot")
    await fate(service, customer, cursor, "failed")
    assert "opted out" in (await dead(service, customer))[cursor]["reason"]
    await until(lambda: service.outbox.reach.stopped(customer, "sms"))
    await fate(service, customer, await service.reply(customer, "sms", "one more"), "skipped")


async def test_words_that_the_account_itself_takes_for_stop_and_start_are_no_questions(service):
    customer, vendor = await first_words(service, "sms"), service.vendors["sms"]
    vendor.keywords = {"ARRET": "STOP", "ENCORE": "START"}
    await vendor.does(ADDRESS["sms"], Action("text", "Arret"))
    await until(lambda: service.outbox.reach.stopped(customer, "sms"))
    vendor.opted_out.clear()
    await vendor.does(ADDRESS["sms"], Action("text", "encore"))
    await until(lambda: wants_messages(service, customer, "sms"))
    turns = await service.redis.lrange(service.threads.mailbox.list_key(customer), 0, -1)
    assert len(turns) == 1


async def test_a_confirmation_that_is_refused_is_given_up(service, monkeypatch):
    customer = await first_words(service, "telegram")
    await service.with_ticket(customer)
    tried = count_sends(service, "telegram", monkeypatch)
    said_stop_elsewhere(service, "telegram")
    await service.vendors["telegram"].does(ADDRESS["telegram"], Action("text", "STOP"))

    async def confirmation():
        return next((one for one in await service.thread("telegram", ADDRESS["telegram"]) if one.author == "system"), 0)

    await fate(service, customer, (await until(confirmation)).cursor, "skipped")
    assert len(tried) == 1


async def test_what_a_customer_said_themselves_outlasts_a_message_where_blocks_do_not(service):
    customer = await first_words(service, "telegram")
    await service.vendors["telegram"].does(ADDRESS["telegram"], Action("text", "STOP"))
    await until(lambda: service.outbox.reach.stopped(customer, "telegram"))
    await service.vendors["telegram"].does(ADDRESS["telegram"], Action("text", "hello again"))

    async def heard():
        thread = await service.thread("telegram", ADDRESS["telegram"])
        return "hello again" in [one.text for one in thread]

    await until(heard)
    assert not await wants_messages(service, customer, "telegram")
