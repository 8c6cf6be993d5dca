"""A small server that speaks the chat protocol for real and can be told to fail in the ways networks do.

The whole story runs against the real processes elsewhere; here the widget meets what those rarely do on demand: a line
that dies between a message and its `accepted`, an agent who writes while nobody listens.
"""

from __future__ import annotations

import asyncio
import itertools
import uuid
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from aiohttp import WSMsgType, web

from bot.knowledge.search import NOTHING, Found, Hit
from bot.web.linking import qr
from bot.web.pages import KNOWLEDGE, SETTINGS, add_routes

PRICE_LIST = SimpleNamespace(
    slug="versand",
    language="de",
    title="Wie lange dauert der Versand?",
    body_markdown="Zwei bis **drei** Werktage.\n\n<script>alert(1)</script>\n\n| Land | T |\n|---|---|\n| DE | 2 |\n",
    related=("versand",),
    reviewed_at=None,
)


#: Deep links by channel; the last two are not to be offered.
WAYS = {
    "telegram": "https://t.me/shop_bot?start={code}",
    "sms": "sms:+49301234?body={code}",
    "email": "mailto:help+{code}@shop.example",
    "webhook": "https://example.org/unnamed",
    "instagram": "javascript:alert(1)",
}


class Knowledge:
    def articles(self, language: str) -> list[Any]:
        return [PRICE_LIST] if language == "de" else []

    def article(self, language: str, slug: str) -> Any:
        return next((found for found in self.articles(language) if found.slug == slug), None)

    async def search(self, text: str, language: str, limit: int = 3) -> Found:
        answer = "Zwei bis **drei** Werktage."
        hit = Hit("versand", PRICE_LIST.title, "", answer, answer, score=1.0, confidence=1.0)
        return Found("answer", (hit,)) if "versand" in text.lower() else NOTHING


@dataclass
class ChatServer:
    """One customer's thread, kept in memory; `drop_before_accept` cuts that many lines after storing."""

    messages: list[dict[str, Any]] = field(default_factory=list)
    owner: dict[str, Any] = field(default_factory=lambda: {"owner": "bot", "ticket": None})
    frames: list[dict[str, Any]] = field(default_factory=list)
    hellos: list[dict[str, Any]] = field(default_factory=list)
    sockets: set[web.WebSocketResponse] = field(default_factory=set)
    #: Lines that the network has cut without a word: nothing comes in or out.
    dead: set[web.WebSocketResponse] = field(default_factory=set)
    drop_before_accept: int = 0
    refuse: str = ""
    #: Whose the next sessions are.
    customer_id: str = "cus_1"
    down: bool = False
    #: Whoever wants a session is asked to wait for so many seconds.
    wait_for_session: int = 0
    #: How often somebody tried to open a line while it was down.
    knocks: int = 0
    #: Status of the next answers to who asks for a code, and how long the codes live.
    link_status: int = 201
    code_minutes: float = 10
    codes: int = 0
    sessions: int = 0
    #: Codes that were mailed, by address; the next mail is refused with this status, code and pause.
    mailed: dict[str, str] = field(default_factory=dict)
    mail_refusal: tuple[int, str, int] | None = None
    again_seconds: int = 30
    #: Where answers can reach the customer, and where they wish it.
    linked: list[str] = field(default_factory=lambda: ["web"])
    preferred: str = ""
    ways: dict[str, str] = field(default_factory=lambda: dict(WAYS))
    #: Files that came, by their ids; an upload is answered once it may end, with an address that lives until then.
    uploaded: dict[str, dict[str, Any]] = field(default_factory=dict)
    uploads_may_end: asyncio.Event = field(default_factory=asyncio.Event)
    until: int = 32503680000
    url: str = ""
    _numbers: Any = field(default_factory=lambda: itertools.count(1))

    def app(self) -> web.Application:
        app = web.Application()
        app[KNOWLEDGE] = Knowledge()
        app[SETTINGS] = SimpleNamespace(tickets_port=8081)
        add_routes(app)
        app.add_routes([web.post("/chat/sessions", self.session), web.get("/chat/ws", self.chat)])
        app.router.add_get("/shop", self.shop)
        app.router.add_post("/chat/links", self.links)
        app.router.add_post("/chat/links/email", self.mail)
        app.router.add_post("/chat/links/email/confirm", self.confirm)
        app.router.add_post("/chat/links/ways", self.wishes)
        app.router.add_post("/chat/links/prefer", self.wishes)
        app.router.add_get("/files/{name}", self.file)
        app.router.add_post("/chat/files", self.upload)
        return app

    async def start(self) -> web.AppRunner:
        runner = web.AppRunner(self.app(), shutdown_timeout=0.2)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.uploads_may_end.set()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        return runner

    async def shop(self, request: web.Request) -> web.Response:
        """A page of somebody else, whose styles try to get into the widget."""
        html = """<!doctype html><html lang="de" dir="rtl"><title>Laden</title><style>
            button, p, div { color: red !important; font-size: 40px !important; display: none !important; }
            :root { --faden-accent: #5b21b6; }</style><h1>Laden</h1>
            <script src="/widget.js" data-language="de" data-identity="IDENTITY" async></script></html>"""
        html = html.replace("IDENTITY", request.query.get("identity", ""))
        return web.Response(text=html, content_type="text/html")

    async def session(self, request: web.Request) -> web.Response:
        if self.down:
            raise web.HTTPServiceUnavailable
        self.sessions += 1
        if self.wait_for_session:
            headers = {"Retry-After": str(self.wait_for_session)}
            return web.json_response({"error": {"code": "too_many"}}, status=429, headers=headers)
        body = {"token": "token-1", "customer_id": self.customer_id, "expires_at": "2999-01-01T00:00:00Z"}
        return web.json_response(body, status=201)

    async def links(self, request: web.Request) -> web.Response:
        if self.link_status != 201:
            return web.json_response({"error": {"code": "too_many"}}, status=self.link_status)
        self.codes += 1
        code = f"FD-7K3QX-9M2P{self.codes}"
        urls = {channel: way.format(code=code) for channel, way in self.ways.items()}
        expires = datetime.now(UTC) + timedelta(minutes=self.code_minutes)
        links = [{"channel": name, "url": url, "qr": qr(url)} for name, url in urls.items()]
        return web.json_response(
            {"code": code, "expires_at": expires.isoformat(), "links": links, "email": True}, status=201
        )

    async def mail(self, request: web.Request) -> web.Response:
        address = (await request.json())["address"]
        if self.mail_refusal:
            status, code, wait = self.mail_refusal
            return web.json_response({"error": {"code": code}}, status=status, headers={"Retry-After": str(wait)})
        self.mailed[address] = "FD-7K3QX-9M2PT"
        return web.json_response(
            {"expires_at": "2999-01-01T00:00:00Z", "again_seconds": self.again_seconds}, status=202
        )

    async def confirm(self, request: web.Request) -> web.Response:
        if (await request.json())["code"] not in self.mailed.values():
            return web.json_response({"error": {"code": "code_invalid"}}, status=404)
        self.linked.append("email")
        return web.json_response({"state": "linked"})

    async def wishes(self, request: web.Request) -> web.Response:
        self.preferred = (await request.json()).get("channel", self.preferred)
        return web.json_response({"channels": self.linked, "preferred": self.preferred})

    async def upload(self, request: web.Request) -> web.Response:
        form = await request.post()
        file = form["file"]
        assert form["token"] == "token-1" and isinstance(file, web.FileField)
        await self.uploads_may_end.wait()
        if file.filename.endswith(".html"):
            return web.json_response({"error": {"code": "file_type"}}, status=400)
        id = uuid.uuid4().hex
        kind = "image" if file.content_type.startswith("image/") else "document"
        self.uploaded[id] = {"id": id, "kind": kind, "name": file.filename, "media_type": file.content_type,
                             "size": len(file.file.read()), "url": f"/files/{id}?until={self.until}&sig=x"}  # fmt: skip
        return web.json_response(self.uploaded[id], status=201)

    async def file(self, request: web.Request) -> web.Response:
        picture = '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="30"><rect width="40" height="30"/></svg>'
        return web.Response(text=picture, content_type="image/svg+xml")

    async def chat(self, request: web.Request) -> web.WebSocketResponse:
        if self.down:
            self.knocks += 1
            raise web.HTTPServiceUnavailable
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        hello = await socket.receive_json()
        self.hellos.append(hello)
        await socket.send_json({"type": "ready", "thread": self.owner})
        self.sockets.add(socket)  # before the replay: what is said meanwhile comes twice rather than not at all
        for message in [known for known in self.messages if after(known["cursor"], hello["after"])]:
            await socket.send_json(message)
        async for frame in socket:
            if frame.type == WSMsgType.TEXT:
                await self.receive(socket, frame.json())
        self.sockets.discard(socket)
        return socket

    async def receive(self, socket: web.WebSocketResponse, frame: dict[str, Any]) -> None:
        if socket in self.dead:
            return
        self.frames.append(frame)
        if frame["type"] == "ping":
            await socket.send_json({"type": "pong"})
        if frame["type"] not in ("message", "choice"):
            return
        if self.refuse:
            await socket.send_json({"type": "error", "code": self.refuse, "detail": "", "id": frame["id"]})
            return
        known = next((one for one in self.messages if one["id"] == frame["id"]), None)
        files = [self.uploaded[id] for id in frame.get("files", [])]
        said = frame.get("text") or frame.get("title") or "[image]"
        stored = known or self.store("customer", said, id=frame["id"], attachments=files)
        if self.drop_before_accept:
            self.drop_before_accept -= 1
            await self.hang_up()
            return
        await socket.send_json({"type": "accepted", "id": frame["id"], "cursor": stored["cursor"]})
        if not known:
            await self.publish(stored)

    async def heard(self, frame: dict[str, Any]) -> None:
        """Returns once this frame has come: what a page shows may be ahead of what it has sent."""
        async with asyncio.timeout(10):
            while frame not in self.frames:
                await asyncio.sleep(0.02)

    def store(self, author: str, text: str, **more: Any) -> dict[str, Any]:
        message = {
            "type": "message",
            "cursor": f"{next(self._numbers)}-0",
            "id": str(uuid.uuid4()),
            "author": author,
            "author_name": "",
            "channel": "web",
            "text": text,
            "choices": [],
            "article": None,
            "at": datetime.now(UTC).isoformat(),
            **more,
        }
        self.messages.append(message)
        return message

    async def say(self, author: str, text: str, **more: Any) -> None:
        await self.publish(self.store(author, text, **more))

    async def own(self, owner: str, ticket: dict[str, Any] | None = None) -> None:
        self.owner = {"owner": owner, "ticket": ticket}
        await self.publish({"type": "thread", "thread": self.owner})

    async def publish(self, frame: dict[str, Any]) -> None:
        for socket in list(self.sockets):
            with suppress(ConnectionError):  # its page is being left
                await socket.send_json(frame)

    def fall_silent(self) -> None:
        """Cuts the lines so that neither side hears of it."""
        self.dead |= self.sockets
        self.sockets.clear()

    async def hang_up(self) -> None:
        """Cuts the lines without a goodbye, as a lost network does."""
        for socket in list(self.sockets):
            self.sockets.discard(socket)
            if socket._req and socket._req.transport:
                socket._req.transport.abort()
        await asyncio.sleep(0)


def after(cursor: str, known: str | None) -> bool:
    return known is None or int(cursor.split("-")[0]) > int(known.split("-")[0])
