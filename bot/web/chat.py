"""The web chat: sessions, and the socket whose frames are JSON objects with a `type`."""

from __future__ import annotations

import asyncio
import json
import re
from contextlib import suppress
from typing import Any

import structlog
from aiohttp import WSMsgType, web
from redis.exceptions import RedisError

from bot.channels.uploads import Uploads
from bot.errors import Refused
from bot.handoff import Handoffs
from bot.identity import Identities
from bot.keys import DESK_TYPING
from bot.linking import CHOICE, Links, brought_in, session_id
from bot.metrics import SOCKETS
from bot.replay import Reader
from bot.texts import say
from bot.threads import Threads, clean, message
from bot.web.live import Bell, Live
from bot.web.newcomers import Newcomers
from bot.web.origins import Origins
from bot.wishes import Wishes
from runtime import file_links
from tickets.contracts import Attachment, Message

log = structlog.get_logger()

MAX_FRAME = 256 * 1024
ID = re.compile(r"[A-Za-z0-9_.:-]{8,64}")
CURSOR = re.compile(r"\d{1,16}(-\d{1,10})?")
HELLO_SECONDS = 10
LOOK_SECONDS = 15
#: A page stays open; when it is loaded again it asks for newer addresses.
FILE_SECONDS = 12 * 3600


class Chat:
    """The doors of the web chat."""

    def __init__(
        self,
        identities: Identities,
        threads: Threads,
        handoffs: Handoffs,
        live: Live,
        origins: list[str],
        links: Links | None = None,
        file_secret: str = "",
        wishes: Wishes | None = None,
        uploads: Uploads | None = None,
        newcomers: Newcomers | None = None,
        files_kept_days: int = 0,
    ) -> None:
        self.identities = identities
        self.threads = threads
        self.handoffs = handoffs
        self.live = live
        self.origins = Origins(origins)
        self.links = links
        #: Signs the addresses of customers' files.
        self.file_secret = file_secret
        self.wishes = wishes
        self.uploads = uploads
        self.newcomers = newcomers
        self.files_kept_days = files_kept_days

    def add_routes(self, app: web.Application) -> None:
        self.origins.add_to(app)
        app.router.add_post("/chat/sessions", self.open_session)
        app.router.add_options("/chat/sessions", self.origins.preflight)
        app.router.add_get("/chat/ws", self.socket)

    async def open_session(self, request: web.Request) -> web.Response:
        """``{language?, identity?, token?}`` -> 201 ``{token, customer_id, expires_at}``; `token` is that of before."""
        self.origins.check(request)
        body = await _json_object(request)
        identity = body.get("identity")
        if identity is not None and not isinstance(identity, str):
            raise Refused("bad_identity", "`identity` must be a JWT as a string.")
        language = body.get("language")
        if language not in (None, "de", "en"):
            raise Refused("bad_language", '`language` must be "de" or "en".')
        if identity is None and self.newcomers:
            # Who is signed by the host site has one thread, however often they come.
            await self.newcomers.admit(request)
        token, customer_id, expires_at = await self.identities.open_session(identity)
        if identity and self.links and isinstance(visitor := body.get("token"), str):
            await self._bring_along(visitor, customer_id)
        if language:
            await self.threads.prefer(customer_id, language)
        answer = {"token": token, "customer_id": customer_id, "expires_at": expires_at.isoformat()}
        return web.json_response(answer, status=201)

    async def _bring_along(self, token: str, signed_id: str) -> None:
        """Who signs in keeps what they said before in the same browser. A session that is over has nothing to bring."""
        assert self.links is not None
        with suppress(Refused):
            await self.links.sign_in(self.identities.customer_of_session(token), signed_id)

    async def socket(self, request: web.Request) -> web.StreamResponse:
        """Frames both ways, from the client's `hello` until either side closes."""
        self.origins.check(request)
        ws = web.WebSocketResponse(heartbeat=20, max_msg_size=MAX_FRAME, compress=False)
        await ws.prepare(request)
        SOCKETS.inc()
        try:
            await self._serve(ws)
        except Refused as refused:
            await _tell(ws, refused)
            await ws.close()
        finally:
            SOCKETS.dec()
        return ws

    async def _serve(self, ws: web.WebSocketResponse) -> None:
        hello = await self._hello(ws)
        token = str(hello.get("token") or "")
        customer_id = self.identities.customer_of_session(token)
        after = hello.get("after")
        if after is not None and not (isinstance(after, str) and CURSOR.fullmatch(after)):
            raise Refused("bad_cursor", "`after` must be a cursor that this server gave, or null.")
        with self.live.listen(customer_id) as bell:
            speaking = asyncio.create_task(_Speaker(self, ws, customer_id, after, bell).run())
            try:
                await self._listen(ws, customer_id, session_id(token))
            finally:
                speaking.cancel()

    async def _hello(self, ws: web.WebSocketResponse) -> dict[str, Any]:
        try:
            frame = await asyncio.wait_for(ws.receive(), HELLO_SECONDS)
        except asyncio.TimeoutError as error:
            raise Refused("hello_missing", "Send a `hello` frame first.") from error
        hello = _frame(frame.data) if frame.type == WSMsgType.TEXT else {}
        if hello.get("type") != "hello":
            raise Refused("hello_missing", "The first frame must be `hello` with `token` and `after`.")
        return hello

    async def _listen(self, ws: web.WebSocketResponse, customer_id: str, session: str) -> None:
        async for frame in ws:
            try:
                if frame.type != WSMsgType.TEXT:
                    raise Refused("bad_frame", "Frames are JSON text.")
                await self._on_frame(ws, customer_id, session, _frame(frame.data))
            except Refused as refused:
                await _tell(ws, refused)
            except (RedisError, OSError) as error:
                log.warning("chat.store_away", error=type(error).__name__)
                await _tell(
                    ws, Refused("try_again", "The message could not be stored. Send it again with the same id.")
                )

    async def _on_frame(self, ws: web.WebSocketResponse, customer_id: str, session: str, frame: dict[str, Any]) -> None:
        kind = frame.get("type")
        if kind in ("message", "choice"):
            await self._on_message(ws, customer_id, session, frame)
        elif kind == "typing":
            await self._on_typing(customer_id)
        elif kind == "ping":
            await ws.send_json({"type": "pong"})
        elif kind != "seen":
            raise Refused(
                "unknown_frame", f"Unknown frame type {str(kind)[:40]!r}; known: message, choice, typing, seen, ping."
            )

    async def _on_message(
        self, ws: web.WebSocketResponse, customer_id: str, session: str, frame: dict[str, Any]
    ) -> None:
        id = frame.get("id")
        if not (isinstance(id, str) and ID.fullmatch(id)):
            raise Refused("bad_id", "`id` must be a UUID made by the client.")
        text = frame.get("title" if frame["type"] == "choice" else "text")
        payload = frame.get("payload", "") if frame["type"] == "choice" else ""
        try:
            if not isinstance(text, str) or not isinstance(payload, str) or len(payload) > 500:
                raise Refused("bad_message", "`text` (or `title` and `payload` of a choice) must be strings.")
            words = clean(text) if text.strip() or not frame.get("files") else ""
            # Last, as from then on nobody tidies them away.
            attached = await self._attached(customer_id, frame)
            said = words or await self._stand_in(customer_id, attached[0])
            incoming = message("customer", said, id=id, channel="web", attachments=attached)
        except Refused as refused:
            await ws.send_json({"type": "error", "code": refused.code, "detail": refused.detail, "id": id})
            return
        cursor = await self._linked(customer_id, session, incoming, payload)
        if cursor is None:
            cursor = (await self.threads.accept(customer_id, incoming, payload)).cursor
        await ws.send_json({"type": "accepted", "id": id, "cursor": cursor})

    async def _attached(self, customer_id: str, frame: dict[str, Any]) -> tuple[Attachment, ...]:
        ids = frame.get("files") or []
        if not isinstance(ids, list) or (ids and (self.uploads is None or frame["type"] != "message")):
            raise Refused("bad_message", "`files` must be ids that this server gave, and go with a message.")
        return await self.uploads.take(customer_id, ids) if self.uploads and ids else ()

    async def _stand_in(self, customer_id: str, file: Attachment) -> str:
        """What stands in the thread where a file came without words."""
        state = await self.threads.state(await self.threads.root(customer_id))
        return say(state.language or "en", f"sent_{file.kind}")

    async def _linked(self, customer_id: str, session: str, incoming: Message, payload: str) -> str | None:
        """The cursor of what was about the channels; None for any other message. A code stands in no thread."""
        plain = not payload and not incoming.attachments
        if self.wishes and plain and await self.wishes.heard(customer_id, "web", incoming.text, incoming.id):
            return await self._last(customer_id)
        if self.links is None:
            return None
        if payload.startswith(CHOICE):
            cursor = await self.threads.tell(customer_id, incoming)
            await self.links.answer("web", session, payload)
            return cursor
        if found := brought_in(incoming.text):
            outcome = await self.links.redeem(
                "web", session, found.code, customer_id=customer_id, words=found.words, quiet=found.by_the_way
            )
            return None if found.by_the_way and outcome.state == "refused" else await self._last(customer_id)
        return None

    async def _last(self, customer_id: str) -> str:
        last = await self.threads.last(await self.threads.root(customer_id), 1)
        return last[0].cursor if last else "0-0"

    async def _on_typing(self, customer_id: str) -> None:
        """Tells the desk, if a person is there to read it."""
        customer_id = await self.threads.root(customer_id)
        state = await self.threads.state(customer_id)
        if state.ticket:
            await self.threads.redis.publish(DESK_TYPING, f"{customer_id} {state.ticket}")


class _Speaker:
    """Sends what the thread gained behind the socket's cursor, and each change of owner, ticket or place."""

    def __init__(self, chat: Chat, ws: web.WebSocketResponse, customer_id: str, after: str | None, bell: Bell) -> None:
        self.chat = chat
        self.ws = ws
        self.reader = Reader(chat.threads, customer_id, after)
        self.bell = bell
        self.shown: dict[str, Any] = {}

    async def run(self) -> None:
        greeted = False
        while not self.ws.closed:
            try:
                if not greeted:
                    self.shown = await self._thread(await self.chat.threads.root(self.reader.own_id))
                    await self.ws.send_json({"type": "ready", "thread": self.shown})
                    greeted = True
                await self._catch_up()
                if typing := await self.bell.wait(LOOK_SECONDS):
                    await self.ws.send_json({"type": "typing", "author": typing})
            except ConnectionError:
                return
            except (RedisError, OSError) as error:
                log.warning("chat.store_away", error=type(error).__name__)
                await asyncio.sleep(1)

    async def _catch_up(self) -> None:
        while True:
            start_over, found = await self.reader.next()
            self.chat.live.hear(self.bell, self.reader.customer_id)
            if start_over:
                await self.ws.send_json({"type": "reset"})
            for one in await self._shown(found):
                await self.ws.send_json(_as_frame(one, self.chat.file_secret, self.chat.files_kept_days))
            if not found:
                break
        thread = await self._thread(self.reader.customer_id)
        if thread != self.shown:
            self.shown = thread
            await self.ws.send_json({"type": "thread", "thread": thread, **thread})

    async def _shown(self, found: list[Message]) -> list[Message]:
        """What a page is sent: a message that was changed comes again, as it reads now, instead of the change."""
        sent = {one.id for one in found}
        again = [one.changes for one in found if one.change and one.changes not in sent]
        changed = [await self.chat.threads.by_id(self.reader.customer_id, id) for id in dict.fromkeys(again)]
        return [one for one in [*found, *changed] if one is not None and not one.change]

    async def _thread(self, customer_id: str) -> dict[str, Any]:
        state = await self.chat.threads.state(customer_id)
        ticket = None
        if state.ticket:
            known = await self.chat.handoffs.ticket(state.ticket)
            ticket = {
                "ref": state.ticket,
                "position": known.position if known else None,
                "eta_minutes": known.eta_minutes if known else None,
            }
        return {"owner": state.owner, "ticket": ticket, "agent_name": state.agent_name, "language": state.language}


def _as_frame(one: Message, file_secret: str, kept_days: int = 0) -> dict[str, Any]:
    shown = one.model_dump(
        mode="json", include={"cursor", "id", "author", "author_name", "channel", "text", "choices", "article", "at"}
    )
    files = () if one.deleted_at else one.attachments
    shown |= {"edited": bool(one.former), "deleted": one.deleted_at is not None}
    return {
        "type": "message",
        **shown,
        "attachments": [
            _as_file(file, file_secret, kept=file_links.is_kept(one.at, kept_days))
            for file in files
            if not file.original
        ],
    }


def _as_file(file: Attachment, secret: str, *, kept: bool) -> dict[str, Any]:
    """An attachment with the address, on this server, under which this customer may fetch it for some hours;
    ``gone`` instead, if it is no longer kept."""
    shown = file.model_dump(mode="json", exclude={"id", "original"})
    if file.kind == "location":
        return shown
    if not kept:
        return shown | {"gone": True}
    return shown | {"url": file_links.link("", secret, file.id, life=FILE_SECONDS)}


def _frame(data: str) -> dict[str, Any]:
    try:
        frame = json.loads(data)
    except ValueError as error:
        raise Refused("bad_json", "The frame is not JSON.") from error
    if not isinstance(frame, dict):
        raise Refused("bad_frame", "The frame must be a JSON object.")
    return frame


async def _json_object(request: web.Request) -> dict[str, Any]:
    raw = await request.read()
    try:
        body = json.loads(raw) if raw else {}
    except ValueError as error:
        raise Refused("bad_json", "The body is not JSON.") from error
    if not isinstance(body, dict):
        raise Refused("bad_json", "The body must be a JSON object.")
    return body


async def _tell(ws: web.WebSocketResponse, refused: Refused) -> None:
    if not ws.closed:
        await ws.send_json({"type": "error", "code": refused.code, "detail": refused.detail})
