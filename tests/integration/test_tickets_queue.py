"""What waits at the desk: in which order, how it is found, and what the bot may tell of it; on either database."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

from redis.asyncio import Redis

from tests.desk import Client, arrive, eventually, handoff, holds, message, push, where


async def test_the_queue_shows_danger_first_and_pages_through_all(
    agent: Client, redis: Redis, new_ref: Callable[[], str]
) -> None:
    name = f"Zoë{uuid.uuid4().hex[:8]}"
    plain, urgent, danger = [new_ref() for _ in range(5)], new_ref(), new_ref()
    card = {"id": "cus_page", "name": name}
    await push(redis, *(handoff(ref, "cus_page", customer=card, priority="normal", reason="asked") for ref in plain))
    await push(redis, handoff(urgent, "cus_page", customer=card, priority="urgent", reason="asked"))
    await push(redis, handoff(danger, "cus_page", customer=card, priority="normal", reason="danger"))
    await agent.arrived(*plain, urgent, danger)
    found: list[str] = []
    cursor = ""
    while cursor is not None:
        page = await agent.get(
            "/tickets", params={"status": "open", "assignee": "none", "q": name.upper(), "limit": "3", "cursor": cursor}
        )
        found += [one["ref"] for one in page["items"]]
        cursor = page["cursor"]
    assert found == [urgent, danger, *plain]


async def test_tickets_are_found_by_name_words_of_the_thread_and_reference(
    agent: Client, redis: Redis, ref: str, customer_id: str
) -> None:
    word = f"Wärmflasche{uuid.uuid4().hex[:6]}"
    await arrive(agent, redis, ref, customer_id, thread=(message(f"Meine {word} ist kaputt 100%"),))
    for q in (word.upper(), f"müller {word}", f"{ref.lower()} {word} 100%"):
        assert [one["ref"] for one in (await agent.get("/tickets", params={"q": q}))["items"]] == [ref], q
    for q in (f"{word} teekanne", f"{word}%x", f"{word[:-1]}_"):
        assert (await agent.get("/tickets", params={"q": q}))["items"] == [], q
    await agent.post(f"/tickets/{ref}/claim")
    mine = await agent.get("/tickets", params={"q": word, "assignee": "me", "status": "open,waiting"})
    assert [one["ref"] for one in mine["items"]] == [ref]
    assert (await agent.get("/tickets", params={"q": word, "status": "resolved"}))["items"] == []


async def test_place_and_wait_are_kept_where_the_bot_reads_them(
    agent: Client, redis: Redis, ref: str, customer_id: str
) -> None:
    async with redis.pubsub() as pokes:
        await pokes.subscribe("live")
        await arrive(agent, redis, ref, customer_id, reason="danger")

        async def state() -> dict[str, Any]:
            return json.loads(await redis.get(f"desk:ticket:{ref}") or '{"position": null, "assignee_name": ""}')

        queued = await eventually(lambda: holds(state, lambda one: one["position"]))
        assert queued["eta_minutes"] >= 1
        desk = json.loads(await redis.get("desk:state"))
        assert desk["open"] is True and desk["waiting"] >= 1
        await agent.post(f"/tickets/{ref}/claim")
        claimed = await eventually(lambda: where(state, assignee_name="Admin"))
        assert (claimed["position"], claimed["status"]) == (None, "open")

        async def poked() -> bool:
            poke = await pokes.get_message(ignore_subscribe_messages=True)
            return bool(poke and poke["data"] == customer_id)

        await eventually(poked)
