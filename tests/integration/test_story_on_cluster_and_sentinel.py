"""The whole service on a Redis Cluster, and behind Sentinels:
the same story, with a master that dies in the middle of it."""

from __future__ import annotations

import asyncio
import os
import shutil
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.chat_client import Customer, Frame, owned_by, said_by
from tests.desk_client import Agent
from tests.redis_servers import PASSWORD as REDIS_PASSWORD
from tests.redis_servers import ClusterServers, SentinelServers
from tests.stack import ADMIN, PASSWORD, ROOT, Stack
from tickets.contracts import partition

ORDER = "NL-20417"
Servers = ClusterServers | SentinelServers


@pytest.fixture(scope="module", params=["cluster", "sentinel"])
def servers(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    folder = tmp_path_factory.mktemp(request.param)
    with ClusterServers(folder, replicas=True) if request.param == "cluster" else SentinelServers(folder) as running:
        yield running


@pytest.fixture(scope="module")
def service(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Everything but Redis, told where that is by REDIS_URL and by nothing else. It starts while Redis is coming up."""
    if not (ROOT / "models" / "faden.tar.gz").exists():
        message = "the assistant is not trained; run `make train`"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    folder = tmp_path_factory.mktemp("service")
    settings = {"OPENING_HOURS": "Mo-Su 00:00-24:00", "KNOWLEDGE_DIR": few_articles(folder / "knowledge")}
    running = Stack(folder, REDIS_URL=servers.url, **settings)
    try:
        running.start()
        servers.join()
        running.wait_ready()
        yield running
    finally:
        running.stop()


def few_articles(folder: Path) -> str:
    """Enough for a start; an index of all of them takes its time."""
    for language in ("de", "en"):
        (folder / language).mkdir(parents=True)
        for article in sorted((ROOT / "data" / "knowledge" / language).iterdir())[:6]:
            shutil.copy(article, folder / language)
    return str(folder)


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as opened:
        yield opened


class Phone:
    """A customer on the simulated Telegram."""

    def __init__(self, session: aiohttp.ClientSession, bot_url: str) -> None:
        self.session = session
        self.url = f"{bot_url}/vendors/telegram/conversations/{uuid.uuid4().int % 10**9}"

    async def does(self, **action: Any) -> None:
        async with self.session.post(f"{self.url}/messages", json=action) as answer:
            assert answer.status == 201, await answer.text()

    async def hears(self, wanted: Callable[[Frame], bool]) -> Frame:
        """The first message to the customer that fits, now or later."""
        async with asyncio.timeout(30):
            while True:
                async with self.session.get(self.url) as answer:
                    bubbles = (await answer.json())["messages"]
                found = next((one for one in bubbles if one["author"] == "business" and wanted(one)), None)
                if found:
                    return dict(found)
                await asyncio.sleep(0.1)


async def insist(customer: Customer, text: str) -> str:
    """Does what the widget does: sends the same id again until it hears `accepted`. Returns the id."""
    id, deadline = str(uuid.uuid4()), time.monotonic() + 40
    while True:
        try:
            if (await asyncio.wait_for(customer.say(text, id), 2))["type"] == "accepted":
                return id
        except (aiohttp.ClientError, OSError, asyncio.TimeoutError):
            assert time.monotonic() < deadline, "nothing is accepted any more"
        await asyncio.sleep(0.2)
        try:
            await asyncio.wait_for(customer.connect(), 2)
        except (aiohttp.ClientError, OSError, asyncio.TimeoutError):
            continue


def says(*parts: str) -> Callable[[Frame], bool]:
    return lambda frame: all(part in frame.get("text", "") for part in parts)


async def link(session: aiohttp.ClientSession, bot_url: str, customer: Customer, phone: Phone) -> None:
    """The code of the chat is typed on the phone, and both sides say yes."""
    async with session.post(f"{bot_url}/chat/links", json={"token": customer.token}) as answer:
        code = (await answer.json())["code"]
    await phone.does(text=code)
    asked = await customer.wait(
        lambda frame: frame["type"] == "message" and bool(frame["choices"]) and "Telegram" in frame["text"]
    )
    await customer.press(asked["choices"][0])
    bubble = await phone.hears(lambda one: bool(one["choices"]) and one["choices"][0]["title"].startswith("Yes"))
    await phone.does(choice={"message": bubble["id"], "index": 0})
    await customer.wait(says("Telegram is now part"))


def lose_a_master(servers: Servers, customer_id: str) -> Callable[[], bool]:
    """Kills the one that has the customer's thread. Returns what tells whether its replica has taken over."""
    if isinstance(servers, SentinelServers):
        servers.kill(servers.master)
        return servers.is_promoted
    master = servers.master_of(f"thread:{partition(customer_id)}:{customer_id}")
    servers.kill(master)
    return lambda: servers.is_promoted(servers.replica_of(master))


async def whole_thread(customer: Customer) -> list[Frame]:
    reader = Customer(customer.session, customer.bot_url)
    reader.token, reader.cursor = customer.token, "0-0"
    await reader.connect()
    quiet = -1
    while quiet != len(reader.frames):
        quiet = len(reader.frames)
        await asyncio.sleep(0.3)
    await reader.disconnect()
    return reader.messages


@pytest.mark.timeout(180)
async def test_the_story_goes_on_when_a_master_dies(
    servers: Servers, service: Stack, session: aiohttp.ClientSession
) -> None:
    phone = Phone(session, service.bot_url)
    await phone.does(text="Hello")
    await phone.hears(lambda one: True)
    customer = await Customer(session, service.bot_url).open(language="en")
    assert ORDER in (await customer.ask(f"Where is my order {ORDER}?"))["text"]
    await link(session, service.bot_url, customer, phone)
    await phone.does(text="and when will it arrive?")
    await phone.hears(says(ORDER))

    start = len(customer.frames)
    accepted = [await insist(customer, "I want to talk to a person")]
    await customer.wait(said_by("system"), start=start)
    agent = await Agent(service.desk_url).log_in(ADMIN, PASSWORD)
    ticket = await agent.ticket_of(customer.id)
    await agent.act(ticket["ref"], "claim")
    await agent.reply(ticket["ref"], "Before it happened.")
    await customer.wait(says("Before it happened."))

    other = await Customer(session, service.bot_url).open(language="en")
    await insist(other, f"Where is my order {ORDER}?")
    promoted = lose_a_master(servers, customer.id)
    # The desk keeps its word in SQL, whatever becomes of Redis.
    await agent.reply(ticket["ref"], "While it happened.")
    for number in range(5):
        accepted.append(await insist(customer, f"Are you still there? {number}"))
    servers.until("a replica has taken over", promoted)
    await customer.wait(says("While it happened."))
    await at_the_desk(agent, ticket["ref"], accepted)
    # Their turn was under way when it happened.
    assert ORDER in (await other.wait(said_by("bot"), timeout=30))["text"]

    start = len(customer.frames)
    await agent.act(ticket["ref"], "handback")
    await customer.wait(owned_by("bot"), start=start)
    start = len(customer.frames)
    accepted.append(await insist(customer, f"Where is my order {ORDER}?"))
    answer = await customer.wait(said_by("bot"), start=start)
    assert ORDER in answer["text"]
    await agent.close()
    thread = await whole_thread(customer)
    own = [frame["id"] for frame in thread if frame["author"] == "customer" and frame["channel"] == "web"]
    assert own[-len(accepted) :] == accepted, "what was accepted is there once, in the order of the customer"
    assert len({frame["id"] for frame in thread}) == len(thread), "nothing is said twice"
    assert [frame["text"] for frame in thread if frame["author"] == "agent"] == [
        "Before it happened.",
        "While it happened.",
    ]
    for name in service.order:
        assert REDIS_PASSWORD not in service.log(name), f"{name} shows the password of Redis"


async def at_the_desk(agent: Agent, ref: str, wanted: list[str]) -> None:
    async with asyncio.timeout(30):
        while True:
            messages = (await agent.ticket(ref))["messages"]
            if [one["id"] for one in messages if one["author"] == "customer"][-len(wanted) :] == wanted:
                return
            await asyncio.sleep(0.2)
