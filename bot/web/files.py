"""Serves customers' files to whoever has a signed, living address of them."""

from __future__ import annotations

import asyncio
import re
from urllib.parse import quote

from aiohttp import web

from bot.channels.files import Files
from bot.errors import Refused
from bot.texts import say
from runtime import file_links

ID = re.compile(r"[0-9a-f]{32}")
#: Shown in place; everything else is offered for saving.
INLINE = ("image/", "audio/", "video/", "application/pdf")
#: For a file that is being fetched.
PATIENT_LOOKS, LOOK_SECONDS = 20, 0.1


class FileRoutes:
    def __init__(self, files: Files, secret: str) -> None:
        self.files = files
        self.secret = secret

    def add_routes(self, app: web.Application) -> None:
        app.router.add_get("/files/{id}", self.file)
        app.router.add_get("/f/{token}", self.short)

    async def file(self, request: web.Request) -> web.StreamResponse:
        id, query = request.match_info["id"], request.query
        if not ID.fullmatch(id) or not file_links.is_good(
            self.secret, id, query.get("until", ""), query.get("sig", "")
        ):
            raise Refused(
                "file_link", "This address is not valid, or it has expired. Open the message again.", status=403
            )
        return await self._shown(id)

    async def short(self, request: web.Request) -> web.StreamResponse:
        """The address that stands in a text, and that platforms fetch from."""
        id = file_links.file_of(self.secret, request.match_info["token"])
        if id is not None and (await self._arrived(id)).get("state") == "stored":
            return await self._shown(id)
        # Whoever opens it is a customer, in a browser, and of either language.
        told = "\n\n".join(say(language, "file_link_ended") for language in ("de", "en"))
        return web.Response(text=told, status=403 if id is None else 404, headers={"Cache-Control": "no-store"})

    async def _shown(self, id: str) -> web.StreamResponse:
        known = await self._arrived(id)
        if known.get("state") == "refused":
            raise Refused("file_refused", f"This file was not kept: {known.get('reason', '')}.", status=410)
        if known.get("state") == "expired":
            raise Refused("file_expired", "This file is no longer kept.", status=410)
        path = self.files.path(id)
        if known.get("state") != "stored" or not path.is_file():
            raise Refused("file_waiting", "This file has not arrived yet. Try again.", status=404)
        return web.FileResponse(path, headers=_headers(known))

    async def _arrived(self, id: str) -> dict[str, str]:
        """What is known of a file, once it is here: a message is shown before its files are fetched,
        by a blink of an eye."""
        known = await self.files.described(id)
        for _ in range(PATIENT_LOOKS):
            if known.get("state") != "waiting":
                break
            await asyncio.sleep(LOOK_SECONDS)
            known = await self.files.described(id)
        return known


def _headers(known: dict[str, str]) -> dict[str, str]:
    media_type = known.get("media_type", "application/octet-stream")
    shown = "inline" if media_type.startswith(INLINE) else "attachment"
    name = quote(known.get("name", "") or "file")
    return {
        "Content-Type": media_type,
        "Content-Disposition": f"{shown}; filename*=UTF-8''{name}",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cache-Control": "private, max-age=600",
        # Whoever has the signed address may read it, on the desk's page too.
        "Access-Control-Allow-Origin": "*",
    }
