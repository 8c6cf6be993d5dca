"""Promises 1 to 5 while every process is killed without warning in the middle of a run: nothing lost, nothing twice."""

from __future__ import annotations

import asyncio
import random
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field

import aiohttp
import pytest

from tests.chat_client import Customer, Frame
from tests.desk_client import Agent
from tests.stack import ADMIN, PASSWORD, Stack

CUSTOMERS = 8
MESSAGES = 36
#: The customers with these numbers ask for a person early: what they write goes on to a ticket.
WITH_TICKET = (0, 1, 2)
VICTIMS = ("bot", "rasa", "tickets", "redis", "bot", "actions", "redis")
ASKED = ("How long does delivery take?", "Was kostet der Versand?", "hello", "Danke", "Wie bezahle ich?", "And abroad?")


@dataclass
class Persistent:
    """A customer whose client does what the widget does: it sends the same id again until it hears `accepted`."""

    number: int
    session: aiohttp.ClientSession
    stack: Stack
    customer: Customer = field(init=False)
    accepted: list[str] = field(default_factory=list)

    async def run(self) -> None:
        self.customer = await Customer(self.session, self.stack.bot_url).open(language="en")
        for number in range(MESSAGES):
            asks_for_person = self.number in WITH_TICKET and number == 4
            await self._deliver(
                "I want to talk to a person" if asks_for_person else f"{random.choice(ASKED)} ({number})"
            )
            await asyncio.sleep(random.uniform(0, 0.25))

    async def _deliver(self, text: str) -> None:
        id = str(uuid.uuid4())
        while True:
            try:
                answer = await asyncio.wait_for(self.customer.say(text, id), 5)
                if answer["type"] == "accepted":
                    self.accepted.append(id)
                    return
            except (aiohttp.ClientError, OSError, asyncio.TimeoutError):
                pass
            await asyncio.sleep(0.3)
            await self._reconnect()

    async def _reconnect(self) -> None:
        while True:
            try:
                await asyncio.wait_for(self.customer.connect(), 5)
                return
            except (aiohttp.ClientError, OSError, asyncio.TimeoutError):
                await asyncio.sleep(0.3)

    async def whole_thread(self) -> list[Frame]:
        """All messages as a new client with the same session reads them."""
        reader = Customer(self.session, self.stack.bot_url)
        reader.token, reader.cursor = self.customer.token, "0-0"
        await reader.connect()
        quiet = -1
        while quiet != len(reader.frames):
            quiet = len(reader.frames)
            await asyncio.sleep(0.5)
        await reader.disconnect()
        return reader.messages


async def killings(stack: Stack) -> None:
    for victim in VICTIMS:
        await asyncio.sleep(random.uniform(0.8, 1.6))
        await stack.restart(victim, after=random.uniform(0.1, 0.6))
        await asyncio.to_thread(stack.wait_ready, *([] if victim == "redis" else [victim]))


def is_settled(thread: list[Frame], accepted: list[str]) -> bool:
    """The whole thread was read, and each message of the customer was answered or is in a thread that a person owns."""
    answered = 0
    for frame in thread:
        if frame["author"] == "customer":
            answered = 0
        elif frame["author"] == "bot":
            answered += 1
    handed_off = any(frame["author"] == "system" and "F-" in frame["text"] for frame in thread)
    is_whole = sum(frame["author"] == "customer" for frame in thread) == len(accepted)
    return is_whole and (handed_off or answered > 0)


@pytest.mark.timeout(240)
async def test_killing_every_process_loses_nothing_and_repeats_nothing(stack: Stack) -> None:
    async with aiohttp.ClientSession() as session:
        customers = [Persistent(number, session, stack) for number in range(CUSTOMERS)]
        await asyncio.gather(killings(stack), *(one.run() for one in customers))
        stack.wait_ready()
        threads = await settled(customers)
        for one in customers:
            check_thread(one, threads[one.number])
        await check_tickets(stack, customers, threads)


async def settled(customers: list[Persistent]) -> list[list[Frame]]:
    end = time.monotonic() + 90
    while True:
        threads = [await one.whole_thread() for one in customers]
        pairs = zip(customers, threads, strict=True)
        open_ones = [one.number for one, thread in pairs if not is_settled(thread, one.accepted)]
        if not open_ones:
            return threads
        told = {number: [frame["text"][:40] for frame in threads[number][-3:]] for number in open_ones}
        assert time.monotonic() < end, f"customers whose thread lacks messages or an answer: {told}"


def check_thread(one: Persistent, thread: list[Frame]) -> None:
    own = [frame["id"] for frame in thread if frame["author"] == "customer"]
    assert own == one.accepted, "what was accepted is in the thread once, in the order of the customer"
    repeated = [id for id, count in Counter(frame["id"] for frame in thread).items() if count > 1]
    assert not repeated, f"said twice: {repeated}"
    cursors = [frame["cursor"] for frame in thread]
    assert len(set(cursors)) == len(cursors)
    check_silence(thread)


def check_silence(thread: list[Frame]) -> None:
    """After the system told of the queue, the bot says nothing more."""
    told = next(
        (place for place, frame in enumerate(thread) if frame["author"] == "system" and "F-" in frame["text"]), None
    )
    if told is not None:
        assert [frame["text"] for frame in thread[told + 1 :] if frame["author"] == "bot"] == []


async def check_tickets(stack: Stack, customers: list[Persistent], threads: list[list[Frame]]) -> None:
    agent = await Agent(stack.desk_url).log_in(ADMIN, PASSWORD)
    try:
        for number in WITH_TICKET:
            ticket = await agent.ticket_of(customers[number].customer.id)
            wanted = [frame["id"] for frame in threads[number] if frame["author"] == "customer"]
            assert await all_arrived(agent, ticket["ref"], wanted) == wanted
    finally:
        await agent.close()


async def all_arrived(agent: Agent, ref: str, wanted: list[str]) -> list[str]:
    """The ids of the customer's messages at the desk, once as many are there as were accepted (or never)."""
    found: list[str] = []
    for _ in range(100):
        messages = (await agent.ticket(ref))["messages"]
        found = [one["id"] for one in messages if one["author"] == "customer"]
        if len(found) >= len(wanted):
            break
        await asyncio.sleep(0.2)
    return found
