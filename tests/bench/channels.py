"""The messengers: how long a webhook takes to be accepted, and fifty customers whose vendors fail every fifth call."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from bot.vendors.action import Action
from tests.bench.report import Row, row
from tests.conftest import free_port
from tests.contract.platforms import WHATSAPP
from tests.contract.service import Service, until

CALLS = 600
CHANNELS = ("telegram", "whatsapp", "messenger", "sms", "webhook")
ANSWERS = 4


async def measure(redis: Any, folder: Path) -> list[Row]:
    """Rows for the table; `redis` is a client on a database that may be emptied."""
    await redis.flushdb()
    service = await Service(redis, folder, free_port()).start()
    try:
        return [*await _accepting(service), *await _fifty(service)]
    finally:
        await service.stop()


async def _accepting(service: Service) -> list[Row]:
    """The same signed request, in turn at the door and at an empty handler of a server of the same kind."""
    runner, empty_url = await _empty_handler()
    url, values = f"{service.url}/channels/whatsapp/webhook", dict(service.messengers.given.values)
    taken, empty = [], []
    async with aiohttp.ClientSession() as session:
        for number in range(CALLS):
            body = WHATSAPP.said(f"bench-{number}", "Where is my parcel?")
            headers = WHATSAPP.sign(values, url, body)
            taken.append(await _milliseconds(lambda b=body, h=headers: _post(session, url, b, h)))  # type: ignore[misc]
            empty.append(await _milliseconds(lambda b=body, h=headers: _post(session, empty_url, b, h)))  # type: ignore[misc]
    await runner.cleanup()
    name, target = "webhook accepted, {}", 1000
    rows = [row(name.format("p99"), _part(taken, 0.99), "ms", at="most", target=target)]
    beside = _part(empty, 0.5)
    return [row(name.format("p50"), _part(taken, 0.5), "ms", at="most", target=8, baseline=beside), *rows]


async def _fifty(service: Service) -> list[Row]:
    """Share of the answers that arrived once and in order or are dead letters, and how many a second."""
    people = [
        (channel, f"+4915{index}{number:02d}" if channel == "sms" else f"{index}{number:03d}00")
        for index, channel in enumerate(CHANNELS, 1)
        for number in range(10)
    ]
    customers = {}
    for channel, address in people:
        service.vendors[channel].knobs.strict = False
        await service.vendors[channel].does(address, Action("text", "hello"))
    for channel, address in people:
        known = f"identity:{channel}:{address}"
        customers[channel, address] = await until(lambda k=known: service.redis.get(k))  # type: ignore[misc]
    for channel in CHANNELS:
        service.vendors[channel].knobs.failing_share = 0.2
    started = time.perf_counter()
    texts = [f"answer {number}" for number in range(ANSWERS)]
    for text in texts:
        for (channel, _), customer in customers.items():
            await service.reply(customer, channel, text)
    await until(lambda: _drained(service, list(customers.values())), 120)
    seconds = time.perf_counter() - started
    good = 0
    for (channel, address), customer in customers.items():
        got = [one["text"] for one in service.vendors[channel].sends if one["to"] == address]
        dead = len(await service.redis.keys(f"dead:*:{customer}"))
        good += got == texts or (dead and got == [text for text in texts if text in got])
    share = good / len(customers)
    name = "50 customers, 5 channels, 20 % of the calls fail"
    return [
        row(f"{name}: once and in order", share, "share", at="least", target=1.0),
        row(f"{name}: answers delivered", len(customers) * ANSWERS / seconds, "1/s", at="least", target=10),
    ]


async def _empty_handler() -> tuple[web.AppRunner, str]:
    async def nothing(request: web.Request) -> web.Response:
        await request.read()
        return web.Response(text="EVENT_RECEIVED")

    app, port = web.Application(), free_port()
    app.router.add_post("/", nothing)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    return runner, f"http://127.0.0.1:{port}/"


async def _milliseconds(work: Callable[[], Awaitable[None]]) -> float:
    started = time.perf_counter()
    await work()
    return (time.perf_counter() - started) * 1000


async def _post(session: aiohttp.ClientSession, url: str, body: bytes, headers: dict[str, str]) -> None:
    async with session.post(url, data=body, headers=headers) as answer:
        assert answer.status == 200, await answer.text()


async def _drained(service: Service, customers: list[str]) -> bool:
    lengths = [service.redis.llen(service.threads.outbox.list_key(one)) for one in customers]
    return not any(await asyncio.gather(*lengths))


def _part(values: list[float], share: float) -> float:
    return sorted(values)[int(len(values) * share)]
