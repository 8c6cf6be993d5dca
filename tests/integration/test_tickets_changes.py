"""What a customer edited or took back reads so at the desk too, with what it said before for the agent."""

from __future__ import annotations

from redis.asyncio import Redis
from sqlalchemy import select

from tests.desk import appended, changed, handoff, message, push
from tests.integration.test_tickets_ingest import ANNA, count, drain, ticket
from tickets.contracts import MessageAppended
from tickets.services.work import Records
from tickets.storage.models import Audit, Message


async def told(redis: Redis, records: Records, *events: MessageAppended) -> None:
    await push(redis, *events)
    await drain(redis, records)


async def test_an_edit_takes_the_place_of_the_words_and_a_late_older_one_does_not(
    redis: Redis, records: Records
) -> None:
    await push(redis, handoff("F-1"))
    said = message("one")
    second, third = changed(said, "two", "one"), changed(said, "three", "one", "two")
    await told(
        redis, records, appended("F-1", said), appended("F-1", third), appended("F-1", second), appended("F-1", third)
    )
    shown = await ticket(records, "F-1")
    last = shown.messages[-1]
    assert (last.text, [past.text for past in last.former], last.deleted_at) == ("three", ["one", "two"], None)
    assert shown.last is not None and shown.last.text == "three"
    assert len([one for one in shown.messages if one.author == "customer"]) == 3, "a change is no message of its own"
    async with records.read() as session:
        acts = [one.action for one in await session.scalars(select(Audit).where(Audit.subject == "F-1"))]
    assert acts.count("message.edited") == 1


async def test_what_was_taken_back_is_kept_for_the_agent_and_found_by_no_search(redis: Redis, records: Records) -> None:
    await push(redis, handoff("F-1"))
    said = message("my number is 4711")
    await told(
        redis, records, appended("F-1", said), appended("F-1", changed(said, "", "my number is 4711", deleted=True))
    )
    last = (await ticket(records, "F-1")).messages[-1]
    assert (last.text, [past.text for past in last.former]) == ("", ["my number is 4711"])
    assert last.deleted_at is not None
    async with records.read() as session:
        assert (
            await session.scalar(select(Message.id).where(Message.folded.contains("4711"), Message.ref == "F-1"))
            is None
        )
        acts = [one.action for one in await session.scalars(select(Audit).where(Audit.subject == "F-1"))]
    assert "message.deleted" in acts


async def test_a_change_of_a_message_that_the_ticket_never_had_is_no_message(redis: Redis, records: Records) -> None:
    await push(redis, handoff("F-1"))
    await told(redis, records, appended("F-1", changed(message("unknown"), "new", "old"), ANNA))
    assert await count(records, Message) == 3


async def test_a_packet_brings_the_newest_words_and_the_event_that_repeats_them_adds_nothing(
    redis: Redis, records: Records
) -> None:
    said = message("one")
    change = changed(said, "two", "one")
    packed = said.model_copy(update={"text": "two", "former": change.former})
    await push(redis, handoff("F-1", thread=(packed,)))
    await told(redis, records, appended("F-1", change))
    (only,) = (await ticket(records, "F-1")).messages
    assert (only.text, [past.text for past in only.former]) == ("two", ["one"])
