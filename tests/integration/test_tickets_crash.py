"""What the desk confirmed outlives a killed service: every command reaches the bot once, in order;
every event one ticket."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections import defaultdict
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from redis.asyncio import Redis
from sqlalchemy import insert, select, update

from tests.desk import Client, Service, appended, eventually, handoff, message, push
from tickets.contracts import partitions
from tickets.services.changes import Changes
from tickets.services.work import Records
from tickets.storage.models import Outbox
from tickets.workers.relay import Relay


@pytest.fixture
async def mortal(redis_url: str, redis: Redis, tmp_path: Path) -> AsyncIterator[Service]:
    """A service that the test kills; `redis` empties the streams first."""
    service = Service(redis_url, tmp_path)
    service.start()
    await service.ready()
    yield service
    service.stop()


async def commands(redis: Redis) -> list[dict[str, str]]:
    found = []
    for tag in partitions():
        found += [json.loads(fields["command"]) for _, fields in await redis.xrange(f"outbound:{tag}")]
    return found


async def test_replies_to_a_desk_that_is_killed_again_and_again_arrive_once_and_in_order(
    mortal: Service, redis: Redis
) -> None:
    refs = [f"F-{number}" for number in range(1, 5)]
    await push(redis, *(handoff(ref, f"cus_{ref}") for ref in refs))
    confirmed: dict[str, list[str]] = defaultdict(list)
    async with mortal.client() as browser:
        agent = await browser.log_in()
        await agent.arrived(*refs)
        for ref in refs:
            await agent.post(f"/tickets/{ref}/claim")
        for _ in range(3):
            writing = [asyncio.create_task(_write(agent, ref, confirmed[ref])) for ref in refs]
            goal = sum(map(len, confirmed.values())) + 12
            await eventually(lambda goal=goal: _reached(confirmed, goal))
            mortal.kill()
            await asyncio.gather(*writing)
            mortal.start()
            await mortal.ready()

    async def all_sent() -> bool:
        found = [one["client_id"] for one in await commands(redis) if one["type"] == "message"]
        return set(found) >= {one for sent in confirmed.values() for one in sent}

    await eventually(all_sent)
    for ref in refs:
        arrived = [
            one["client_id"] for one in await commands(redis) if one["type"] == "message" and one["ticket_ref"] == ref
        ]
        assert len(arrived) == len(set(arrived))
        assert [one for one in arrived if one in confirmed[ref]] == confirmed[ref]


async def _reached(confirmed: dict[str, list[str]], goal: int) -> bool:
    return sum(map(len, confirmed.values())) >= goal


async def _write(agent: Client, ref: str, confirmed: list[str]) -> None:
    """Replies as fast as they are confirmed, until the service is gone."""
    while True:
        client_id = str(uuid.uuid4())
        try:
            status, _ = await agent.call("POST", f"/tickets/{ref}/messages", {"client_id": client_id, "text": "weiter"})
        except (aiohttp.ClientError, OSError):
            return
        assert status == 201
        confirmed.append(client_id)


async def test_events_that_arrive_while_the_service_is_killed_are_stored_once(mortal: Service, redis: Redis) -> None:
    said = [message(f"Nummer {number}", id=f"n{number}") for number in range(120)]
    await push(redis, handoff("F-1", thread=()))
    for start in range(0, len(said), 40):
        await push(redis, *(appended("F-1", one) for one in said[start : start + 40]))
        mortal.kill()
        mortal.start()
    await mortal.ready()
    async with mortal.client() as browser:
        agent = await browser.log_in()

        async def stored() -> list[str]:
            texts = [one["text"] for one in (await agent.get("/tickets/F-1"))["messages"]]
            return texts if len(texts) >= len(said) else []

        await agent.arrived("F-1")
        assert await eventually(stored) == [one.text for one in said]


async def test_a_relay_that_ended_before_it_could_mark_sends_nothing_twice(redis: Redis, records: Records) -> None:
    rows = [{"command_id": f"c{n}", "customer_id": "cus_a", "ref": "F-1", "command": f'{{"n":{n}}}'} for n in range(5)]
    async with records.work() as work:
        await work.session.execute(insert(Outbox), [{**row, "created_at": work.now} for row in rows])
    relay = Relay(redis, records, Changes().listen())
    await relay.step()
    async with records.database.write() as session:
        await session.execute(update(Outbox).values(sent_at=None))
    await asyncio.gather(*(Relay(redis, records, Changes().listen()).step() for _ in range(3)))
    assert [one["n"] for one in await commands(redis)] == [0, 1, 2, 3, 4]
    async with records.read() as session:
        assert (await session.scalars(select(Outbox.id).where(Outbox.sent_at.is_(None)))).all() == []


async def test_work_that_fails_leaves_nothing_behind(records: Records) -> None:
    with pytest.raises(ZeroDivisionError):
        async with records.work() as work:
            await work.session.execute(
                insert(Outbox),
                [{"command_id": "c", "customer_id": "a", "ref": "", "command": "{}", "created_at": work.now}],
            )
            _ = 1 / 0
    async with records.read() as session:
        assert (await session.scalars(select(Outbox))).all() == []


async def test_the_service_stops_in_good_order_and_tells_its_first_password_once(
    redis_url: str, tmp_path: Path
) -> None:
    service = Service(redis_url, tmp_path, DESK_ADMIN_PASSWORD="")
    service.start()
    await service.ready()
    [line] = [one for one in service.output().splitlines() if "admin@example.com" in one]
    password = line.rpartition(" / ")[2]
    async with service.client() as browser:
        agent = await browser.log_in(password=password)
        async with agent.http.ws_connect(f"{service.url}/api/v1/events?after={agent.cursor}") as socket:
            assert (await socket.receive_json())["type"] == "ready"
            assert await asyncio.to_thread(service.stop) == 0, service.output()
            assert (await socket.receive()).data == 1001, "the desk comes back by itself"
    service.start()
    await service.ready()
    assert service.stop() == 0
    assert service.output().count(password) == 1
    logged = [json.loads(one) for one in service.output().splitlines() if one.startswith("{")]
    assert [one["event"] for one in logged] == ["tickets.started", "tickets.stopped"] * 2
