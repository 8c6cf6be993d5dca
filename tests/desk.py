"""Plays `bot` beside a real tickets service: pushes events, reads commands; and starts, stops and asks the service."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
from redis.asyncio import Redis

from tests.conftest import free_port
from tickets.contracts import (
    AngerReading,
    AnyEvent,
    CustomerCard,
    HandedOff,
    Message,
    MessageAppended,
    Packet,
    partition,
)

ROOT = Path(__file__).parents[1]
EMAIL, PASSWORD = "admin@example.com", "a-long-test-password"
_numbers = itertools.count(1)
_START_MS = int(time.time() * 1000)


def message(text: str, author: Any = "customer", **more: Any) -> Message:
    number = next(_numbers)
    values = {
        "cursor": f"{_START_MS + number}-0",
        "id": f"m{number}",
        "channel": "web",
        "at": datetime.now(UTC),
        **more,
    }
    return Message(author=author, text=text, **values)


def handoff(ref: str, customer_id: str = "cus_anna", **more: Any) -> HandedOff:
    """As `bot` sends it after some talk with a customer who has become angry."""
    thread = (
        message("Wo bleibt meine Bestellung NL-20417?"),
        message("Die Sendung ist unterwegs.", "bot", author_name="Fadi"),
        message("DAS SAGT IHR SEIT DREI WOCHEN!!!"),
    )
    card = {"id": customer_id, "name": "Anna Müller", "consents": {"store": True}}
    card["identities"] = ({"identity": "web:1", "channel": "web", "verified": True, "verified_how": "signed identity"},)
    values: dict[str, Any] = {
        "ref": ref,
        "customer": CustomerCard.model_validate(card),
        "reason": "anger",
        "thread": thread,
        "language": "de",
        "wanted": "Wo bleibt meine Bestellung NL-20417?",
        "evidence": ("capitals: DAS SAGT IHR",),
        "priority": "high",
        "tried": ("Artikel „Lieferzeit“ gezeigt",),
        "slots": {"order_number": "NL-20417"},
        "channel": "web",
        "anger": AngerReading(
            score=0.91, trend=((thread[0].cursor, 0.2), (thread[2].cursor, 0.91)), evidence=("capitals",)
        ),
        "suggestions": (
            {"title": "Lieferzeit", "text": "Drei bis fünf Werktage.", "url": "http://x/help/de/lieferzeit"},
        ),
        "articles": (
            {"slug": "lieferzeit", "title": "Lieferzeit", "url": "http://x/help/de/lieferzeit", "rejected": True},
        ),
        "created_at": datetime.now(UTC),
        **more,
    }
    return HandedOff(customer_id=customer_id, epoch=2, packet=Packet.model_validate(values))


def appended(ref: str, said: Message, customer_id: str = "cus_anna") -> MessageAppended:
    return MessageAppended(customer_id=customer_id, ticket_ref=ref, message=said)


async def push(redis: Redis, *events: AnyEvent) -> None:
    for event in events:
        await redis.xadd(f"events:{partition(event.customer_id)}", {"event": event.model_dump_json()})


async def eventually(check: Any, seconds: float = 10.0) -> Any:
    """The first true answer of an async check; fails with the last answer when none comes."""
    end = time.monotonic() + seconds
    while True:
        answer = await check()
        if answer:
            return answer
        assert time.monotonic() < end, f"still {answer!r} after {seconds} s"
        await asyncio.sleep(0.02)


@dataclass
class Client:
    """An agent's browser, or a script with a token."""

    http: aiohttp.ClientSession
    url: str
    headers: dict[str, str] = field(default_factory=dict)
    agent: dict[str, Any] = field(default_factory=dict)
    cursor: int = 0

    async def call(self, method: str, path: str, body: Any = None, **more: Any) -> tuple[int, Any]:
        options = {"headers": self.headers, **({} if body is None else {"json": body}), **more}
        async with self.http.request(method, f"{self.url}/api/v1{path}", **options) as answer:
            if answer.content_type == "application/json":
                return answer.status, await answer.json()
            return answer.status, await answer.text()

    async def get(self, path: str, **more: Any) -> Any:
        status, answer = await self.call("GET", path, **more)
        assert status == 200, (path, status, answer)
        return answer

    async def post(self, path: str, body: Any = None, status: int = 200) -> Any:
        found, answer = await self.call("POST", path, {} if body is None else body)
        assert found == status, (path, found, answer)
        return answer

    async def log_in(self, email: str = EMAIL, password: str = PASSWORD) -> Client:
        session = await self.post("/session", {"email": email, "password": password})
        self.headers["X-CSRF-Token"] = session["csrf"]
        self.agent, self.cursor = session["agent"], session["cursor"]
        return self

    async def has(self, ref: str) -> bool:
        return (await self.call("GET", f"/tickets/{ref}"))[0] == 200

    async def arrived(self, *refs: str) -> None:
        for ref in refs:
            await eventually(lambda ref=ref: self.has(ref))


class Service:
    """`python -m tickets` on a free port."""

    def __init__(self, redis_url: str, var_dir: Path, database_url: str = "", **settings: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.redis_url = redis_url
        self._log = var_dir / "tickets.log"
        self._settings = {
            "TICKETS_PORT": str(self.port),
            "REDIS_URL": redis_url,
            "VAR_DIR": str(var_dir),
            "DATABASE_URL": database_url,
            "DESK_ADMIN_EMAIL": EMAIL,
            "DESK_ADMIN_PASSWORD": PASSWORD,
            "OPENING_HOURS": "Mo-Su 00:00-24:00",
            **settings,
        }
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self._log.open("ab") as log:
            environ = {**os.environ, **self._settings}
            command = [sys.executable, "-m", "tickets"]
            self.process = subprocess.Popen(command, env=environ, cwd=ROOT, stdout=log, stderr=log)

    async def ready(self) -> None:
        async with aiohttp.ClientSession() as http:

            async def answers() -> bool:
                assert self.process is not None and self.process.poll() is None, self.output()
                try:
                    async with http.get(f"{self.url}/readyz") as answer:
                        return answer.status == 200
                except aiohttp.ClientError:
                    return False

            await eventually(answers, 90)

    def wait_until_ready(self) -> None:
        """For tests that are no coroutines; a thread of its own, because Playwright's loop may run in this one."""
        with ThreadPoolExecutor(1) as pool:
            pool.submit(asyncio.run, self.ready()).result()

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait(10)

    def stop(self) -> int:
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(20)

    def output(self) -> str:
        return self._log.read_text()

    @asynccontextmanager
    async def client(self) -> AsyncIterator[Client]:
        async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
            yield Client(http, self.url)


def changed(original: Message, text: str, *before: str, deleted: bool = False) -> Message:
    """The entry by which a customer edits a message, or takes it back; `before` is all that it said until then."""
    at = datetime.now(UTC)
    change = {
        "change": "deleted" if deleted else "edited",
        "changes": original.id,
        "deleted_at": at if deleted else None,
    }
    former = tuple({"text": one, "at": at} for one in before)
    return message("" if deleted else text, channel=original.channel, former=former, **change)


async def arrive(agent: Client, redis: Redis, ref: str, customer_id: str, **more: Any) -> None:
    await push(redis, handoff(ref, customer_id, **more))
    await agent.arrived(ref)


async def commands(redis: Redis, customer_id: str) -> list[dict[str, Any]]:
    """What `bot` will read for this customer, in order."""
    entries = await redis.xrange(f"outbound:{partition(customer_id)}")
    found = [json.loads(fields["command"]) for _, fields in entries]
    return [one for one in found if one["customer_id"] == customer_id]


async def sent(redis: Redis, customer_id: str, number: int) -> list[dict[str, Any]]:
    async def enough() -> list[dict[str, Any]]:
        found = await commands(redis, customer_id)
        return found if len(found) >= number else []

    return list(await eventually(enough))


def reply(text: str, private: bool = False) -> dict[str, Any]:
    return {"client_id": str(uuid.uuid4()), "text": text, "private": private}


async def where(ask: Callable[[], Any], **wanted: Any) -> dict[str, Any] | None:
    """The answer, once it has these values."""
    answer: dict[str, Any] = await ask()
    return answer if all(answer[name] == value for name, value in wanted.items()) else None


async def holds(ask: Callable[[], Any], check: Callable[[Any], Any]) -> Any:
    """The answer, once it passes the check."""
    answer = await ask()
    return answer if check(answer) else None
