"""Conversations with the real processes, in both languages: each line gets the reply that it must get."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest

from tests.acceptance import talks_de, talks_en
from tests.chat_client import Customer, owned_by
from tests.desk_client import Agent
from tests.stack import ADMIN, PASSWORD, Stack
from tests.talk import Talk, held, read

pytestmark = pytest.mark.timeout(180)


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def opened(session: aiohttp.ClientSession, stack: Stack, language: str) -> Customer:
    return await Customer(session, stack.bot_url).open(language=language)


@pytest.mark.parametrize("talk", [*talks_de.TALKS, *talks_en.TALKS], ids=lambda talk: f"{talk.language} {talk.about}")
async def test_a_conversation_goes_as_it_must(session: aiohttp.ClientSession, stack: Stack, talk: Talk) -> None:
    customer = await opened(session, stack, talk.language)
    try:
        wrong = await held(customer, talk)
    finally:
        await customer.disconnect()
    assert not wrong, wrong


@pytest.mark.parametrize(
    ("language", "person", "status"),
    [
        ("de", "ich möchte mit einem mitarbeiter sprechen", "wie steht es um mein ticket?"),
        ("en", "get me a person please", "any news on my ticket?"),
    ],
)
async def test_a_person_asked_for_calmly_is_told_so_and_the_ticket_is_known_after_the_handing_back(
    session: aiohttp.ClientSession, stack: Stack, language: str, person: str, status: str
) -> None:
    customer = await opened(session, stack, language)
    agent = await Agent(stack.desk_url).log_in(ADMIN, PASSWORD)
    try:
        await customer.ask(person)
        ref = (await agent.ticket_of(customer.id))["ref"]
        assert (await agent.ticket(ref))["reason"] == "asked"
        # From here on the bot owns the thread only once it was handed back, however late or early that is told.
        start = len(customer.frames)
        await agent.act(ref, "claim")
        await agent.act(ref, "handback")
        await customer.wait(owned_by("bot"), start=start)
        reply = await customer.ask(status)
        assert read(reply)[0][0].startswith("ticket_") and ref in reply["text"]
    finally:
        await agent.close()
        await customer.disconnect()


@pytest.mark.parametrize(
    ("language", "matter", "person", "told"),
    [
        (
            "de",
            "wo ist meine bestellung NL-20417?",
            "ich möchte mit einem mitarbeiter sprechen",
            "Stand der Bestellung genannt: NL-20417",
        ),
        (
            "en",
            "where is my order NL-20417?",
            "I would like to talk to a person from your team please",
            "Told how the order is doing: NL-20417",
        ),
    ],
)
async def test_the_ticket_tells_the_matter_and_not_only_the_wish_for_a_person(
    session: aiohttp.ClientSession, stack: Stack, language: str, matter: str, person: str, told: str
) -> None:
    customer = await opened(session, stack, language)
    agent = await Agent(stack.desk_url).log_in(ADMIN, PASSWORD)
    try:
        await customer.ask(matter)
        await customer.ask(person)
        packet = (await agent.ticket((await agent.ticket_of(customer.id))["ref"]))["packet"]
        assert (packet["wanted"], packet["tried"], packet["evidence"]) == (matter, [told], [f"said: {person}"])
        assert [one["url"].rpartition("/")[2] for one in packet["suggestions"]] == ["order-status"]
    finally:
        await agent.close()
        await customer.disconnect()
