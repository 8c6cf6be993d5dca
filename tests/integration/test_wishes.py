"""A customer says or picks where answers shall reach them; it holds for what people answer,
through merges and undos."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from redis.asyncio import Redis

from bot import keys, merge_joining
from bot.channels.reach import Reach
from bot.commands import Commands
from bot.errors import Refused
from bot.identity import Identities
from bot.mailbox import Mailbox
from bot.merging import Merges
from bot.threads import Plan, Threads, message
from bot.wishes import Wishes
from tickets.contracts import AgentMessage, PreferChannel, UndoMerge

NOW = datetime.now(UTC)
AGENT = {"agent_id": "a1", "agent_name": "Ada", "at": NOW}


class World:
    def __init__(self, redis: Redis) -> None:
        self.redis = redis
        self.threads = Threads(redis, Mailbox(redis, "mailbox"), Mailbox(redis, "outbox"))
        self.identities = Identities(redis, "secret", "")
        self.merges = Merges(self.threads)
        self.refreshed: list[str] = []
        self.wishes = Wishes(self.threads, self.identities, self.note)
        self.reach = Reach(redis)

    async def note(self, customer_id: str) -> None:
        self.refreshed.append(customer_id)

    async def customer(self, channel: str, address: str, text: str = "") -> str:
        home = await self.identities.home_of(
            channel, address, verified_how=f"signed by {channel}" if channel != "web" else ""
        )
        if text:
            await self.threads.accept(home, message("customer", text, id=f"{channel}-{text}", channel=channel))
        return home

    async def said(self, customer_id: str) -> list[str]:
        return [one.text for one in await self.threads.last(await self.threads.root(customer_id), 50)]


@pytest.fixture
async def world(redis: Redis, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    monkeypatch.setattr(merge_joining, "PATIENCE_SECONDS", 0)  # No outbox worker runs here.
    yield World(redis)


async def linked(world: World) -> tuple[str, str, str]:
    """A customer on the web and on Telegram; returns their id, the merged one's and the merge's."""
    web, telegram = await world.customer("web", "v1", "hello"), await world.customer("telegram", "4711", "hi")
    return web, telegram, await world.merges.merge(web, telegram, "link code")


async def test_a_wish_said_in_any_channel_is_confirmed_once_and_followed(world: World) -> None:
    web, telegram, _ = await linked(world)
    assert await world.wishes.heard(telegram, "telegram", "Answer me in the web chat", "telegram:77")
    assert await world.wishes.heard(telegram, "telegram", "Answer me in the web chat", "telegram:77")
    said = await world.said(web)
    assert said.count("Answer me in the web chat") == 1
    assert "reach you here: Web chat" in said[-1]
    assert (await world.reach.wanted(web), world.refreshed) == ("web", [web])
    assert await world.redis.lrange(world.threads.mailbox.list_key(web), 0, -1) == [
        f"message {one.cursor}" for one in await world.threads.last(web, 2 * 5) if one.text in ("hello", "hi")
    ], "a wish is no turn"
    assert not await world.wishes.heard(web, "web", "Where is my parcel?", "web-2")


async def test_only_a_proven_channel_of_the_customer_can_be_wished_for(world: World) -> None:
    web, _, _ = await linked(world)
    assert (await world.wishes.ways(web)).channels == ("web", "telegram")
    assert await world.wishes.heard(web, "web", "Antworte mir auf WhatsApp", "web-1")
    assert "WhatsApp is not part of this conversation yet" in (await world.said(web))[-1]
    await world.redis.hset(
        keys.Keys(web).customer,
        "identity:email:a@b.example",
        json.dumps({"identity": "email:a@b.example", "channel": "email", "verified": False}),
    )
    for channel, code in (("email", "not_linked"), ("whatsapp", "not_linked")):
        with pytest.raises(Refused) as refused:
            await world.wishes.prefer(web, channel)
        assert refused.value.code == code
    await world.reach.consent(web, "telegram", given=False)
    with pytest.raises(Refused) as refused:
        await world.wishes.prefer(web, "telegram")
    assert refused.value.code == "opted_out"
    assert (await world.wishes.ways(web)).preferred == ""


async def test_an_opt_out_goes_before_the_wish(world: World) -> None:
    web, _, _ = await linked(world)
    await world.wishes.prefer(web, "telegram")
    await world.threads.accept(web, message("customer", "and now", id="web-9", channel="web"))
    assert await world.reach.wanted(web) == "telegram"
    await world.reach.consent(web, "telegram", given=False)
    assert await world.reach.wanted(web) == "web"


async def test_an_agent_s_answer_goes_where_the_customer_wished_and_what_an_agent_notes_is_audited(
    world: World,
) -> None:
    web, _, _ = await linked(world)
    commands = Commands(world.threads, lambda channel: channel != "web", None, None, world.wishes.command)  # type: ignore[arg-type]
    prefer = PreferChannel(command_id="c1", customer_id=web, channel="telegram", **AGENT)
    say = AgentMessage(command_id="c2", customer_id=web, ticket_ref="F-1", client_id="cl-1", text="Here it is", **AGENT)
    box = world.threads.mailbox
    await world.threads.accept(web, message("customer", "on the web again", id="web-3", channel="web"))
    for command in (prefer, say):
        await world.threads.forward(web, f"command {command.model_dump_json()}")
    await box.prepare()
    entry = (await world.redis.xrange(box.ready_key(keys.Keys(web).tag)))[0][0]
    lease = await box.take(web, entry)
    assert lease is not None
    while item := await box.head(lease):
        kind, _, rest = item.partition(" ")
        if kind == "command":
            await commands.handle(lease, rest)
        else:
            await world.threads.finish(lease, Plan())
    answer = (await world.threads.last(web, 1))[0]
    assert (answer.text, answer.channel) == ("Here it is", "telegram")
    assert await world.redis.lrange(world.threads.outbox.list_key(web), 0, -1) == [f"telegram {answer.cursor}"]
    acts = [json.loads(fields["entry"]) for _, fields in await world.redis.xrange(keys.AUDIT)]
    assert [(act["channel"], act["by"]) for act in acts if act["act"] == "preferred"] == [("telegram", "a1 Ada")]


async def test_a_wish_goes_along_with_a_merge_and_back_with_its_undo(world: World) -> None:
    web, telegram = await world.customer("web", "v1", "hello"), await world.customer("telegram", "4711", "hi")
    await world.wishes.prefer(web, "web")
    await world.wishes.prefer(telegram, "telegram")
    merge_id = await world.merges.merge(web, telegram, "link code")
    assert (await world.wishes.ways(web)).preferred == "telegram", "the newer wish counts"
    assert await world.merges.undo(UndoMerge(command_id="u1", customer_id=web, merge_id=merge_id, **AGENT))
    assert (await world.wishes.ways(web)).preferred == "web"
    assert (await world.wishes.ways(telegram)).preferred == "telegram"


async def test_a_wish_made_in_common_for_a_channel_that_leaves_leaves_with_it(world: World) -> None:
    web, telegram, merge_id = await linked(world)
    await world.wishes.prefer(web, "telegram")
    assert await world.merges.undo(UndoMerge(command_id="u1", customer_id=web, merge_id=merge_id, **AGENT))
    assert (await world.reach.contact(web)).preferred == ""
    assert (await world.wishes.ways(telegram)).preferred == "telegram"
