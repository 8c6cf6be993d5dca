"""Events of the bot become records: once, whatever is repeated, out of order, unreadable, or interrupted."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis
from sqlalchemy import func, select

from tests.desk import appended, handoff, message, push
from tickets.contracts import (
    AnyEvent,
    CustomersMerged,
    Delivery,
    MergeUndone,
    OwnerChanged,
    QuestionAsked,
    partition,
    partitions,
)
from tickets.domain.hours import parse
from tickets.errors import DeskError
from tickets.services import reading
from tickets.services.care import Care
from tickets.services.changes import Changes
from tickets.services.views import TicketView
from tickets.services.work import Records
from tickets.storage.database import Database, address
from tickets.storage.models import Agent, DeskEvent, PoisonEvent, Position, Question, Ticket
from tickets.workers.ingest import Ingest

ANNA = "cus_anna"
TAG = partition(ANNA)


async def drain(redis: Redis, records: Records, customer_id: str = ANNA) -> None:
    ingest = Ingest(redis, records, records.changes.listen(), block_ms=1)
    while await ingest.step(partition(customer_id)):
        pass


async def ticket(records: Records, ref: str) -> TicketView:
    async with records.read() as session:
        return await reading.ticket(session, ref, None)


async def count(records: Records, table: Any) -> int:
    async with records.read() as session:
        return int(await session.scalar(select(func.count()).select_from(table)) or 0)


def story(ref: str) -> list[AnyEvent]:
    """A handoff and what follows, as a customer's stream holds it."""
    first, second = (
        message("Hallo?"),
        message("Gleich", "agent", id="client-0001", client_id="client-0001", channel="telegram"),
    )
    own: dict[str, Any] = {"customer_id": ANNA, "ticket_ref": ref}
    return [
        handoff(ref),
        OwnerChanged(owner="queue", epoch=2, **own),
        appended(ref, first),
        appended(ref, second),
        Delivery(cursor=second.cursor, client_id=second.client_id, state="failed", reason="blocked", **own),
        Delivery(cursor=second.cursor, client_id=second.client_id, state="delivered", **own),
    ]


async def test_an_event_that_comes_again_changes_nothing(redis: Redis, records: Records) -> None:
    events = story("F-1")
    await push(redis, *events)
    await drain(redis, records)
    before, told = await ticket(records, "F-1"), await count(records, DeskEvent)
    await push(redis, *events[:4], *events[:4])
    await drain(redis, records)
    assert await ticket(records, "F-1") == before
    assert await count(records, DeskEvent) == told, "the desks are not told what they know"


async def test_the_whole_stream_read_anew_changes_nothing(redis: Redis, records: Records) -> None:
    await push(redis, *story("F-1"))
    await drain(redis, records)
    before, told = await ticket(records, "F-1"), await count(records, DeskEvent)
    async with records.database.write() as session:
        (await session.get_one(Position, TAG)).position = "0-0"
    await drain(redis, records)
    assert await ticket(records, "F-1") == before
    assert await count(records, DeskEvent) == told


async def test_what_comes_before_its_ticket_waits_for_it(redis: Redis, records: Records, tmp_path: Path) -> None:
    events = story("F-1")
    await push(redis, *events)
    await drain(redis, records)
    in_order = await ticket(records, "F-1")
    await redis.delete(f"events:{TAG}")
    other = Records(await _fresh(tmp_path / "second"), records.hours, Changes())
    await push(redis, events[4], events[3], events[2], events[0], events[5])
    await drain(redis, other)
    shuffled = await ticket(other, "F-1")
    assert [one.text for one in shuffled.messages] == [one.text for one in in_order.messages]
    assert [one.state for one in shuffled.messages] == [one.state for one in in_order.messages]
    assert shuffled.last == in_order.last
    await other.database.close()


async def _fresh(folder: Path) -> Database:
    folder.mkdir()
    database = Database(address("", folder))
    await database.upgrade()
    return database


BAD: dict[str, str] = {
    "no JSON": "{",
    "an unknown type": '{"type":"party","customer_id":"cus_anna"}',
    "a missing field": '{"type":"owner","customer_id":"cus_anna"}',
    "no event": "",
    "a list": "[]",
    "a cursor that is none": appended("F-1", message("x", cursor="then")).model_dump_json(),
}


@pytest.mark.parametrize("raw", BAD.values(), ids=BAD.keys())
async def test_an_event_that_cannot_be_used_is_kept_aside_and_holds_up_nothing(
    redis: Redis, records: Records, raw: str
) -> None:
    await push(redis, handoff("F-1"))
    stream_id = await redis.xadd(f"events:{TAG}", {"event": raw})
    await redis.xadd(f"events:{TAG}", {"something": "else"})
    await push(redis, appended("F-1", message("geht weiter")))
    await drain(redis, records)
    assert (await ticket(records, "F-1")).messages[-1].text == "geht weiter"
    async with records.read() as session:
        aside = await reading.poison(session)
    assert [one.stream_id for one in aside][-1] == stream_id
    assert len(aside) == 2 and all(one.error for one in aside)
    assert aside[-1].raw == raw


async def test_text_that_only_one_database_takes_holds_up_neither(redis: Redis, records: Records) -> None:
    await push(redis, handoff("F-1"), appended("F-1", message("a\x00b")), appended("F-1", message("geht weiter")))
    await drain(redis, records)
    assert (await ticket(records, "F-1")).messages[-1].text == "geht weiter"
    assert await count(records, PoisonEvent) == (0 if records.database.is_sqlite else 1)


async def test_an_event_that_fails_at_its_very_end_takes_nothing_with_it(redis: Redis, records: Records) -> None:
    both: dict[str, Any] = {"merge_id": "m1", "customer_id": ANNA, "merged_id": "cus_b", "at": datetime.now(UTC)}
    card = {"id": ANNA, "name": "A"}
    bad = CustomersMerged(proof="a\x00b" if not records.database.is_sqlite else "\ud800", customer=card, **both)
    await push(redis, handoff("F-2", "cus_b"))
    await drain(redis, records, "cus_b")
    await push(redis, handoff("F-1"))
    await redis.xadd(f"events:{TAG}", {"event": json.dumps(bad.model_dump(mode="python"), default=str)})
    await push(redis, appended("F-1", message("geht weiter")))
    await drain(redis, records)
    assert (await ticket(records, "F-1")).messages[-1].text == "geht weiter"
    assert (await ticket(records, "F-2")).customer.id == "cus_b"
    assert await count(records, PoisonEvent) == 1


async def test_an_event_kept_aside_can_be_tried_again(redis: Redis, records: Records) -> None:
    taken = handoff("F-1", created_at=datetime.now(UTC) + timedelta(seconds=1))
    await push(redis, handoff("F-1"), taken)
    await drain(redis, records)
    async with records.read() as session:
        [aside] = await reading.poison(session)
    assert "F-1" in aside.error
    agent = Agent(
        id="agt_1", email="a@example.com", name="A", role="admin", password_hash="", created_at=datetime.now(UTC)
    )
    with pytest.raises(DeskError, match="another handoff"):
        await Care(records).try_poison_again(agent, aside.id)
    async with records.database.write() as session:
        await session.delete((await session.scalars(select(Ticket))).one())
    await Care(records).try_poison_again(agent, aside.id)
    assert (await ticket(records, "F-1")).created_at == taken.packet.created_at
    assert await count(records, PoisonEvent) == 0


async def test_what_an_older_version_kept_aside_is_taken_up_when_a_newer_one_starts(
    redis: Redis, records: Records
) -> None:
    told = [appended("F-1", message("neu")).model_dump_json(), '{"type":"of a version to come"}']
    async with records.database.write() as session:
        for number, raw in enumerate(told):
            row = PoisonEvent(tag=TAG, stream_id=f"{number + 1}-0", raw=raw, error="unknown", at=datetime.now(UTC))
            session.add(row)
    await push(redis, handoff("F-1"))
    await asyncio.gather(drain(redis, records), drain(redis, records))
    assert [one.text for one in (await ticket(records, "F-1")).messages].count("neu") == 1
    async with records.read() as session:
        assert [one.raw for one in await reading.poison(session)] == told[1:]


async def test_an_event_that_tells_more_than_this_version_knows_is_used_for_what_it_does_know(
    redis: Redis, records: Records
) -> None:
    await push(redis, handoff("F-1"))
    newer = json.loads(appended("F-1", message("von morgen")).model_dump_json())
    newer["message"]["mood"] = newer["seen_by"] = ["somebody"]
    await redis.xadd(f"events:{TAG}", {"event": json.dumps(newer)})
    await drain(redis, records)
    assert (await ticket(records, "F-1")).messages[-1].text == "von morgen"
    assert await count(records, PoisonEvent) == 0


async def test_two_processes_that_read_the_same_stream_store_each_event_once(redis: Redis, records: Records) -> None:
    said = [message(f"Nummer {number}") for number in range(40)]
    await push(redis, handoff("F-1", thread=()), *(appended("F-1", one) for one in said))
    await Ingest(redis, records, records.changes.listen(), block_ms=1)._position(TAG)
    await asyncio.gather(*(drain(redis, records) for _ in range(4)))
    assert [one.text for one in (await ticket(records, "F-1")).messages] == [one.text for one in said]
    late = Ingest(redis, records, records.changes.listen())
    assert not await late.store(TAG, "0-0", await redis.xrange(f"events:{TAG}")), "another process has read this"


async def test_a_stream_that_began_anew_behind_our_position_is_read_from_its_start(
    redis: Redis, records: Records
) -> None:
    await push(redis, handoff("F-1"))
    await drain(redis, records)
    await redis.delete(f"events:{TAG}")
    await redis.xadd(f"events:{TAG}", {"event": handoff("F-2").model_dump_json()}, id="5-1")
    await drain(redis, records)
    await drain(redis, records)
    assert (await ticket(records, "F-2")).past[0].ref == "F-1"


async def test_owner_events_of_the_past_do_not_end_a_ticket(redis: Redis, records: Records) -> None:
    own: dict[str, Any] = {"customer_id": ANNA, "ticket_ref": "F-1"}
    await push(
        redis, handoff("F-1"), OwnerChanged(owner="agent", epoch=5, **own), OwnerChanged(owner="bot", epoch=3, **own)
    )
    await drain(redis, records)
    assert (await ticket(records, "F-1")).status == "open"


async def test_a_question_is_kept_with_what_became_of_it(redis: Redis, records: Records) -> None:
    now = datetime.now(UTC)
    asked = {
        "customer_id": ANNA,
        "cursor": "5-0",
        "language": "de",
        "channel": "web",
        "text": "Was kostet der Versand?",
    }
    asked["embedding"] = "AAA="
    await push(
        redis,
        QuestionAsked(outcome="answered", articles=("versandkosten",), confidence=0.9, at=now, **asked),  # type: ignore[arg-type]
        QuestionAsked(
            outcome="rejected", articles=("versandkosten",), confidence=0.9, at=now + timedelta(seconds=9), **asked
        ),  # type: ignore[arg-type]
        QuestionAsked(outcome="answered", at=now, **asked),  # type: ignore[arg-type]
    )
    await drain(redis, records)
    async with records.read() as session:
        [row] = (await session.scalars(select(Question))).all()
    assert (row.outcome, row.articles, row.language) == ("rejected", ["versandkosten"], "de")
    assert row.embedding == "AAA="


Merging = Callable[[str, str, str], tuple[CustomersMerged, MergeUndone]]


def merge(merge_id: str, kept: str, gone: str) -> tuple[CustomersMerged, MergeUndone]:
    both: dict[str, Any] = {"merge_id": merge_id, "customer_id": kept, "merged_id": gone, "at": datetime.now(UTC)}
    return CustomersMerged(proof="link code", customer={"id": kept, "name": kept}, **both), MergeUndone(**both)


async def owners(records: Records) -> dict[str, str]:
    async with records.read() as session:
        return dict((await session.execute(select(Ticket.ref, Ticket.customer_id))).all())


async def tell(redis: Redis, records: Records, *events: AnyEvent) -> None:
    await push(redis, *events)
    for tag in partitions():
        while await Ingest(redis, records, records.changes.listen(), block_ms=1).step(tag):
            pass


async def test_three_customers_who_turn_out_to_be_one_can_be_taken_apart_in_any_order(
    redis: Redis, records: Records
) -> None:
    await tell(redis, records, handoff("F-1", "cus_a"), handoff("F-2", "cus_b"), handoff("F-3", "cus_c"))
    (a_b, not_a_b), (c_a, not_c_a) = merge("m1", "cus_a", "cus_b"), merge("m2", "cus_c", "cus_a")
    await tell(redis, records, a_b, c_a)
    assert set((await owners(records)).values()) == {"cus_c"}
    await tell(redis, records, not_a_b)
    assert await owners(records) == {"F-1": "cus_c", "F-2": "cus_b", "F-3": "cus_c"}
    await tell(redis, records, not_c_a, not_c_a)
    assert await owners(records) == {"F-1": "cus_a", "F-2": "cus_b", "F-3": "cus_c"}


async def test_a_handoff_that_the_merge_overtook_follows_it_and_its_undo(redis: Redis, records: Records) -> None:
    (merged, undone) = merge("m1", "cus_a", "cus_b")
    await tell(redis, records, handoff("F-1", "cus_a"), merged)
    await tell(redis, records, handoff("F-2", "cus_b"))
    assert await owners(records) == {"F-1": "cus_a", "F-2": "cus_a"}
    await tell(redis, records, undone, merged)
    assert await owners(records) == {"F-1": "cus_a", "F-2": "cus_b"}


async def test_an_undo_that_comes_before_its_merge_settles_it(redis: Redis, records: Records) -> None:
    (merged, undone) = merge("m1", "cus_a", "cus_b")
    await tell(redis, records, handoff("F-1", "cus_b"), undone)
    await tell(redis, records, merged)
    assert await owners(records) == {"F-1": "cus_b"}


async def test_a_ticket_that_comes_at_night_is_due_after_the_opening(redis: Redis, records: Records) -> None:
    now = datetime.now(UTC)
    tomorrow = (now + timedelta(days=1)).strftime("%a")[:2]
    hours = parse(f"{tomorrow} 09:00-17:00", "UTC")
    night = Records(records.database, hours, records.changes)
    await push(redis, handoff("F-1", priority="urgent"))
    await drain(redis, night)
    due = (await ticket(night, "F-1")).due_at
    assert due == (now + timedelta(days=1)).replace(hour=9, minute=15, second=0, microsecond=0)
