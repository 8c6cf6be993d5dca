"""An agent's file on its whole way, from the real desk to a simulated phone, while either side dies in between."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from bot.commands import Commands
from bot.intake import Intake
from bot.mailbox import Lease, Worker
from bot.threads import Plan
from runtime.ending import end
from tests.conftest import free_port
from tests.contract.service import Service as Bot
from tests.contract.service import until
from tests.contract.test_outward_files import PDF, PNG, contents
from tests.contract.test_vendors import ADDRESS, first_words
from tests.desk import Client, Service, handoff, push
from tests.integration.test_desk_files import BYTES
from tickets.contracts import Packet

SECRET = "s" * 40


@pytest.fixture
async def desk(redis_url: str, redis: Redis, tmp_path: Path) -> AsyncIterator[Service]:
    running = Service(redis_url, tmp_path / "desk", SESSION_SECRET=SECRET)
    (tmp_path / "desk").mkdir()
    running.start()
    await running.ready()
    yield running
    running.stop()


@pytest.fixture
async def bot(redis: Redis, tmp_path: Path, desk: Service) -> AsyncIterator[Bot]:
    """The messengers and what takes the desk's commands;
    there is no assistant, so customers' messages are only put aside."""
    service = Bot(redis, tmp_path, free_port(), TICKETS_URL=desk.url, SESSION_SECRET=SECRET)
    await service.start()
    outbox, threads = service.outbox, service.threads

    async def nothing(*_: Any) -> None: ...

    commands = Commands(threads, outbox.pushes, outbox.retry, nothing, expect=service.messengers.files.expect_from_desk)

    async def handle(lease: Lease, item: str) -> str:
        if item.startswith("command "):
            return (await commands.handle(lease, item.removeprefix("command "))).left
        return (await threads.finish(lease, Plan())).left

    worker = Worker(threads.mailbox, handle, consumer="turns", lease_seconds=1)
    tasks = [asyncio.create_task(job) for job in [worker.run(), *Intake(redis, threads.mailbox).jobs()]]
    yield service
    await service.die(tasks[0])
    await end(tasks)
    await service.stop()


async def attach(agent: Client, ref: str, content: bytes, name: str) -> str:
    headers = agent.headers | BYTES
    status, file = await agent.call(
        "POST", f"/tickets/{ref}/files", data=content, params={"name": name}, headers=headers
    )
    assert status == 201
    return str(file["id"])


async def claimed(bot: Bot, redis: Redis, agent: Client, ref: str) -> str:
    """The ticket of a customer who wrote on Telegram."""
    customer = await first_words(bot, "telegram")
    given: dict[str, Any] = handoff(ref, customer, channel="telegram").packet.model_dump()
    await push(redis, handoff(ref, customer).model_copy(update={"packet": Packet.model_validate(given)}))
    await bot.with_ticket(customer, ref)
    await agent.arrived(ref)
    await agent.post(f"/tickets/{ref}/claim")
    return customer


async def on_phone(bot: Bot, text: str) -> list[bytes]:
    """The files that the phone shows once the last words are there."""
    vendor = bot.vendors["telegram"]
    phone = vendor.conversation(ADDRESS["telegram"])

    async def shown() -> bool:
        return any(text in one.text for one in phone.bubbles)

    await until(shown, 30)
    return [content for one in phone.bubbles if one.author == "business" for content in contents(bot, "telegram", one)]


async def test_a_desk_killed_right_after_it_confirmed_loses_and_repeats_no_file(
    desk: Service, bot: Bot, redis: Redis
) -> None:
    bot.vendors["telegram"].knobs.strict = False
    async with desk.client() as browser:
        agent = await browser.log_in()
        await claimed(bot, redis, agent, "F-97001")
        files = [await attach(agent, "F-97001", PNG, "cup.png"), await attach(agent, "F-97001", PDF, "invoice.pdf")]
        body = {"client_id": str(uuid.uuid4()), "text": "two files", "attachments": files}
        await agent.post("/tickets/F-97001/messages", body, status=201)
        desk.kill()
        await asyncio.to_thread(desk.start)
        await desk.ready()
        assert (await agent.call("POST", "/tickets/F-97001/messages", body))[0] == 200, "asked again: the same message"
        last = {"client_id": str(uuid.uuid4()), "text": "and the last words"}
        await agent.post("/tickets/F-97001/messages", last, status=201)
        assert await on_phone(bot, "and the last words") == [PNG, PDF]

        async def told() -> bool:
            messages = (await agent.get("/tickets/F-97001"))["messages"]
            return [one["state"] for one in messages if one["author"] == "agent"] == ["sent", "sent"]

        await until(told)


async def test_a_desk_that_is_away_when_the_file_is_fetched_is_asked_again(
    desk: Service, bot: Bot, redis: Redis
) -> None:
    async with desk.client() as browser:
        agent = await browser.log_in()
        customer = await claimed(bot, redis, agent, "F-97002")
        file = await attach(agent, "F-97002", PNG, "cup.png")
        body = {"client_id": str(uuid.uuid4()), "text": "a file", "attachments": [file]}
        held = bot.messengers.files.sources
        bot.messengers.files.sources = {**held, "desk": Away(desk, held["desk"])}
        await agent.post("/tickets/F-97002/messages", body, status=201)
        assert await on_phone(bot, "a file") == [PNG]
        assert int(await redis.hget(f"file:{file}", "tries")) > 1

        async def settled() -> bool:
            return await bot.redis.llen(bot.threads.outbox.list_key(customer)) == 0

        await until(settled)


class Away:
    """The desk, which dies in the moment in which it is first asked for a file, and comes back."""

    name = "desk"

    def __init__(self, desk: Service, real: Any) -> None:
        self.desk = desk
        self.real = real
        self.asked = 0

    async def locate(self, source: str) -> Any:
        self.asked += 1
        if self.asked == 1:
            self.desk.kill()
        if self.asked == 2:
            await asyncio.to_thread(self.desk.start)
            await self.desk.ready()
        return await self.real.locate(source)
