"""What a customer edited or took back reads so at the desk too, with what it said before for the agent."""

from __future__ import annotations

from datetime import UTC, datetime

from redis.asyncio import Redis
from sqlalchemy import select

from tests.desk import appended, changed, handoff, message, push
from tests.integration.test_tickets_ingest import ANNA, count, drain, ticket
from tickets.contracts import AngerScored, AnyEvent
from tickets.contracts import Message as Said
from tickets.services.care import Care
from tickets.services.work import Records
from tickets.storage.models import Agent, AngerCorrection, Audit, Message


async def somebody(records: Records) -> Agent:
    agent = Agent(id="a", email="a@b", name="A", role="agent", password_hash="", created_at=datetime.now(UTC))
    async with records.work() as work:
        work.session.add(agent)
    return agent


async def told(redis: Redis, records: Records, *events: AnyEvent) -> None:
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


async def test_an_edited_message_is_as_angry_as_it_is_now_for_the_flag_and_the_trend(
    redis: Redis, records: Records
) -> None:
    await push(redis, handoff("F-1"))
    first, second, last = message("calm"), message("calmer"), message("WHERE IS IT")
    await told(redis, records, *(appended("F-1", one) for one in (first, second, last)))

    def scored(said: Said, score: float, *evidence: str, anew: bool = False) -> AngerScored:
        own = {"customer_id": "cus_anna", "ticket_ref": "F-1", "cursor": said.cursor}
        return AngerScored.model_validate({**own, "score": score, "evidence": evidence, "anew": anew})

    await told(redis, records, scored(first, 0.1), scored(second, 0.0), scored(last, 0.9, "shouting"))
    assert (await ticket(records, "F-1")).anger == 0.9
    await Care(records).correct_anger(await somebody(records), "F-1", last.cursor, "angry")
    edited = appended("F-1", changed(last, "where is it?", "WHERE IS IT"))
    await told(redis, records, edited, scored(last, 0.2, anew=True), scored(last, 0.9, "shouting"))
    shown = await ticket(records, "F-1")
    row = shown.messages[-1]
    assert (row.anger, row.anger_evidence, row.anger_label) == (0.2, [], None)
    assert shown.packet is not None
    assert (shown.anger, shown.packet["anger"]["score"], shown.packet["anger"]["evidence"]) == (0.2, 0.2, [])
    await told(redis, records, scored(first, 0.8, "insult", anew=True))
    shown = await ticket(records, "F-1")
    assert shown.anger == 0.8
    assert shown.packet["anger"]["trend"][-3:] == [[first.cursor, 0.8], [second.cursor, 0.0], [last.cursor, 0.2]]
    assert shown.packet["anger"]["score"] == 0.2, "what was said last is shown first"


async def test_a_correction_of_edited_words_is_an_example_with_these_words(redis: Redis, records: Records) -> None:
    await push(redis, handoff("F-1"))
    said = message("WHERE IS IT")
    await told(redis, records, appended("F-1", said))
    agent = await somebody(records)
    care = Care(records)
    await care.correct_anger(agent, "F-1", said.cursor, "angry")
    await told(redis, records, appended("F-1", changed(said, "where is it?", "WHERE IS IT")))
    await care.correct_anger(agent, "F-1", said.cursor, "calm")
    async with records.read() as session:
        [example] = (await session.scalars(select(AngerCorrection))).all()
    assert (example.label, example.text) == ("calm", "where is it?")
