"""The desk's page and files, the doors for machines, and the headers that every answer carries."""

from __future__ import annotations

import asyncio
import mimetypes
from pathlib import Path
from urllib.parse import urlsplit

from aiohttp import web
from prometheus_client import generate_latest
from redis.exceptions import RedisError
from sqlalchemy import text

from runtime.redis import Redis
from tickets.services.work import Records
from tickets.web.openapi import describe
from tickets.web.routing import PREFIX, Route

DESK = Path(__file__).parent / "static"
SHARED = Path(__file__).parents[2] / "runtime" / "static"
#: `{files}` is where customers' pictures and voices come from.
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: {files}; "
    "media-src 'self' {files}; font-src 'self'; connect-src 'self' {files}; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
READY_SECONDS = 2.0

mimetypes.add_type("text/javascript", ".js")


def origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    # Files are asked for again each time (an unchanged one costs a 304); answers of the API are nobody else's business.
    response.headers.setdefault("Cache-Control", "no-store" if request.path.startswith(PREFIX) else "no-cache")


class Pages:
    def __init__(self, records: Records, redis: Redis, routes: tuple[Route, ...], files_url: str) -> None:
        self.records = records
        self.redis = redis
        self._description = describe(routes)
        self._csp = CSP.format(files=origin(files_url))

    def add_routes(self, app: web.Application) -> None:
        app.router.add_get("/", self.desk)
        app.router.add_static("/static/desk", DESK)
        app.router.add_get("/static/{name}", self.shared)
        app.router.add_get(f"{PREFIX}/openapi.json", self.openapi)
        app.router.add_get("/healthz", self.alive)
        app.router.add_get("/readyz", self.ready)
        app.router.add_get("/metrics", self.metrics)
        app.on_response_prepare.append(self._protect)
        app.on_response_prepare.append(add_headers)

    async def _protect(self, request: web.Request, response: web.StreamResponse) -> None:
        response.headers.setdefault("Content-Security-Policy", self._csp)

    async def desk(self, request: web.Request) -> web.StreamResponse:
        return web.FileResponse(DESK / "index.html")

    async def shared(self, request: web.Request) -> web.StreamResponse:
        """Tokens and icons, the same ones as in the chat."""
        name = request.match_info["name"]
        if name not in {path.name for path in SHARED.iterdir()}:
            raise web.HTTPNotFound
        return web.FileResponse(SHARED / name)

    async def openapi(self, request: web.Request) -> web.StreamResponse:
        return web.json_response(self._description)

    async def alive(self, request: web.Request) -> web.StreamResponse:
        return web.json_response({"status": "ok"})

    async def ready(self, request: web.Request) -> web.StreamResponse:
        """Ready means: agents can work. Without Redis they can too, and what they do is kept for later."""
        database, redis = await asyncio.gather(self._has_database(), self._has_redis())
        parts = {"database": database, "redis": redis}
        return web.json_response({"ready": database, "dependencies": parts}, status=200 if database else 503)

    async def _has_database(self) -> bool:
        try:
            async with asyncio.timeout(READY_SECONDS):
                # A query must not be cancelled half-way.
                await asyncio.shield(self._ask_database())
            return True
        except Exception:
            return False

    async def _ask_database(self) -> None:
        async with self.records.read() as session:
            await session.execute(text("SELECT 1"))

    async def _has_redis(self) -> bool:
        try:
            async with asyncio.timeout(READY_SECONDS):
                await self.redis.ping()
            return True
        except (RedisError, OSError):
            return False

    async def metrics(self, request: web.Request) -> web.StreamResponse:
        return web.Response(body=generate_latest(), content_type="text/plain")
