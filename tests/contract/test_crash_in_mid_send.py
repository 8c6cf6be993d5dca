"""A process is killed while a platform has a message and has not answered: what each customer gets then."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.errors import ChannelError
from tests.contract.service import Service, until
from tests.contract.test_outbox import dead, fate
from tests.contract.test_outward_files import FILES, reply
from tests.contract.test_vendors import ADDRESS, CHANNELS, first_words, on_the_phone
from tickets.contracts import partition

ROOT = Path(__file__).parents[2]
#: The Bot API takes no key of ours and can't be asked.
REPEATED = {"telegram"}
Make = Callable[..., Awaitable[Service]]


@pytest.fixture(autouse=True)
def quick_to_know(monkeypatch: pytest.MonkeyPatch) -> None:
    """The simulated platforms know at once what they took."""
    monkeypatch.setattr("bot.outbox.ASK_MS", 300)


@asynccontextmanager
async def other_process(service: Service, redis_url: str) -> AsyncIterator[None]:
    """Delivers in a process of its own, against the same store and vendors."""
    settings = service.settings
    environ = {
        "VAR_DIR": str(settings.var_dir),
        "BOT_PORT": str(settings.bot_port),
        "SESSION_SECRET": settings.session_secret,
        "TICKETS_URL": settings.tickets_url,
    }
    command = [sys.executable, "-m", "tests.contract.outbox_process", redis_url]
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, env={**os.environ, **environ})
    try:
        yield
    finally:
        process.kill()
        await process.wait()


@pytest.mark.parametrize("channel", CHANNELS)
async def test_a_process_killed_in_mid_call_repeats_nothing_where_the_platform_can_tell(
    make_service: Make, redis_url: str, channel: str
) -> None:
    service = await make_service(workers=False)
    customer = await first_words(service, channel)
    await service.with_ticket(customer)
    vendor = service.vendors[channel]
    vendor.knobs.silent_seconds = 60
    cursor = await reply(service, customer, channel, "did you get this?", await service.attach(*FILES["picture"]))
    async with other_process(service, redis_url):
        await on_the_phone(service, channel, "did you get this?")
    taken = len(vendor.sends)
    vendor.knobs.silent_seconds = 0
    successor = service.work("successor")
    await fate(service, customer, cursor, "sent")
    after = await reply(service, customer, channel, "the next one")
    await fate(service, customer, after, "sent")
    words = [one["text"] for one in vendor.sends if "did you get this?" in one["text"]]
    assert (taken, len(words)) == (1, 2 if channel in REPEATED else 1)
    assert "the next one" in vendor.sends[-1]["text"] and await dead(service, customer) == {}
    await service.die(successor)


@pytest.mark.parametrize("channel", ["sms", "instagram", "telegram"])
async def test_what_the_platform_never_got_is_sent_although_the_same_was_said_before(
    make_service: Make, channel: str
) -> None:
    service = await make_service(workers=False)
    customer = await first_words(service, channel)
    first = service.work("first")
    before = await service.reply(customer, channel, "Yes.", id="y-1")
    await until(lambda: service.redis.hget(f"deliveries:{partition(customer)}:{customer}", before))
    real = service.channel(channel)
    send, begun = real.send, asyncio.Event()

    async def die_before(address: str, part: object) -> str:
        begun.set()
        raise asyncio.CancelledError

    real.send = die_before  # type: ignore[method-assign,assignment]
    cursor = await service.reply(customer, channel, "Yes.", id="y-2")
    await begun.wait()
    await service.die(first)
    real.send = send  # type: ignore[method-assign]
    successor = service.work("successor")
    await until(lambda: service.redis.hget(f"deliveries:{partition(customer)}:{customer}", cursor), 15)
    assert [one["text"] for one in service.vendors[channel].sends] == ["Yes.", "Yes."]
    await service.die(successor)


async def test_a_line_that_stays_dead_ends_in_a_dead_letter_and_not_in_a_flood(service: Service) -> None:
    vendor = service.vendors["telegram"]
    vendor.knobs.strict = False
    customer = await first_words(service, "telegram")
    await service.with_ticket(customer)
    vendor.knobs.half_open = 100
    cursor = await service.reply(customer, "telegram", "anybody there?", author="agent", client_id="c-9")
    await fate(service, customer, cursor, "failed")
    assert len(vendor.sends) == 3
    assert "may have arrived" in (await dead(service, customer))[cursor]["reason"]


@pytest.mark.parametrize("channel", ["sms", "instagram"])
async def test_a_line_that_goes_dead_is_asked_back(service: Service, channel: str) -> None:
    customer = await first_words(service, channel)
    service.vendors[channel].knobs.half_open = 1
    for text in ("half a line", "the next one"):
        await service.reply(customer, channel, text)
    await on_the_phone(service, channel, "the next one")
    assert [one["text"] for one in service.vendors[channel].sends] == ["half a line", "the next one"]


async def test_a_platform_that_cannot_be_reached_has_taken_nothing_and_is_tried_on(service: Service) -> None:
    """No dead letter for lack of an answer: nothing was asked."""
    customer = await first_words(service, "telegram")
    await service.with_ticket(customer)
    channel = service.channel("telegram")
    real, tried = channel._api, []  # type: ignore[attr-defined]
    channel._api = "http://127.0.0.1:9/nowhere"  # type: ignore[attr-defined]
    cursor = await service.reply(customer, "telegram", "later", author="agent", client_id="c-8")
    key = f"sending:{partition(customer)}:{customer}"

    async def four_times() -> bool:
        raw = await service.redis.get(key)
        tried.append(raw)
        return bool(raw) and '"tries": 4' in raw

    await until(four_times)
    channel._api = real  # type: ignore[attr-defined]
    await fate(service, customer, cursor, "sent")
    assert ADDRESS["telegram"] and [one["text"] for one in service.vendors["telegram"].sends] == ["later"]


@pytest.mark.parametrize(("permanent", "copies"), [(True, 2), (False, 1)])
async def test_an_ask_that_fails_is_tried_again_and_one_that_is_forbidden_is_done_without(
    service: Service, permanent: bool, copies: int
) -> None:
    customer = await first_words(service, "instagram")
    await service.with_ticket(customer)
    channel, vendor = service.channel("instagram"), service.vendors["instagram"]
    real, asked = channel.find, []

    async def refused(address: str, part: Any, since: Any) -> list[str]:
        asked.append(part.text)
        if permanent or len(asked) < 3:
            raise ChannelError("the token may not read conversations", permanent=permanent)
        return await real(address, part, since)

    channel.find = refused  # type: ignore[method-assign]
    vendor.knobs.half_open = 1
    cursor = await service.reply(customer, "instagram", "half a line", author="agent", client_id="c-7")
    await fate(service, customer, cursor, "sent")
    assert len(vendor.sends) == copies and len(asked) == (1 if permanent else 3)
