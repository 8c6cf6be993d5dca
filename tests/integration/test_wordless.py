"""Pictures and documents without words: the customer is asked for some, once, and no assistant guesses at them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from bot.keys import Keys
from bot.texts import say
from bot.threads import message
from bot.turns import wordless
from tests.integration.test_edits import CHANNEL, HOME, World
from tickets.contracts import Attachment

CUP = Attachment(id="a" * 32, kind="image", name="cup.jpg")
MAIL = Attachment(id="b" * 32, kind="document", name="Cup.txt", original=True)


@pytest.fixture
async def world(redis: Redis) -> AsyncIterator[World]:
    world = World(redis)
    await world.threads.mailbox.prepare()
    yield world


async def send(world: World, id: str, text: str, *files: Attachment) -> None:
    said = message("customer", text, id=id, channel=CHANNEL, attachments=files)
    await world.threads.accept(HOME, said)


async def test_an_album_is_answered_once_with_the_way_to_a_person_and_words_go_on_as_ever(world: World) -> None:
    await world.threads.prefer(HOME, "de")
    for number in range(3):
        await send(world, f"p{number}", "[Bild]", CUP)
    await world.work()
    bot = [one for one in await world.threads.last(HOME, 10) if one.author == "bot"]
    assert [one.text for one in bot] == [say("de", "needs_words")]
    assert [one.payload for one in bot[0].choices] == ["/ask_for_person"]
    assert world.echo.turns == []
    await send(world, "w1", "the handle broke off", CUP)
    await world.work()
    assert (await world.shown())[-1] == ("bot", "You said: the handle broke off")


async def test_while_a_person_owns_the_thread_a_picture_gets_no_answer(world: World) -> None:
    await world.redis.hset(Keys(HOME).thread, mapping={"ticket": "F-1", "owner": "agent", "epoch": "2"})
    await send(world, "p1", "[image]", CUP)
    await world.work()
    assert await world.shown() == [("customer", "[image]")]


@pytest.mark.parametrize(
    ("text", "files", "expected"),
    [
        ("[image]", (CUP,), True),
        ("[Bild]", (CUP,), True),
        ("[image]", (), False),
        ("[image]", (MAIL,), False),
        ("see", (CUP,), False),
    ],
)
def test_what_counts_as_wordless(text: str, files: tuple[Attachment, ...], expected: bool) -> None:
    assert wordless(message("customer", text, id="m1", channel=CHANNEL, attachments=files)) is expected
