"""Customers edit and delete what they wrote: everybody reads what holds now,
and an unanswered edit is what is answered."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from redis.asyncio import Redis

from bot import merge_joining
from bot.assistant import Decision
from bot.commands import Commands
from bot.edits import changed, written
from bot.handoff import Cause, Handoffs
from bot.identity import Identities
from bot.keys import Keys
from bot.mailbox import Mailbox
from bot.merging import Merges
from bot.replay import Reader
from bot.threads import Threads, message
from bot.turns import Turns
from bot.understanding.anger import AngerScore
from bot.understanding.danger import Danger
from bot.understanding.understand import Understanding
from tickets.contracts import Former, Message, UndoMerge

HOME, CHANNEL = "cus_kim", "telegram"
Thinks = Callable[[], Awaitable[None]]


class Echo:
    """In the assistant's place: says what it was asked, after what a test wants to happen meanwhile."""

    def __init__(self) -> None:
        self.turns: list[str] = []
        self.meanwhile: list[Thinks] = []

    async def decide(self, customer_id: str, turn: str, text: str, metadata: dict[str, Any]) -> Decision:
        self.turns.append(turn)
        if self.meanwhile:
            await self.meanwhile.pop(0)()
        return Decision(({"text": f"You said: {text}"},))


class Puzzled:
    """Understands nothing, with which a turn goes on all the same."""

    encoder = SimpleNamespace(dimension=4)

    async def understand(self, text: str, prior: Any, recent: Any = ()) -> None:
        raise LookupError(text)


class Moody:
    """Hears anger where a message says "ANGRY", danger where it says "FIRE", and nothing else."""

    encoder = SimpleNamespace(dimension=4)

    async def understand(self, text: str, prior: Any, recent: Any = ()) -> Understanding:
        heard = AngerScore(0.9, ("shouting: ANGRY",)) if "ANGRY" in text else AngerScore(0.1, ())
        danger = Danger("fire", "FIRE") if "FIRE" in text else None
        return replace(Understanding.nothing(text, "en"), anger=heard, danger=danger)


class World:
    def __init__(self, redis: Redis) -> None:
        self.redis = redis
        self.threads = Threads(redis, Mailbox(redis, "mailbox"), Mailbox(redis, "outbox"))
        self.merges = Merges(self.threads)
        self.echo = Echo()
        handoffs = Handoffs(redis, self.threads, Identities(redis, "secret", ""), "Europe/Berlin")
        commands = Commands(self.threads, lambda channel: channel != "web", None, self.merges.undo_or_why)  # type: ignore[arg-type]
        self.turns = Turns(self.threads, commands, handoffs, self.echo, Puzzled(), lambda channel: channel != "web", 60)  # type: ignore[arg-type]
        self.handoffs = handoffs

    async def say(self, id: str, text: str, home: str = HOME) -> None:
        await self.threads.accept(home, message("customer", text, id=id, channel=CHANNEL))

    async def edit(self, id: str, text: str, number: int = 1, home: str = HOME, channel: str = CHANNEL) -> str:
        change = message("customer", text, id=f"{id}:e{number}", channel=channel, change="edited", changes=id)
        return await self.threads.change(home, change)

    async def delete(self, id: str, home: str = HOME) -> str:
        change = message("customer", "", id=f"{id}:gone", channel=CHANNEL, change="deleted", changes=id)
        return await self.threads.change(home, change)

    async def work(self, home: str = HOME) -> None:
        """Does all that waits in the mailbox."""
        box = self.threads.mailbox
        ready = box.ready_key(Keys(home).tag)
        while await self.redis.llen(box.list_key(home)):
            entry = (await self.redis.xrange(ready))[-1][0]
            lease = await box.take(home, entry)
            assert lease is not None
            while item := await box.head(lease):
                if await self.turns.handle(lease, item) == "retired":
                    break

    async def shown(self, home: str = HOME) -> list[tuple[str, str]]:
        return [
            (one.author, one.text)
            for one in await self.threads.last(home, 100)
            if not one.change and one.author != "system"
        ]


@pytest.fixture
async def world(redis: Redis, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    monkeypatch.setattr(merge_joining, "PATIENCE_SECONDS", 0)  # No outbox worker runs here.
    world = World(redis)
    await world.threads.mailbox.prepare()
    yield world


async def test_an_edit_before_the_turn_is_what_is_answered_once(world: World) -> None:
    await world.say("m1", "wher is it")
    assert await world.edit("m1", "where is it?") == "changed"
    await world.work()
    assert await world.shown() == [("customer", "where is it?"), ("bot", "You said: where is it?")]
    assert len(world.echo.turns) == 1


async def test_an_edit_in_the_middle_of_the_turn_drops_the_answer_to_the_old_words(world: World) -> None:
    await world.say("m1", "cancel it")

    async def meanwhile() -> None:
        assert await world.edit("m1", "do not cancel it") == "changed"

    world.echo.meanwhile = [meanwhile]
    await world.work()
    assert await world.shown() == [("customer", "do not cancel it"), ("bot", "You said: do not cancel it")]
    assert len(set(world.echo.turns)) == 2, "other words are another turn, also for the assistant's memory"


async def test_what_was_answered_already_is_not_answered_again(world: World) -> None:
    await world.say("m1", "where is it")
    await world.work()
    assert await world.edit("m1", "where is it?") == "changed"
    await world.work()
    assert [author for author, _ in await world.shown()] == ["customer", "bot"]
    assert (await world.shown())[0][1] == "where is it?"


@pytest.mark.parametrize("in_the_middle", [False, True])
async def test_a_message_taken_back_before_its_answer_gets_none_and_the_next_one_does(
    world: World, in_the_middle: bool
) -> None:
    await world.say("m1", "oops")
    await world.say("m2", "where is it?")

    async def meanwhile() -> None:
        assert await world.delete("m1") == "changed"

    if in_the_middle:
        world.echo.meanwhile = [meanwhile]
    else:
        await meanwhile()
    await world.work()
    assert await world.shown() == [("customer", ""), ("customer", "where is it?"), ("bot", "You said: where is it?")]


async def test_a_change_counts_once_and_former_words_are_kept_in_order(world: World) -> None:
    await world.say("m1", "one")
    assert [await world.edit("m1", "two"), await world.edit("m1", "two"), await world.edit("m1", "two", 2)] == [
        "changed",
        "settled",
        "settled",
    ]
    assert await world.edit("m1", "three", 3) == "changed"
    assert await world.edit("m1", "two", 1) == "duplicate", "a platform that repeats an old edit undoes no newer one"
    assert await world.delete("m1") == "changed"
    assert await world.edit("m1", "four", 4) == "settled"
    one = await world.threads.by_id(HOME, "m1")
    assert one is not None and one.deleted_at is not None
    assert (one.text, [past.text for past in one.former]) == ("", ["one", "two", "three"])


async def test_only_ones_own_message_on_the_same_channel_can_be_changed(world: World) -> None:
    await world.say("m1", "mine")
    await world.work()
    answer = (await world.threads.last(HOME, 1))[0]
    assert await world.edit("m1", "not mine", channel="web") == "missing"
    assert await world.edit(answer.id, "I said so", channel=answer.channel) == "missing"
    assert await world.edit("unknown", "x") == "missing"


async def test_of_many_changes_at_once_none_is_lost(world: World) -> None:
    await world.say("m1", "0")
    outcomes = await asyncio.gather(*(world.edit("m1", str(number), number) for number in range(1, 9)))
    assert set(outcomes) == {"changed"}
    one = await world.threads.by_id(HOME, "m1")
    assert one is not None and len(one.former) == 8
    assert {one.text, *(past.text for past in one.former)} == {str(number) for number in range(9)}


async def test_a_change_goes_along_with_a_merge_and_back_with_its_undo(world: World) -> None:
    await world.say("k1", "kept first")
    await world.say("m1", "merged first", "cus_other")
    await world.edit("m1", "merged second", home="cus_other")
    merge_id = await world.merges.merge(HOME, "cus_other", "link code")
    assert ("customer", "merged second") in await world.shown()
    assert await world.edit("m1", "merged third", 2, home="cus_other") == "changed"
    assert ("customer", "merged third") in await world.shown()
    agent = {"agent_id": "a", "agent_name": "Ada", "at": datetime.now(UTC)}
    assert await world.merges.undo(UndoMerge(command_id="c", customer_id=HOME, merge_id=merge_id, **agent))
    assert await world.shown("cus_other") == [("customer", "merged third")]
    assert await world.redis.hgetall(Keys(HOME).changes) == {}, "nothing of the other's words stays"
    assert await world.delete("m1", "cus_other") == "changed"
    assert await world.edit("k1", "kept second") == "changed"


async def test_a_page_is_sent_what_holds_now_and_never_what_was_taken_back(world: World) -> None:
    from bot.web.chat import Chat, _as_frame, _Speaker
    from bot.web.live import Live

    live = Live(world.redis)
    chat = Chat(Identities(world.redis, "secret", ""), world.threads, world.handoffs, live, [])
    await world.say("m1", "secret")
    with live.listen(HOME) as bell:
        reader = _Speaker(chat, None, HOME, None, bell)  # type: ignore[arg-type]
        before = await reader._shown((await reader.reader.next())[1])
        await world.say("m2", "other")
        await world.delete("m1")
        await world.edit("m2", "another")
        _, found = await reader.reader.next()
        after = [_as_frame(one, "s") for one in await reader._shown(found)]
    assert [one.text for one in before] == ["secret"]
    assert sorted((frame["id"], frame["text"], frame["edited"], frame["deleted"]) for frame in after) == [
        ("m1", "", True, True),
        ("m2", "another", True, False),
    ]
    assert "former" not in json.dumps(after)
    fresh = Reader(world.threads, HOME, None)
    assert "secret" not in [one.text for one in (await fresh.next())[1]]


async def test_the_packet_and_the_desk_get_the_newest_words_with_the_former_ones(world: World) -> None:
    await world.redis.hset(Keys(HOME).thread, mapping={"ticket": "F-1", "owner": "agent", "epoch": "2"})
    await world.say("m1", "one")
    await world.edit("m1", "two")
    thread = [one for one in await world.threads.last(HOME, 10) if not one.change]
    assert [(one.text, [past.text for past in one.former]) for one in thread] == [("two", ["one"])]
    told = [json.loads(fields["event"])["message"] for _, fields in await world.redis.xrange(Keys(HOME).events)]
    change = Message.model_validate(told[-1])
    assert (change.change, change.changes, change.text, [past.text for past in change.former]) == (
        "edited",
        "m1",
        "two",
        ["one"],
    )


@pytest.mark.parametrize("owner", ["bot", "agent"])
async def test_an_edited_message_counts_as_angry_as_it_is_now_and_starts_no_turn(world: World, owner: str) -> None:
    world.turns.understander = Moody()  # type: ignore[assignment]
    await world.redis.hset(Keys(HOME).thread, mapping={"ticket": "F-1" if owner == "agent" else "", "owner": owner})
    for id in ("m1", "m2", "m3"):
        await world.say(id, "ANGRY" if id == "m2" else "calm")
    await world.work()
    answers = len(world.echo.turns)
    assert [score for _, score in await world.threads.anger(HOME)] == [0.1, 0.9, 0.1]
    assert [await world.edit("m1", "ANGRY now"), await world.edit("m2", "fine")] == ["changed", "changed"]
    await world.work()
    assert [score for _, score in await world.threads.anger(HOME)] == [0.9, 0.1, 0.1]
    assert await world.edit("m1", "thank you", 2) == "changed"
    await world.delete("m3")
    await world.work()
    assert [score for _, score in await world.threads.anger(HOME)] == [0.1, 0.1, 0.0]
    assert len(world.echo.turns) == answers
    events = [json.loads(fields["event"]) for _, fields in await world.redis.xrange(Keys(HOME).events)]
    told = [(one["cursor"], one["score"]) for one in events if one["type"] == "anger" and one["anew"]]
    by_id = {one.id: one.cursor for one in await world.threads.last(HOME, 50)}
    expected = [("m1", 0.9), ("m2", 0.1), ("m1", 0.1), ("m3", 0.0)] if owner == "agent" else []
    assert told == [(by_id[id], score) for id, score in expected]


@pytest.mark.parametrize(("owner", "answers"), [("bot", 2), ("queue", 0)])
async def test_an_edit_that_speaks_of_danger_is_answered_once_unless_a_person_sees_it_anyway(
    world: World, owner: str, answers: int
) -> None:
    world.turns.understander = Moody()  # type: ignore[assignment]
    await world.redis.hset(Keys(HOME).thread, mapping={"owner": owner})
    await world.say("m1", "it is warm")
    await world.work()
    await world.edit("m1", "it is on FIRE")
    await world.work()
    assert len(world.echo.turns) == len(set(world.echo.turns)) == answers


async def test_a_message_has_one_reading_of_its_anger_also_after_an_edit_that_is_answered(world: World) -> None:
    world.turns.understander = Moody()  # type: ignore[assignment]
    await world.say("m1", "it is warm")
    await world.say("m2", "hello")
    await world.work()
    await world.edit("m1", "ANGRY: it is on FIRE")
    await world.work()
    readings = await world.threads.anger(HOME)
    assert [score for _, score in readings] == [0.9, 0.1]
    cause = Cause("danger", "en", anger_now=(readings[0][0], 0.4))
    event = await world.handoffs.event(HOME, "F-1", await world.threads.state(HOME), cause)
    assert [score for _, score in event.packet.anger.trend] == [0.4, 0.1]


async def test_an_edit_while_an_edit_is_scored_leaves_the_score_of_the_newest_words(world: World) -> None:
    moody = world.turns.understander = Moody()  # type: ignore[assignment]
    await world.say("m1", "calm")
    await world.work()
    understand = moody.understand

    async def slow(text: str, prior: Any, recent: Any = ()) -> Understanding:
        moody.understand = understand  # type: ignore[method-assign]
        await world.edit("m1", "calm again", 2)
        return await understand(text, prior, recent)

    moody.understand = slow  # type: ignore[method-assign]
    await world.edit("m1", "ANGRY")
    await world.work()
    assert [score for _, score in await world.threads.anger(HOME)] == [0.1]


def test_what_counts_as_written() -> None:
    own = message("customer", "x", id="m1", channel=CHANNEL)
    entry, _ = changed(own, message("customer", "y", id="m1:e1", channel=CHANNEL, change="edited", changes="m1")) or (
        own,
        "",
    )
    gone = own.model_copy(
        update={"deleted_at": datetime.now(UTC), "former": (Former(text="x", at=own.at),), "text": ""}
    )
    assert written([own, entry, gone]) == [own]
