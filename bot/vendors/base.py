"""What all simulated platforms have: phones with conversations, knobs for trouble,
webhooks with retries, and a small API."""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import re
import secrets
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field, fields
from typing import Any

import aiohttp
import structlog
from aiohttp import web

from bot.vendors.action import Action, BadAction, File, action_of

log = structlog.get_logger()

#: Pauses between tries of a webhook, seconds; most platforms go on for hours or days.
RETRY_PAUSES = (0.5, 1, 2, 4, 8, 16, 32, 60, 120, 300, 600)
WEBHOOK_SECONDS = 15
#: Shown in place; anything else is offered for saving, so that no file can be a page.
SHOWN = re.compile(r"(?:image/(?:jpeg|png|gif|webp)|audio/[\w.-]+|video/[\w.-]+|application/pdf)")
ADDRESS = re.compile(r"[A-Za-z0-9+_.:@-]{1,64}")
MAX_BUBBLES = 500
MAX_PHONES = 1000
BEAT_SECONDS = 15
LARGEST_CALL = 60 * 1024 * 1024
#: Files that the phones keep.
MAX_FILES = 200


@dataclass
class Bubble:
    """One message on a customer's phone."""

    id: str
    author: str  # customer | business
    text: str
    #: ``{"title", "data"}`` of each button, as the business sent it.
    choices: list[dict[str, str]] = field(default_factory=list)
    file: dict[str, str] | None = None
    #: Of the business': the same of each of its files, which ``GET files/<id>`` shows.
    files: list[dict[str, str]] = field(default_factory=list)
    location: dict[str, float] | None = None
    #: Of a customer's: sending, taken, lost. Of the business': delivered, seen.
    state: str = "sending"
    edited: bool = False
    deleted: bool = False
    #: Of a mail.
    subject: str = ""
    #: Of what has marks, whose `text` is its plain form.
    html: str = ""
    at: float = field(default_factory=time.time)


@dataclass
class Conversation:
    """A customer's phone on this platform."""

    id: str
    name: str
    bubbles: list[Bubble] = field(default_factory=list)
    #: When the customer wrote last: the platform's window counts from here.
    wrote_at: float = 0.0
    listeners: set[asyncio.Queue[dict[str, Any] | None]] = field(default_factory=set)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    sends: list[float] = field(default_factory=list)

    def find(self, bubble_id: str) -> Bubble:
        found = next((one for one in self.bubbles if one.id == bubble_id), None)
        if found is None:
            raise BadAction(f"there is no message {bubble_id!r} here")
        return found

    def show(self, bubble: Bubble) -> None:
        """Adds or changes a bubble and tells whoever looks at the phone."""
        if bubble not in self.bubbles:
            self.bubbles.append(bubble)
            del self.bubbles[:-MAX_BUBBLES]
        for listener in self.listeners:
            if not listener.full():
                listener.put_nowait(asdict(bubble))


@dataclass
class Knobs:
    """Trouble to order. Counts are used up, one for each send."""

    too_many: int = 0
    retry_after: float = 1.0
    failing: int = 0
    #: Share of sends that fail with a temporary error, 0..1.
    failing_share: float = 0.0
    #: Takes the message, then lets the line go dead.
    half_open: int = 0
    #: Takes the message, then is silent for so long before it answers.
    silent_seconds: float = 0.0
    #: Finds something wrong with every file.
    refuse_files: bool = False
    slow_seconds: float = 0.0
    token_expired: bool = False
    blocked: list[str] = field(default_factory=list)
    #: Keeps to the platform's rate limits.
    strict: bool = True
    window_hours: float = 24.0
    receipts: bool = True
    #: Each webhook is posted so many times more.
    repeats: int = 0


class Trouble(Exception):
    """A send meets an ordered trouble: too_many, failing, token_expired or blocked."""

    def __init__(self, kind: str, retry_after: float = 0.0) -> None:
        super().__init__(kind)
        self.kind = kind
        self.retry_after = retry_after


class Vendor:
    name = ""
    #: Sends per second to one customer before the platform says "too many", and for how many at once.
    rate_each: tuple[float, int] = (1000, 1000)

    def __init__(
        self,
        values: Mapping[str, str],
        session: aiohttp.ClientSession,
        hook_url: str,
        *,
        own_url: str,
        signed_url: str = "",
        retry_pauses: tuple[float, ...] = RETRY_PAUSES,
    ) -> None:
        self.values = values
        self.session = session
        self.hook_url = hook_url
        #: Where this server is reached, for addresses of files.
        self.own_url = own_url.rstrip("/")
        #: The address of the webhook as it was registered, for platforms that sign it.
        self.signed_url = signed_url or hook_url
        self.retry_pauses = retry_pauses
        self.knobs = Knobs()
        self.conversations: dict[str, Conversation] = {}
        self.files: dict[str, File] = {}
        self.sends: list[dict[str, Any]] = []
        self.hooks: dict[int, int] = defaultdict(int)
        self._numbers = itertools.count(int(time.time() * 1000) % 10**9)
        self._tasks: set[asyncio.Task[None]] = set()

    # What each platform does its own way.

    def add_platform_routes(self, app: web.Application) -> None:
        raise NotImplementedError

    async def act(self, conversation: Conversation, bubble: Bubble, action: Action) -> None:
        """Posts the webhooks of what a customer does."""
        raise NotImplementedError

    # The phone.

    def app(self) -> web.Application:
        app = web.Application(middlewares=[_told], client_max_size=LARGEST_CALL)
        app.router.add_get("/conversations/{id}", self._get)
        app.router.add_post("/conversations/{id}/messages", self._post)
        app.router.add_get("/conversations/{id}/events", self._events)
        app.router.add_get("/files/{id}", self._show_file)
        app.router.add_put("/knobs", self._turn_knobs)
        self.add_platform_routes(app)
        app.on_shutdown.append(self._stop)
        return app

    def conversation(self, id: str) -> Conversation:
        if not ADDRESS.fullmatch(id):
            raise BadAction("an address is up to 64 letters, digits and + _ . : @ -")
        while len(self.conversations) >= MAX_PHONES and id not in self.conversations:
            del self.conversations[next(iter(self.conversations))]
        return self.conversations.setdefault(id, Conversation(id, f"Kim {id[-4:]}"))

    async def does(self, id: str, action: Action) -> Bubble:
        """A customer does something on their phone; the webhook follows in its own time, in order."""
        conversation = self.conversation(id)
        bubble = self._bubble(conversation, action)
        conversation.wrote_at = time.time()
        conversation.show(bubble)
        self._later(self._act_in_order(conversation, bubble, action))
        return bubble

    def _bubble(self, conversation: Conversation, action: Action) -> Bubble:
        if action.kind in ("edit", "delete", "read"):
            bubble = conversation.find(action.message) if action.message else conversation.bubbles[-1]
            bubble.text = action.text if action.kind == "edit" else bubble.text
            bubble.edited, bubble.deleted = bubble.edited or action.kind == "edit", action.kind == "delete"
            return bubble
        bubble = Bubble(self.new_id(), "customer", action.text)
        if action.kind == "choice":
            bubble.text = conversation.find(action.message).choices[action.index]["title"]
        if action.file:
            bubble.file = self.keep(action.file)
        if action.location:
            bubble.location = {"latitude": action.location[0], "longitude": action.location[1]}
        return bubble

    def keep(self, file: File) -> dict[str, str]:
        """Keeps a file as the platform does; returns what a bubble says of it."""
        while len(self.files) >= MAX_FILES:
            del self.files[next(iter(self.files))]
        file_id = secrets.token_hex(12)
        self.files[file_id] = file
        return {"id": file_id, "name": file.name, "media_type": file.media_type}

    async def fetch(self, url: str) -> File | None:
        """A file at an address that the business gave; None when it can't be had."""
        if not url.startswith(("http://", "https://")):
            return None
        try:
            async with self.session.get(url, timeout=aiohttp.ClientTimeout(total=WEBHOOK_SECONDS)) as answer:
                if answer.status != 200:
                    return None
                name = answer.content_disposition.filename if answer.content_disposition else ""
                return File(name or "", answer.content_type, await answer.read())
        except (aiohttp.ClientError, TimeoutError, OSError):
            return None

    async def _act_in_order(self, conversation: Conversation, bubble: Bubble, action: Action) -> None:
        async with conversation.lock:
            await self.act(conversation, bubble, action)

    def new_id(self) -> str:
        """A message id in the platform's style."""
        return str(next(self._numbers))

    # Webhooks.

    async def deliver(
        self, body: bytes, headers: Mapping[str, str], conversation: Conversation, bubble: Bubble | None
    ) -> None:
        """Posts a webhook until it is taken, with the platform's pauses; then the bubble shows it."""
        for _ in range(self.knobs.repeats):
            await self._deliver_once(body, headers)
        for pause in (*self.retry_pauses, None):
            if await self._deliver_once(body, headers):
                break
            if pause is None:
                log.warning("vendor.webhook_given_up", channel=self.name)
                self._mark(conversation, bubble, "lost")
                return
            await asyncio.sleep(pause * random.uniform(0.8, 1.2))
        self._mark(conversation, bubble, "taken")

    async def _deliver_once(self, body: bytes, headers: Mapping[str, str]) -> bool:
        timeout = aiohttp.ClientTimeout(total=WEBHOOK_SECONDS)
        try:
            async with self.session.post(self.hook_url, data=body, headers=headers, timeout=timeout) as answer:
                self.hooks[answer.status] += 1
                return answer.status == 200
        except (aiohttp.ClientError, TimeoutError, OSError):
            self.hooks[0] += 1
            return False

    def _mark(self, conversation: Conversation, bubble: Bubble | None, state: str) -> None:
        if bubble is not None and bubble.author == "customer":
            bubble.state = state
            conversation.show(bubble)

    # Sends of the business.

    @asynccontextmanager
    async def taking(self, request: web.Request, address: str) -> AsyncIterator[Conversation]:
        """Around taking one send: the troubles that were ordered, and the platform's rate limit. Raises `Trouble`."""
        knobs = self.knobs
        if knobs.slow_seconds:
            await asyncio.sleep(knobs.slow_seconds)
        if knobs.token_expired:
            raise Trouble("token_expired")
        if address in knobs.blocked:
            raise Trouble("blocked")
        if knobs.too_many > 0:
            knobs.too_many -= 1
            raise Trouble("too_many", knobs.retry_after)
        if knobs.failing > 0 or random.random() < knobs.failing_share:
            knobs.failing = max(0, knobs.failing - 1)
            raise Trouble("failing")
        conversation = self.conversation(address)
        self._check_rate(conversation)
        yield conversation
        if knobs.silent_seconds:
            await asyncio.sleep(knobs.silent_seconds)
        if knobs.half_open > 0 and request.transport is not None:
            knobs.half_open -= 1
            request.transport.abort()

    def _check_rate(self, conversation: Conversation) -> None:
        per_second, burst = self.rate_each
        now = time.monotonic()
        conversation.sends = [at for at in conversation.sends if now - at < burst / per_second]
        if self.knobs.strict and len(conversation.sends) >= burst:
            raise Trouble("too_many", max(1.0, 1 / per_second))
        conversation.sends.append(now)

    def window_open(self, conversation: Conversation) -> bool:
        return time.time() - conversation.wrote_at < self.knobs.window_hours * 3600

    def show_sent(
        self,
        conversation: Conversation,
        text: str,
        choices: list[dict[str, str]],
        sent: Any,
        files: tuple[dict[str, str], ...] = (),
    ) -> Bubble:
        """A message of the business arrives on the phone."""
        bubble = Bubble(self.new_id(), "business", text, choices, files=list(files), state="delivered")
        told = {
            "to": conversation.id,
            "id": bubble.id,
            "text": text,
            "choices": choices,
            "raw": sent,
            "files": list(files),
        }
        self.sends.append(told)
        conversation.show(bubble)
        return bubble

    def later(self, work: Any) -> None:
        self._later(work)

    # The small API.

    async def _get(self, request: web.Request) -> web.Response:
        conversation = self.conversation(request.match_info["id"])
        return web.json_response(
            {
                "id": conversation.id,
                "channel": self.name,
                "name": conversation.name,
                "messages": [asdict(bubble) for bubble in conversation.bubbles],
            }
        )

    async def _post(self, request: web.Request) -> web.Response:
        bubble = await self.does(request.match_info["id"], action_of(await request.read()))
        return web.json_response(asdict(bubble), status=201)

    async def _events(self, request: web.Request) -> web.StreamResponse:
        """Server-sent events: each bubble when it appears or changes."""
        conversation = self.conversation(request.match_info["id"])
        queue: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue(1000)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        conversation.listeners.add(queue)
        try:
            await response.prepare(request)
            await response.write(b": open\n\n")
            while event := await _next_event(queue):
                await response.write(event)
        except ConnectionError:
            return response
        finally:
            conversation.listeners.discard(queue)
        return response

    async def _show_file(self, request: web.Request) -> web.Response:
        """A file of a bubble, for the page that shows the phone."""
        found = self.files.get(request.match_info["id"])
        if found is None:
            raise web.HTTPNotFound
        shown = found.media_type if SHOWN.fullmatch(found.media_type) else "application/octet-stream"
        headers = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; sandbox"}
        return web.Response(body=found.content, content_type=shown, headers=headers)

    async def _turn_knobs(self, request: web.Request) -> web.Response:
        given = json.loads(await request.read())
        known = {one.name: type(getattr(self.knobs, one.name)) for one in fields(Knobs)}
        for name, value in given.items():
            if name not in known or not isinstance(value, known[name] if known[name] is not float else (int, float)):
                raise BadAction(f"no such knob, or no value for it: {name}")
            setattr(self.knobs, name, value)
        return web.json_response(asdict(self.knobs))

    async def _stop(self, app: web.Application) -> None:
        """Lets whoever looks at a phone go, so that the process need not wait for them."""
        for listener in (one for conversation in self.conversations.values() for one in conversation.listeners):
            if not listener.full():
                listener.put_nowait(None)
        pending = set(self._tasks)
        while pending:
            for task in pending:
                task.cancel()
            _, pending = await asyncio.wait(pending, timeout=0.3)

    def _later(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("vendor.failed", channel=self.name, exc_info=error)


async def _next_event(queue: asyncio.Queue[dict[str, Any] | None]) -> bytes:
    """The next event, a beat in between, or nothing when it is over."""
    try:
        bubble = await asyncio.wait_for(queue.get(), BEAT_SECONDS)
    except TimeoutError:
        return b": beat\n\n"
    return f"data: {json.dumps(bubble)}\n\n".encode() if bubble is not None else b""


@web.middleware
async def _told(request: web.Request, handler: Any) -> Any:
    try:
        return await handler(request)
    except BadAction as error:
        return web.json_response({"error": {"code": "bad_action", "detail": str(error)}}, status=400)
    except (ValueError, AttributeError) as error:
        return web.json_response({"error": {"code": "bad_json", "detail": str(error)[:200]}}, status=400)
