"""Files that agents attach: taken in by content and size, sent once, shown to agents,
handed to the bot, forgotten in time."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis
from sqlalchemy import select

from runtime import file_links
from runtime.file_types import MAX_BYTES
from tests.desk import Client, Service, arrive, handoff, push, reply, sent
from tickets.contracts import COMMAND, AgentMessage
from tickets.errors import TooMany
from tickets.services.events import apply
from tickets.services.uploads import MOST_WAITING, Uploads, forget_old
from tickets.services.work import Records
from tickets.storage.models import Agent, Upload

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)
BYTES = {"Content-Type": "application/octet-stream"}


@pytest.fixture
async def ref(agent: Client, redis: Redis, new_ref: Callable[[], str], customer_id: str) -> str:
    """A ticket that the agent has claimed."""
    found = new_ref()
    await arrive(agent, redis, found, customer_id)
    await agent.post(f"/tickets/{found}/claim")
    return found


async def attach(
    client: Client, ref: str, content: bytes = PNG, name: str = "cup.png", **headers: str
) -> tuple[int, Any]:
    return await client.call(
        "POST", f"/tickets/{ref}/files", data=content, params={"name": name}, headers=client.headers | BYTES | headers
    )


async def content(client: Client, ref: str, id: str) -> tuple[int, bytes, Any]:
    url = f"{client.url}/api/v1/tickets/{ref}/files/{id}"
    async with client.http.get(url, headers=client.headers, allow_redirects=False) as answer:
        return answer.status, await answer.read(), answer.headers


async def test_a_file_goes_out_with_its_message_and_the_bot_is_told(
    agent: Client, redis: Redis, ref: str, customer_id: str
) -> None:
    status, file = await attach(agent, ref, name="C:\\photos\\Größe 42.png")
    assert (status, file["kind"], file["media_type"], file["size"], file["name"]) == (
        201,
        "image",
        "image/png",
        len(PNG),
        "Größe 42.png",
    )
    body = reply("") | {"attachments": [file["id"]]}
    message = await agent.post(f"/tickets/{ref}/messages", body, status=201)
    assert message["text"] == "" and [one["id"] for one in message["attachments"]] == [file["id"]]
    [_, command] = await sent(redis, customer_id, 2)
    told = COMMAND.validate_python(command)
    assert isinstance(told, AgentMessage) and [(one.name, one.size) for one in told.attachments] == [
        ("Größe 42.png", len(PNG))
    ]
    again = await agent.post(f"/tickets/{ref}/messages", body)
    assert again["id"] == message["id"] and len(await sent(redis, customer_id, 2)) == 2
    assert (await agent.get(f"/tickets/{ref}"))["last"]["text"] == "[Größe 42.png]"


async def test_the_same_file_goes_out_once(agent: Client, ref: str) -> None:
    file = (await attach(agent, ref))[1]
    bodies = [reply("one") | {"attachments": [file["id"]]}, reply("two") | {"attachments": [file["id"]]}]
    answers = await asyncio.gather(*(agent.call("POST", f"/tickets/{ref}/messages", body) for body in bodies))
    assert sorted(status for status, _ in answers) == [201, 409]
    assert "file_sent" in [answer.get("code") for _, answer in answers]
    assert len([one for one in (await agent.get(f"/tickets/{ref}"))["messages"] if one["author"] == "agent"]) == 1


@pytest.mark.parametrize(
    ("sent_as", "bytes_of_it", "code", "status"),
    [
        ("page.png", b"<html><script>alert(1)</script></html>", "file_type", 415),
        ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='x()'/>", "file_type", 415),
        ("tool.pdf", b"MZ" + bytes(200), "file_type", 415),
        ("empty.png", b"", "file_type", 415),
        ("huge.png", PNG + bytes(MAX_BYTES), "file_too_large", 413),
    ],
)
async def test_what_nobody_keeps_is_refused_by_its_content(
    agent: Client, ref: str, sent_as: str, bytes_of_it: bytes, code: str, status: int
) -> None:
    found, answer = await attach(agent, ref, bytes_of_it, sent_as)
    assert (found, answer["code"]) == (status, code) and answer["detail"]


async def test_a_file_without_a_length_is_not_read_past_the_limit(agent: Client, ref: str) -> None:
    async def endless() -> Any:
        for _ in range(MAX_BYTES // 2**20 + 2):
            yield bytes(2**20)

    found, answer = await attach(agent, ref, endless())  # type: ignore[arg-type]
    assert (found, answer["code"]) == (413, "file_too_large")


async def test_only_agents_attach_and_see_and_only_in_the_files_own_ticket(
    service: Service, agent: Client, redis: Redis, ref: str, new_ref: Callable[[], str]
) -> None:
    file = (await attach(agent, ref))[1]
    status, seen, headers = await content(agent, ref, file["id"])
    assert (status, seen) == (200, PNG)
    assert headers["X-Content-Type-Options"] == "nosniff" and "sandbox" in headers["Content-Security-Policy"]
    other = new_ref()
    await push(redis, handoff(other, f"cus_{other}"))
    await agent.arrived(other)
    assert (await content(agent, other, file["id"]))[0] == 404
    await agent.post(f"/tickets/{other}/claim")
    body = reply("x") | {"attachments": [file["id"]]}
    assert (await agent.call("POST", f"/tickets/{other}/messages", body))[1]["code"] == "unknown_file"
    async with service.client() as stranger:
        assert (await attach(stranger, ref))[0] == 401
        assert (await content(stranger, ref, file["id"]))[0] == 401


async def test_a_session_needs_its_csrf_word_to_attach_and_to_remove(service: Service, ref: str) -> None:
    async with service.client() as browser:
        await browser.log_in()
        path = f"/tickets/{ref}/files"
        assert (await browser.call("POST", path, data=PNG, headers=BYTES))[1]["code"] == "csrf"
        file = (await attach(browser, ref))[1]
        assert (await browser.call("DELETE", f"{path}/{file['id']}", headers={}))[1]["code"] == "csrf"
        assert (await browser.call("DELETE", f"{path}/{file['id']}"))[0] == 204
        assert (await content(browser, ref, file["id"]))[0] == 404


async def test_what_went_out_cannot_be_removed(agent: Client, ref: str) -> None:
    file = (await attach(agent, ref))[1]
    await agent.post(f"/tickets/{ref}/messages", reply("here") | {"attachments": [file["id"]]}, status=201)
    assert (await agent.call("DELETE", f"/tickets/{ref}/files/{file['id']}"))[0] == 204
    assert (await content(agent, ref, file["id"]))[0] == 200


async def test_notes_take_no_files_and_a_message_no_more_than_ten(agent: Client, ref: str) -> None:
    file = (await attach(agent, ref))[1]
    path = f"/tickets/{ref}/messages"
    assert (await agent.call("POST", path, reply("x", private=True) | {"attachments": [file["id"]]}))[1][
        "code"
    ] == "note_files"
    assert (await agent.call("POST", path, reply("x") | {"attachments": [uuid.uuid4().hex] * 11}))[1][
        "code"
    ] == "too_many_files"
    assert (await agent.call("POST", path, reply("x") | {"attachments": ["../x"]}))[1]["code"] == "bad_request"
    assert (await agent.call("POST", path, reply(" ")))[1]["code"] == "empty_message"
    stale = reply("x") | {"attachments": [uuid.uuid4().hex]}
    assert (await agent.call("POST", path, stale))[1]["code"] == "unknown_file"
    assert [one for one in (await agent.get(f"/tickets/{ref}"))["messages"] if one["author"] == "agent"] == []


async def test_the_bot_is_handed_a_file_for_a_signed_living_address_only(
    service: Service, agent: Client, ref: str
) -> None:
    file = (await attach(agent, ref))[1]
    secret = (Path(service._settings["VAR_DIR"]) / "session_secret").read_text().strip()
    good = file_links.link(service.url, secret, file["id"])
    old = file_links.link(service.url, secret, file["id"], life=-5)
    for url, expected in ((good, 200), (old, 403), (good[:-1], 403), (f"{service.url}/files/{file['id']}", 403)):
        async with agent.http.get(url) as answer:
            assert answer.status == expected, url
            assert expected != 200 or await answer.read() == PNG
    gone = file_links.link(service.url, secret, "0" * 32)
    async with agent.http.get(gone) as answer:
        assert answer.status == 404


async def test_commands_of_before_are_still_read() -> None:
    old = {
        "type": "message",
        "command_id": "1",
        "customer_id": "c",
        "ticket_ref": "F-1",
        "client_id": "x" * 8,
        "agent_id": "a",
    }
    found = COMMAND.validate_json(
        json.dumps(old | {"agent_name": "A", "text": "t", "at": datetime.now(UTC).isoformat()})
    )
    assert isinstance(found, AgentMessage) and found.attachments == ()


async def test_unsent_files_go_after_a_day_and_the_bytes_of_sent_ones_after_a_week(records: Records) -> None:
    now = datetime.now(UTC)
    ages = {"new": (1, None), "unsent": (25, None), "sent": (25, 25), "long ago": (24 * 8, 24 * 8)}
    async with records.work() as work:
        for name, (hours, since) in ages.items():
            at = now - timedelta(hours=hours)
            sent_at = None if since is None else now - timedelta(hours=since)
            row = Upload(
                id=name,
                ref="F-1",
                agent_id="a",
                name=name,
                kind="image",
                media_type="image/png",
                size=3,
                content=b"abc",
            )
            row.created_at, row.sent_at, row.client_id = at, sent_at, None if sent_at is None else "c"
            work.session.add(row)
    async with records.work() as work:
        await forget_old(work.session, now)
    uploads = Uploads(records)
    assert [name for name in ages if await uploads.content(name)] == ["new", "sent"]
    async with records.read() as session:
        assert set(await session.scalars(select(Upload.id))) == {"new", "sent", "long ago"}


async def test_an_agent_cannot_fill_the_store_with_files_that_are_never_sent(records: Records) -> None:
    agent = Agent(id="a", email="a@b", name="A", role="agent", password_hash="", created_at=datetime.now(UTC))
    async with records.work() as work:
        work.session.add(agent)
        for number in range(MOST_WAITING):
            row = Upload(
                id=f"{number}",
                ref="F-1",
                agent_id="a",
                name="",
                kind="image",
                media_type="image/png",
                size=3,
                content=b"abc",
            )
            row.created_at = work.now
            work.session.add(row)
        await apply(work, handoff("F-1", "cus_full"), "1-0")
    with pytest.raises(TooMany):
        await Uploads(records).add(agent, "F-1", "x.png", PNG)
