"""What agents do with tickets: over HTTP, with a real Redis, on SQLite and on PostgreSQL."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from redis.asyncio import Redis

from tests.desk import Client, Service, appended, arrive, eventually, handoff, message, push, reply, sent, where
from tickets.contracts import AngerScored, CustomersMerged, Delivery, MergeUndone, OwnerChanged, Route, partition


async def test_a_handoff_lies_on_the_table_with_everything(
    agent: Client, redis: Redis, ref: str, customer_id: str
) -> None:
    await redis.set(
        f"route:{partition(customer_id)}:{customer_id}", Route(channel="email", kind="fallback").model_dump_json()
    )
    await arrive(agent, redis, ref, customer_id)
    ticket = await agent.get(f"/tickets/{ref}")
    assert [one["text"] for one in ticket["messages"]][-1] == "DAS SAGT IHR SEIT DREI WOCHEN!!!"
    assert ticket["packet"]["slots"] == {"order_number": "NL-20417"}
    assert ticket["packet"]["articles"][0]["rejected"] is True
    assert "thread" not in ticket["packet"]
    assert (ticket["customer"]["name"], ticket["priority"], ticket["anger"]) == ("Anna Müller", "high", 0.91)
    assert ticket["route"]["kind"] == "fallback"
    assert ticket["messages"][2]["anger"] == 0.91
    due = datetime.fromisoformat(ticket["due_at"]) - datetime.fromisoformat(ticket["created_at"])
    assert due == timedelta(minutes=30)


async def test_claim_reply_and_resolve_reach_the_bot_in_order(
    agent: Client, redis: Redis, ref: str, customer_id: str
) -> None:
    await arrive(agent, redis, ref, customer_id)
    await agent.post(f"/tickets/{ref}/claim")
    answer = await agent.post(f"/tickets/{ref}/messages", reply("Ich kümmere mich darum."), status=201)
    assert (answer["state"], answer["cursor"]) == ("sending", None)
    assert (await agent.get(f"/tickets/{ref}"))["status"] == "waiting"
    line = await agent.post(f"/tickets/{ref}/resolve")
    assert (line["status"], line["resolution"]) == ("resolved", "resolved")
    found = await sent(redis, customer_id, 3)
    assert [one.get("action", one["type"]) for one in found] == ["claim", "message", "resolve"]
    assert (found[1]["text"], found[1]["client_id"]) == ("Ich kümmere mich darum.", answer["client_id"])


async def test_a_reply_is_seen_on_its_way_and_a_dead_letter_can_be_tried_again(
    agent: Client, redis: Redis, ref: str, customer_id: str
) -> None:
    await arrive(agent, redis, ref, customer_id, channel="telegram")
    await agent.post(f"/tickets/{ref}/claim")
    mine = await agent.post(f"/tickets/{ref}/messages", reply("Hallo"), status=201)

    async def state() -> dict[str, Any]:
        ticket = await agent.get(f"/tickets/{ref}")
        return dict(next(one for one in ticket["messages"] if one["client_id"] == mine["client_id"]))

    joined = message("Hallo", "agent", id=mine["client_id"], client_id=mine["client_id"], channel="telegram")
    failed = {"customer_id": customer_id, "ticket_ref": ref, "cursor": joined.cursor, "client_id": mine["client_id"]}
    await push(
        redis, appended(ref, joined, customer_id), Delivery(state="failed", reason="blocked by the user", **failed)
    )
    shown = await eventually(lambda: where(state, state="failed"))
    assert (shown["reason"], shown["cursor"]) == ("blocked by the user", joined.cursor)
    await agent.post(f"/tickets/{ref}/messages/{mine['client_id']}/retry")
    assert (await state())["state"] == "sending"
    retry = (await sent(redis, customer_id, 3))[-1]
    assert (retry["type"], retry["cursor"]) == ("retry", joined.cursor)
    await push(redis, Delivery(state="seen", **failed), Delivery(state="delivered", **failed))
    await eventually(lambda: where(state, state="seen"))
    await agent.post(f"/tickets/{ref}/messages/{joined.cursor}/retry", status=409)


async def test_of_agents_who_claim_at_once_one_has_it(
    desks: dict[str, Client], agent: Client, redis: Redis, new_ref: Callable[[], str]
) -> None:
    everybody = list(desks.values())
    refs = [new_ref() for _ in range(12)]
    await push(redis, *(handoff(ref, f"cus_{ref}") for ref in refs))
    await agent.arrived(*refs)
    for ref in refs:
        answers = await asyncio.gather(*(one.call("POST", f"/tickets/{ref}/claim") for one in everybody * 2))
        winners = {body["assignee"]["id"] for status, body in answers if status == 200}
        assert len(winners) == 1
        losers = [body for status, body in answers if status == 409]
        assert len(losers) == 4 and {body["code"] for body in losers} == {"taken"}
        assert {body["assignee"]["id"] for body in losers} == winners
        assert len(await sent(redis, f"cus_{ref}", 1)) == 1


async def test_who_does_not_have_a_ticket_may_only_write_notes(
    other: Client, agent: Client, redis: Redis, ref: str, customer_id: str
) -> None:
    await arrive(agent, redis, ref, customer_id)
    assert (await other.post(f"/tickets/{ref}/messages", reply("x"), status=409))["code"] == "not_claimed"
    await agent.post(f"/tickets/{ref}/claim")
    for action in ("resolve", "handback", "release"):
        assert (await other.post(f"/tickets/{ref}/{action}", status=409))["code"] == "taken"
    assert (await other.post(f"/tickets/{ref}/messages", reply("x"), status=409))["assignee"]["name"] == "Admin"
    note = await other.post(f"/tickets/{ref}/messages", reply("Rückruf zugesagt", private=True), status=201)
    assert (note["private"], note["author_name"], note["state"]) == (True, "Berta", None)
    assert [one["action"] for one in await sent(redis, customer_id, 1)] == ["claim"], "a note is nobody else's business"


async def test_the_same_client_id_is_stored_once(agent: Client, redis: Redis, ref: str, customer_id: str) -> None:
    await arrive(agent, redis, ref, customer_id)
    await agent.post(f"/tickets/{ref}/claim")
    body = reply("einmal")
    answers = await asyncio.gather(*(agent.call("POST", f"/tickets/{ref}/messages", body) for _ in range(5)))
    assert sorted(status for status, _ in answers) == [200, 200, 200, 200, 201]
    ticket = await agent.get(f"/tickets/{ref}")
    assert sum(one["text"] == "einmal" for one in ticket["messages"]) == 1
    await agent.post(f"/tickets/{ref}/release")
    assert [one["type"] for one in await sent(redis, customer_id, 3)] == ["owner", "message", "owner"]


async def test_a_ticket_is_given_away_put_aside_and_taken_up_again(
    other: Client, agent: Client, redis: Redis, ref: str, customer_id: str
) -> None:
    await arrive(agent, redis, ref, customer_id)
    line = await agent.post(f"/tickets/{ref}/assign", {"agent_id": other.agent["id"]})
    assert line["assignee"]["name"] == "Berta"
    until = datetime.now(UTC) + timedelta(seconds=2)
    snoozed = await other.post(f"/tickets/{ref}/snooze", {"until": until.isoformat()})
    assert (snoozed["status"], snoozed["due_at"]) == ("snoozed", None)

    async def status() -> dict[str, Any]:
        return dict(await agent.get(f"/tickets/{ref}"))

    awake = await eventually(lambda: where(status, status="open"))
    assert awake["due_at"] is not None
    assert (await other.post(f"/tickets/{ref}/handback"))["resolution"] == "handed_back"
    assert (await agent.post(f"/tickets/{ref}/claim", status=409))["code"] == "ticket_done"
    assert (await agent.post(f"/tickets/{ref}/reopen"))["assignee"]["name"] == "Admin"
    actions = [one["action"] for one in await sent(redis, customer_id, 3)]
    assert actions == ["assign", "handback", "reopen"]
    await agent.post(f"/tickets/{ref}/snooze", {"until": "2020-01-01T00:00:00Z"}, status=400)


async def test_a_rest_is_ended_before_its_time_and_the_customer_hears_nothing_of_it(
    other: Client, agent: Client, redis: Redis, ref: str, customer_id: str
) -> None:
    await arrive(agent, redis, ref, customer_id)
    await agent.post(f"/tickets/{ref}/claim")
    assert (await agent.post(f"/tickets/{ref}/wake", status=409))["code"] == "not_possible"
    await agent.post(f"/tickets/{ref}/snooze", {"until": (datetime.now(UTC) + timedelta(hours=1)).isoformat()})
    assert (await other.post(f"/tickets/{ref}/wake", status=409))["code"] == "taken"
    awake = await agent.post(f"/tickets/{ref}/wake")
    assert (awake["status"], awake["snoozed_until"], awake["assignee"]["name"]) == ("open", None, "Admin")
    assert awake["due_at"] is not None
    assert [one["action"] for one in await sent(redis, customer_id, 1)] == ["claim"]


async def test_a_customer_who_writes_moves_the_ticket(agent: Client, redis: Redis, ref: str, customer_id: str) -> None:
    await arrive(agent, redis, ref, customer_id)
    await agent.post(f"/tickets/{ref}/claim")
    await agent.post(f"/tickets/{ref}/messages", reply("Welche Nummer?"), status=201)
    assert (await agent.get(f"/tickets/{ref}"))["due_at"] is None

    async def ticket() -> dict[str, Any]:
        return dict(await agent.get(f"/tickets/{ref}"))

    await push(redis, appended(ref, message("NL-20417", channel="telegram"), customer_id))
    moved = await eventually(lambda: where(ticket, status="open"))
    assert (moved["channel"], moved["last"]["text"]) == ("telegram", "NL-20417")
    assert moved["due_at"] is not None
    await agent.post(f"/tickets/{ref}/resolve")
    await push(redis, appended(ref, message("Moment noch!"), customer_id))
    again = await eventually(lambda: where(ticket, status="open"))
    assert again["assignee"]["name"] == "Admin", "written before the bot heard of the end: nobody else would answer"


async def test_the_bot_taking_a_thread_back_ends_the_ticket(
    agent: Client, redis: Redis, ref: str, customer_id: str
) -> None:
    await arrive(agent, redis, ref, customer_id)
    changed = {"customer_id": customer_id, "ticket_ref": ref, "owner": "bot"}
    await push(redis, OwnerChanged(epoch=1, **changed))
    await push(redis, OwnerChanged(epoch=7, **changed))

    async def ticket() -> dict[str, Any]:
        return dict(await agent.get(f"/tickets/{ref}"))

    assert (await eventually(lambda: where(ticket, status="resolved")))["resolution"] == "handed_back"


async def test_losing_redis_loses_no_ticket_and_no_place(
    agent: Client, redis: Redis, ref: str, customer_id: str
) -> None:
    await arrive(agent, redis, ref, customer_id)
    await redis.flushall()
    assert (await agent.get(f"/tickets/{ref}"))["messages"]
    await agent.post(f"/tickets/{ref}/claim")
    await agent.post(f"/tickets/{ref}/messages", reply("Wir sind noch da."), status=201)
    assert [one["type"] for one in await sent(redis, customer_id, 2)] == ["owner", "message"]

    async def restored() -> bool:
        return int(await redis.get("tickets:next") or 0) >= int(ref[2:]) - 10_000 and bool(
            await redis.get("desk:state")
        )

    await eventually(restored, 30)
    later = f"{ref}9"
    await arrive(agent, redis, later, customer_id)


async def test_anger_is_scored_live_and_corrected_by_agents(
    agent: Client, redis: Redis, ref: str, customer_id: str
) -> None:
    await arrive(agent, redis, ref, customer_id)
    words = f"Na toll,\tdanke {uuid.uuid4().hex}"
    said = message(words)
    scored = AngerScored(customer_id=customer_id, ticket_ref=ref, cursor=said.cursor, score=0.3, evidence=("sarcasm",))
    await push(redis, appended(ref, said, customer_id), scored, scored)

    async def scored_message() -> dict[str, Any] | None:
        ticket = await agent.get(f"/tickets/{ref}")
        return next((one for one in ticket["messages"] if one["cursor"] == said.cursor and one["anger"] == 0.3), None)

    assert (await eventually(scored_message))["anger_evidence"] == ["sarcasm"]
    assert len((await agent.get(f"/tickets/{ref}"))["packet"]["anger"]["trend"]) == 3
    for label in ("calm", "angry"):
        corrected = await agent.post(f"/tickets/{ref}/anger", {"cursor": said.cursor, "label": label})
        assert corrected["anger_label"] == label
    german = await agent.get("/anger/corrections.tsv", params={"language": "de"})
    assert german.splitlines()[0] == "label\ttext"
    assert [line for line in german.splitlines() if words.split()[-1] in line] == [
        f"angry\t{words.replace(chr(9), ' ')}"
    ]
    assert words.split()[-1] not in await agent.get("/anger/corrections.tsv", params={"language": "en"})
    await agent.post(f"/tickets/{ref}/anger", {"cursor": "1-1", "label": "calm"}, status=404)
    await agent.post(f"/tickets/{ref}/anger", {"cursor": said.cursor, "label": "furious"}, status=400)


async def test_merged_customers_share_their_tickets_until_it_is_undone(
    agent: Client, redis: Redis, new_ref: Callable[[], str], customer_id: str
) -> None:
    kept, gone, merge = customer_id, f"{customer_id}_two", f"mrg_{uuid.uuid4().hex}"
    ours, theirs = new_ref(), new_ref()
    await push(redis, handoff(ours, kept), handoff(theirs, gone, customer={"id": gone, "name": "A. M."}))
    await agent.arrived(ours, theirs)
    both = {"merge_id": merge, "customer_id": kept, "merged_id": gone, "at": datetime.now(UTC)}
    await push(redis, CustomersMerged(proof="link code", customer={"id": kept, "name": "Anna M."}, **both))

    async def owner() -> dict[str, Any]:
        return dict((await agent.get(f"/tickets/{theirs}"))["customer"])

    await eventually(lambda: where(owner, id=kept))
    shown = await agent.get(f"/customers/{gone}")
    assert (shown["id"], shown["name"], shown["merges"][0]["proof"]) == (kept, "Anna M.", "link code")
    assert {one["ref"] for one in shown["tickets"]} == {ours, theirs}
    await agent.post(f"/customers/{kept}/merges/{merge}/undo", status=204)
    asked = (await sent(redis, kept, 1))[-1]
    assert (asked["type"], asked["merge_id"]) == ("unmerge", merge)
    await push(redis, MergeUndone(command_id=asked["command_id"], **both))
    await eventually(lambda: where(owner, id=gone))
    assert (await agent.get(f"/customers/{kept}"))["name"] == "Anna Müller"
    await agent.post(f"/customers/{kept}/merges/{merge}/undo", status=409)


async def test_a_disabled_agent_is_out_and_their_tickets_are_back_in_the_queue(
    service: Service, agent: Client, redis: Redis, ref: str, customer_id: str
) -> None:
    made = await agent.post("/agents", {"email": f"{ref}@example.com", "name": "Dora"}, status=201)
    await arrive(agent, redis, ref, customer_id)
    async with service.client() as browser:
        leaver = await browser.log_in(made["email"], made["password"])
        await leaver.post(f"/tickets/{ref}/claim")
        status, answer = await agent.call("PATCH", f"/agents/{made['id']}", {"disabled": True})
        assert (status, answer["disabled"]) == (200, True)
        assert (await leaver.call("GET", "/tickets"))[0] == 401
    assert (await agent.get(f"/tickets/{ref}"))["assignee"] is None
    assert [one["action"] for one in await sent(redis, customer_id, 2)] == ["claim", "release"]
    status, answer = await agent.call("PATCH", f"/agents/{agent.agent['id']}", {"role": "agent"})
    assert (status, answer["code"]) == (409, "last_admin")


async def test_the_description_names_every_address(agent: Client) -> None:
    described = await agent.get("/openapi.json")
    assert described["paths"]["/api/v1/tickets/{ref}/claim"]["post"]["responses"]["200"]
    used = set(_refs(described))
    assert used <= {f"#/components/schemas/{name}" for name in described["components"]["schemas"]}
    for path, methods in described["paths"].items():
        for method in methods:
            status, answer = await agent.call(method, path.removeprefix("/api/v1").replace("{", "x").replace("}", "x"))
            code = answer.get("code") if isinstance(answer, dict) else None
            assert status != 405 and code != "unknown_address", (method, path)


def _refs(node: Any) -> list[str]:
    if isinstance(node, dict):
        return [node["$ref"]] if "$ref" in node else [ref for one in node.values() for ref in _refs(one)]
    return [ref for one in node for ref in _refs(one)] if isinstance(node, list) else []


async def test_what_is_counted_is_shown_to_prometheus(
    service: Service, agent: Client, redis: Redis, ref: str, customer_id: str
) -> None:
    await arrive(agent, redis, ref, customer_id)
    await agent.post(f"/tickets/{ref}/claim")
    async with agent.http.get(f"{service.url}/metrics") as answer:
        text = await answer.text()
    for name in (
        "faden_desk_tickets{",
        "faden_desk_outbox_depth",
        "faden_desk_time_to_claim_seconds_count",
        "faden_desk_ingest_lag_seconds{",
    ):
        assert name in text
