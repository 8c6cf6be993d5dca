"""The door through which the web chat brings a customer's files."""

from __future__ import annotations

from aiohttp import BodyPartReader, web

from bot.channels.uploads import Uploads
from bot.errors import Refused
from bot.identity import Identities
from bot.web.origins import Origins
from runtime import file_links
from runtime.file_types import MAX_BYTES

#: As long as the other addresses of files in a page.
LINK_SECONDS = 12 * 3600
LONGEST_TOKEN = 4096


class UploadRoutes:
    def __init__(self, identities: Identities, uploads: Uploads, origins: Origins, secret: str) -> None:
        self.identities = identities
        self.uploads = uploads
        self.origins = origins
        self.secret = secret

    def add_routes(self, app: web.Application) -> None:
        app.router.add_post("/chat/files", self.add)
        app.router.add_options("/chat/files", self.origins.preflight)

    async def add(self, request: web.Request) -> web.Response:
        """A form of `token`, then `file` -> 201 ``{id, kind, name, media_type, size, url}``.

        Whose the file is, is known before the first byte of it is read.
        """
        self.origins.check(request)
        if not request.content_type.startswith("multipart/"):
            raise Refused("bad_form", "Send a form with `token` and `file`.")
        form = await request.multipart()
        token = (await _read(await _part(form.next, "token"), LONGEST_TOKEN)).decode(errors="replace")
        customer_id = self.identities.customer_of_session(token)
        await self.uploads.throttle(customer_id)
        file = await _part(form.next, "file")
        kept = await self.uploads.keep(customer_id, file.filename or "", await _read(file, MAX_BYTES))
        shown = kept.model_dump(include={"id", "kind", "name", "media_type", "size"})
        url = file_links.link("", self.secret, kept.id, life=LINK_SECONDS)
        return web.json_response({**shown, "url": url}, status=201)


async def _part(following, name: str) -> BodyPartReader:  # type: ignore[no-untyped-def]
    part = await following()
    if not isinstance(part, BodyPartReader) or part.name != name:
        raise Refused("bad_form", "Send a form with `token` and `file`, in this order.")
    return part


async def _read(part: BodyPartReader, most: int) -> bytes:
    """All of a part. Raises `Refused` as soon as it is too large."""
    pieces, size = [], 0
    while piece := await part.read_chunk(64 * 1024):
        size += len(piece)
        if size > most:
            raise Refused("file_too_large", f"A file has at most {MAX_BYTES // 1024**2} MB.", status=413)
        pieces.append(piece)
    return b"".join(pieces)
