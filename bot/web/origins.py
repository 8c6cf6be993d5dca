"""Which sites may embed the chat: they may call its doors and read what these answer, errors too."""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import web

from bot.errors import Refused

#: Everything below is there for pages of other sites.
DOORS = "/chat/"


class Origins:
    def __init__(self, allowed: Sequence[str]) -> None:
        self.allowed = frozenset(allowed)

    def add_to(self, app: web.Application) -> None:
        """Marks every answer of the chat's doors, whoever made it: a browser hides an unmarked one from the page."""
        app.on_response_prepare.append(self._mark)

    def check(self, request: web.Request) -> None:
        """Raises `Refused` for a site that is not allowed. The own page and tools without Origin may always."""
        origin = request.headers.get("Origin")
        if origin is not None and not self._may(origin, request):
            raise Refused("origin_not_allowed", "This site is not in WEB_ALLOWED_ORIGINS.", status=403)

    async def preflight(self, request: web.Request) -> web.Response:
        self.check(request)
        return web.Response(status=204, headers={"Access-Control-Max-Age": "600"})

    async def _mark(self, request: web.Request, response: web.StreamResponse) -> None:
        if not request.path.startswith(DOORS):
            return
        response.headers.add("Vary", "Origin")
        origin = request.headers.get("Origin")
        if origin is not None and self._may(origin, request):
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Allow-Headers"] = "Content-Type"
            response.headers["Access-Control-Expose-Headers"] = "Retry-After"

    def _may(self, origin: str, request: web.Request) -> bool:
        return "*" in self.allowed or origin in self.allowed or origin.partition("//")[2] == request.host
