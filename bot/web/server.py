"""What every request of `bot` passes: errors told as JSON, health, readiness and metrics."""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable, Mapping

import structlog
from aiohttp import web
from prometheus_client import generate_latest
from redis.exceptions import RedisError

from bot.assistant import Assistant
from bot.errors import Refused
from bot.mailbox import Mailbox
from bot.metrics import WAITING
from bot.understanding.encoder import Encoder
from bot.understanding.encoders import Encoders
from bot.understanding.language import detect
from runtime.redis import Redis

log = structlog.get_logger()

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def tell_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except Refused as refused:
        wait = {"Retry-After": str(refused.retry_after)} if refused.retry_after else {}
        return _error(refused.code, refused.detail, refused.status, wait)
    except web.HTTPRequestEntityTooLarge:
        return _error("body_too_large", "The body is too large.", 413)
    except (RedisError, ConnectionError):
        log.exception("web.store_away", path=request.path)
        return _error("try_again", "The store is away. Try again.", 503)
    except web.HTTPException:
        raise
    except Exception:
        if request.headers.get("Upgrade"):
            raise  # A socket that is open takes no answer any more.
        log.exception("web.failed", path=request.path)
        return _error("failed", "Something went wrong here. Try again.", 500)


def _error(code: str, detail: str, status: int, headers: Mapping[str, str] | None = None) -> web.Response:
    return web.json_response({"error": {"code": code, "detail": detail}}, status=status, headers=headers)


class Health:
    def __init__(self, redis: Redis, assistant: Assistant, mailboxes: list[Mailbox]) -> None:
        self.redis = redis
        self.assistant = assistant
        self.mailboxes = mailboxes

    def add_routes(self, app: web.Application) -> None:
        app.router.add_get("/healthz", self.alive)
        app.router.add_get("/readyz", self.ready)
        app.router.add_get("/metrics", self.metrics)

    async def alive(self, request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def ready(self, request: web.Request) -> web.Response:
        """Ready means: messages are taken and kept. A missing Rasa is told, but is no reason to refuse messages."""
        try:
            await self.redis.ping()
            stored = True
        except (RedisError, OSError):
            stored = False
        parts = {"redis": stored, "rasa": await self.assistant.is_up()}
        return web.json_response({"ready": stored, "dependencies": parts}, status=200 if stored else 503)

    async def metrics(self, request: web.Request) -> web.Response:
        for mailbox in self.mailboxes:
            WAITING.labels(mailbox.name).set(sum((await mailbox.lengths()).values()))
        return web.Response(body=generate_latest(), content_type="text/plain")


class Internal:
    """For the other processes on loopback only: Rasa asks for features here when none came along."""

    def __init__(self, encoders: Encoders) -> None:
        self.encoders = encoders

    def add_routes(self, app: web.Application) -> None:
        app.router.add_post("/internal/encode", self.encode)

    async def encode(self, request: web.Request) -> web.Response:
        if request.remote not in ("127.0.0.1", "::1"):
            raise Refused("not_here", "This address is for processes on the same machine.", status=403)
        texts = (await request.json()).get("texts")
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts) or len(texts) > 64:
            raise Refused("bad_texts", "`texts` must be a list of at most 64 strings.")
        readers = [self.encoders.of(detect(text).language).name for text in texts]
        embeddings = {
            name: [await self._read(encoder, text) for text in texts]
            for name, encoder in self.encoders.distinct.items()
        }
        return web.json_response({"readers": readers, "embeddings": embeddings})

    async def _read(self, encoder: Encoder, text: str) -> str:
        return base64.b64encode((await encoder.encode_one(text)).astype("<f4").tobytes()).decode()
