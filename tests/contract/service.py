"""The real doors of `bot` (webhooks, files, outbox, simulated vendors) on a real port and a real Redis,
without Rasa."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from bot.channels.protocol import Channel
from bot.identity import Identities
from bot.mailbox import Lease, Mailbox, Worker
from bot.threads import Plan, Threads, message
from bot.web.messengers import Messengers
from bot.web.server import tell_errors
from runtime import file_links
from runtime.ending import end
from runtime.file_types import kind_of
from runtime.settings import Settings
from tickets.contracts import Attachment, Choice, Message, partition


class Service:
    def __init__(self, redis: Any, folder: Path, port: int, **environ: str) -> None:
        values = {"VAR_DIR": str(folder), "BOT_PORT": str(port), "SESSION_SECRET": "s" * 40}
        values |= {"TICKETS_URL": f"http://127.0.0.1:{port}/desk", **environ}
        #: What agents attached, by id, as `tickets` keeps it.
        self.uploads: dict[str, bytes] = {}
        self.settings = Settings.load(values, env_file=str(folder / "none"))
        self.redis = redis
        self.url = f"http://127.0.0.1:{port}"
        self.worker: Worker | None = None
        self._tasks: list[asyncio.Task[Any]] = []

    async def start(self, *, workers: bool = True) -> Service:
        self.session = aiohttp.ClientSession()
        self.identities = Identities(self.redis, self.settings.session_secret, "")
        self.threads = Threads(self.redis, Mailbox(self.redis, "mailbox"), Mailbox(self.redis, "outbox"))
        self.messengers = Messengers(self.settings, self.session, self.identities, self.threads, first_pause=0.05)
        self.outbox = self.messengers.outbox
        app = web.Application(middlewares=[tell_errors], client_max_size=1024 * 1024)
        self.messengers.add_routes(app)
        app.router.add_get("/desk/files/{id}", self._upload)
        self.vendors = self.messengers.vendors
        self.runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await self.runner.setup()
        await web.TCPSite(self.runner, "127.0.0.1", self.settings.bot_port).start()
        await self.threads.mailbox.prepare()
        await self.threads.outbox.prepare()
        self._tasks = [asyncio.create_task(job) for job in self.messengers.jobs()]
        if workers:
            self.worker = Worker(self.threads.outbox, self.outbox.handle, consumer="tester", lease_seconds=2)
            self._tasks.append(asyncio.create_task(self.worker.run()))
        return self

    async def stop(self) -> None:
        if self.worker:
            self.worker.stop()
            await self._tasks.pop()
        await end(self._tasks)
        await self.runner.cleanup()
        await self.session.close()

    async def _upload(self, request: web.Request) -> web.Response:
        """Plays `tickets`, which hands out what was attached to whoever shows a signed address."""
        id, query = request.match_info["id"], request.query
        if not file_links.is_good(self.settings.session_secret, id, query["until"], query["sig"]):
            raise web.HTTPForbidden
        if id not in self.uploads:
            raise web.HTTPServiceUnavailable
        return web.Response(body=self.uploads[id])

    async def attach(self, content: bytes, name: str, media_type: str, *, late: bool = False) -> Attachment:
        """A file that an agent attached, expected as a desk command makes it; `late`:
        `tickets` does not hand it out yet."""
        id = secrets.token_hex(16)
        found = Attachment(id=id, kind=kind_of(media_type), name=name, media_type=media_type, size=len(content))
        if not late:
            self.uploads[id] = content
        await self.messengers.files.expect_from_desk((found,))
        return found

    def work(self, name: str) -> asyncio.Task[Any]:
        """One more outbox worker."""
        worker = Worker(self.threads.outbox, self.outbox.handle, consumer=name, lease_seconds=0.4)
        return asyncio.create_task(worker.run())

    async def die(self, worker: asyncio.Task[Any]) -> None:
        """Ends every outbox worker without letting it finish anything."""
        names = ("Worker._read", "Worker._drain", "Worker._renew")
        inner = [one for one in asyncio.all_tasks() if getattr(one.get_coro(), "__qualname__", "") in names]
        await end([worker, *inner])

    def channel(self, name: str) -> Channel:
        return self.messengers.channels[name]

    async def customer(self, channel: str, address: str) -> str:
        """The customer behind an address; None is a mistake here."""
        found = await self.redis.get(f"identity:{channel}:{address}")
        assert found, f"{channel}:{address} is unknown"
        return str(found)

    async def thread(self, channel: str, address: str) -> list[Message]:
        found = await self.redis.get(f"identity:{channel}:{address}")
        return await self.threads.last(str(found), 500) if found else []

    async def reply(
        self,
        customer_id: str,
        channel: str,
        text: str,
        *,
        author: Any = "bot",
        id: str = "",
        choices: tuple[tuple[str, str], ...] = (),
        **more: Any,
    ) -> str:
        """Says something as a turn does: appended and queued for delivery in one step. Returns its cursor."""
        lease = await self.hold(customer_id)
        made = tuple(Choice(title=title, payload=payload) for title, payload in choices)
        said = message(author, text, id=id or f"r:{text[:40]}:{more}", channel=channel, choices=made, **more)
        finished = await self.threads.finish(lease, Plan(messages=[said], deliver=channel, pop=False))
        assert finished.outcome == "done"
        return finished.cursors[0]

    async def hold(self, customer_id: str) -> Lease:
        """A lease on the customer's mailbox, as the worker of their turns has it."""
        token = await self.redis.hincrby(self.threads.mailbox.state_key(customer_id), "token", 1)
        return Lease(customer_id, "", str(token))

    async def with_ticket(self, customer_id: str, ref: str = "F-1") -> None:
        await self.redis.hset(f"thread:{partition(customer_id)}:{customer_id}", mapping={"last_ticket": ref})

    async def events(self, customer_id: str) -> list[dict[str, Any]]:
        import json

        found = await self.redis.xrange(f"events:{partition(customer_id)}")
        return [json.loads(fields["event"]) for _, fields in found]

    async def fates(self, customer_id: str, cursor: str) -> list[str]:
        """The states of a delivery in the order in which the desk heard of them."""
        events = await self.events(customer_id)
        return [one["state"] for one in events if one["type"] == "delivery" and one["cursor"] == cursor]


async def until(check: Callable[[], Awaitable[Any]], seconds: float = 10) -> Any:
    """The first true answer of `check`; fails after `seconds`."""
    async with asyncio.timeout(seconds):
        while not (found := await check()):
            await asyncio.sleep(0.02)
        return found
