"""What all simulated platforms have: phones with conversations, webhooks with retries, and sends of the business."""

from __future__ import annotations

import asyncio
import itertools
import random
import re
import secrets
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import structlog
from aiohttp import web

from bot.vendors.action import Action, BadAction, File
from bot.vendors.api import PhoneApi, tell_errors
from bot.vendors.phones import Bubble, Conversation
from bot.vendors.trouble import Knobs, Trouble
from runtime.ending import end

log = structlog.get_logger()

#: Pauses between tries of a webhook, seconds; most platforms go on for hours or days.
RETRY_PAUSES = (0.5, 1, 2, 4, 8, 16, 32, 60, 120, 300, 600)
WEBHOOK_SECONDS = 15
ADDRESS = re.compile(r"[A-Za-z0-9+_.:@-]{1,64}")
MAX_PHONES = 1000
LARGEST_CALL = 60 * 1024 * 1024
#: Files that the phones keep.
MAX_FILES = 200


class Vendor:
    """One simulated platform; each derives from it and speaks its own protocol."""

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
        app = web.Application(middlewares=[tell_errors], client_max_size=LARGEST_CALL)
        PhoneApi(self).add_routes(app)
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
        self.later(self._act_in_order(conversation, bubble, action))
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

    async def _stop(self, app: web.Application) -> None:
        """Lets whoever looks at a phone go, so that the process need not wait for them."""
        for listener in (one for conversation in self.conversations.values() for one in conversation.listeners):
            if not listener.full():
                listener.put_nowait(None)
        await end(set(self._tasks), patience=0.3)

    def later(self, work: Any) -> None:
        """Does something beside; ended with the app, and told in the log when it fails."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("vendor.failed", channel=self.name, exc_info=error)
