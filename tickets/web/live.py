"""The desk's socket: events as they happen, and after a reconnect everything since the last cursor, or `reset`."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from typing import Any

from aiohttp import WSMsgType, web
from redis.exceptions import RedisError

from runtime.redis import Redis
from tickets.errors import DeskError, Forbidden, NotLoggedIn
from tickets.metrics import SOCKETS
from tickets.services.accounts import Accounts
from tickets.services.feed import Feed, Listener
from tickets.services.reading import owner_of
from tickets.services.work import Records
from tickets.storage.models import Agent
from tickets.web.routing import identify

HELLO_SECONDS = 10.0
#: How often it is looked whether the agent is still allowed to listen.
CHECK_SECONDS = 30.0
#: A desk that sleeps does not answer the farewell; the process must not wait for it.
CLOSE_SECONDS = 2.0
MAX_FRAME = 4_096
#: One word about typing per so many seconds and socket; more are left out.
TYPING_SECONDS = 1.0
#: The same about which ticket an agent has before them; more wait, for the last one is what is true.
LOOKING_SECONDS = 0.2


class Live:
    """All sockets of the desk that this process holds."""

    def __init__(self, feed: Feed, accounts: Accounts, records: Records, redis: Redis) -> None:
        self.feed = feed
        self.accounts = accounts
        self.records = records
        self.redis = redis
        self._open: set[web.WebSocketResponse] = set()

    async def connect(self, request: web.Request) -> web.StreamResponse:
        """`?after=<cursor>` or the first frame says where to go on."""
        agent = (await identify(request, self.accounts))[0]
        if agent is None:
            raise NotLoggedIn("not_logged_in", "Log in first.")
        _refuse_other_sites(request)
        socket = web.WebSocketResponse(heartbeat=20, max_msg_size=MAX_FRAME, timeout=CLOSE_SECONDS)
        await socket.prepare(request)
        self._open.add(socket)
        SOCKETS.inc()
        try:
            await self._serve(request, socket, agent)
        finally:
            SOCKETS.dec()
            self._open.discard(socket)
        return socket

    async def close(self) -> None:
        """The desks come back by themselves, and miss nothing."""
        await asyncio.gather(*(socket.close(code=1001, message=b"restart") for socket in [*self._open]))

    async def _serve(self, request: web.Request, socket: web.WebSocketResponse, agent: Agent) -> None:
        try:
            after = await _hello(request, socket)
        except (ValueError, TypeError, asyncio.TimeoutError):
            detail = 'Begin with {"type":"hello","after":<cursor or null>}.'
            await socket.send_json({"type": "error", "code": "bad_hello", "detail": detail})
            return
        with self.feed.listen() as listener:
            sent = await self._catch_up(socket, after)
            hearing = self._hear(socket, agent)
            jobs = [self._send(socket, listener, sent), hearing, listener.too_slow.wait(), self._watch(request)]
            tasks = [asyncio.ensure_future(job) for job in jobs]
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        self._looks(agent, "")
        await socket.close()

    async def _catch_up(self, socket: web.WebSocketResponse, after: int | None) -> int:
        """Returns the cursor up to which everything was sent."""
        reset, missed, newest = await self.feed.missed(after if after is not None else 0)
        if after is None:
            await socket.send_json({"type": "ready", "cursor": newest})
            return newest
        if reset:
            await socket.send_json({"type": "ready", "cursor": newest})
            await socket.send_json({"type": "reset", "cursor": newest})
            return newest
        await socket.send_json({"type": "ready", "cursor": after})
        for cursor, event in missed:
            await socket.send_json({**event, "cursor": cursor})
        return missed[-1][0] if missed else after

    async def _send(self, socket: web.WebSocketResponse, listener: Listener, sent: int) -> None:
        with contextlib.suppress(ConnectionError):
            while True:
                cursor, event = await listener.queue.get()
                if not cursor:
                    await socket.send_json(event)
                elif cursor > sent:
                    await socket.send_json({**event, "cursor": cursor})

    async def _hear(self, socket: web.WebSocketResponse, agent: Agent) -> None:
        last = looked = 0.0
        async for frame in socket:
            said = _frame(frame.data) if frame.type == WSMsgType.TEXT else {}
            if said.get("type") == "ping":
                await socket.send_json({"type": "pong"})
            elif said.get("type") == "looking":
                await asyncio.sleep(looked + LOOKING_SECONDS - time.monotonic())
                looked = time.monotonic()
                self._looks(agent, str(said.get("ref", ""))[:40])
            elif said.get("type") == "typing" and time.monotonic() - last > TYPING_SECONDS:
                last = time.monotonic()
                await asyncio.shield(self._types(agent, str(said.get("ref", "")), bool(said.get("private"))))

    def _looks(self, agent: Agent, ref: str) -> None:
        """Which ticket an agent has before them, for the other desks; empty for none."""
        self.feed.whisper({"type": "looking", "ref": ref, "agent": {"id": agent.id, "name": agent.name}})

    async def _types(self, agent: Agent, ref: str, private: bool) -> None:
        """The other desks see it, so that two agents do not answer at once; the customer, if it is for them."""
        async with self.records.read() as session:
            found = (await session.execute(owner_of(ref))).one_or_none()
        if found is None:
            return
        self.feed.whisper({"type": "typing", "ref": ref, "agent": {"id": agent.id, "name": agent.name}})
        customer_id, assignee_id = found
        if assignee_id == agent.id and not private:
            with contextlib.suppress(RedisError, OSError):
                await self.redis.publish("live", f"{customer_id} typing agent")

    async def _watch(self, request: web.Request) -> None:
        """Ends when the session does: at log-out, when it is too old, when the account is disabled."""
        while True:
            await asyncio.sleep(CHECK_SECONDS)
            try:
                # A query must not be cancelled half-way.
                if (await asyncio.shield(identify(request, self.accounts)))[0] is None:
                    return
            except DeskError:
                return


async def _hello(request: web.Request, socket: web.WebSocketResponse) -> int | None:
    if "after" in request.query:
        return int(request.query["after"])
    frame: dict[str, Any] = json.loads(await socket.receive_str(timeout=HELLO_SECONDS))
    if not isinstance(frame, dict) or frame.get("type") != "hello":
        raise ValueError("no hello")
    after = frame.get("after")
    return None if after is None else int(after)


def _frame(data: str) -> dict[str, Any]:
    """What nobody understands is no reason to end the socket."""
    try:
        said = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _refuse_other_sites(request: web.Request) -> None:
    """Browsers send cookies with sockets of any site, so the origin must be ours."""
    origin = request.headers.get("Origin")
    if origin and origin.partition("://")[2] != request.host:
        raise Forbidden("other_site", "The desk's socket is for the desk's own page.")
