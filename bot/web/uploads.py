"""The door through which the web chat brings a customer's files."""

from __future__ import annotations

import asyncio

from aiohttp import BodyPartReader, MultipartReader, web
from aiohttp.http import HttpProcessingError

from bot.channels.uploads import Uploads
from bot.errors import Refused
from bot.identity import Identities
from bot.web.origins import Origins
from runtime import file_links
from runtime.file_types import MAX_BYTES

#: As long as the other addresses of files in a page.
LINK_SECONDS = 12 * 3600
LONGEST_TOKEN = 4096
#: Files that are read at once: each is in memory until it is known what it is.
AT_ONCE = 8
#: For the slowest sender; whoever takes longer would hold a place for ever.
READ_SECONDS = 180.0


class UploadRoutes:
    def __init__(self, identities: Identities, uploads: Uploads, origins: Origins, secret: str) -> None:
        self.identities = identities
        self.uploads = uploads
        self.origins = origins
        self.secret = secret
        self._places = asyncio.Semaphore(AT_ONCE)

    def add_routes(self, app: web.Application) -> None:
        app.router.add_post("/chat/files", self.add)
        app.router.add_options("/chat/files", self.origins.preflight)

    async def add(self, request: web.Request) -> web.Response:
        """A form of `token`, then `file` -> 201 ``{id, kind, name, media_type, size, url}``.

        Whose the file is, is known before the first byte of it is read.
        """
        self.origins.check(request)
        try:
            async with self._places:
                async with asyncio.timeout(READ_SECONDS):
                    customer_id, name, content = await self._form(request)
                kept = await self.uploads.keep(customer_id, name, content)
        except TimeoutError as error:
            raise Refused("too_slow", "The file took too long. Try again with a smaller one.", status=408) from error
        except (ValueError, HttpProcessingError) as error:  # a form that is none
            raise _bad_form() from error
        shown = kept.model_dump(include={"id", "kind", "name", "media_type", "size"})
        url = file_links.link("", self.secret, kept.id, life=LINK_SECONDS)
        return web.json_response({**shown, "url": url}, status=201)

    async def _form(self, request: web.Request) -> tuple[str, str, bytes]:
        """Customer id, name and content of the file."""
        if request.content_type != "multipart/form-data":
            raise _bad_form()
        form = await request.multipart()
        token = await _read(await _part(form, "token"), LONGEST_TOKEN)
        customer_id = self.identities.customer_of_session(token.decode(errors="replace"))
        await self.uploads.throttle(customer_id)
        file = await _part(form, "file")
        return customer_id, file.filename or "", await _read(file, MAX_BYTES)


async def _part(form: MultipartReader, name: str) -> BodyPartReader:
    part = await form.next()
    if not isinstance(part, BodyPartReader) or part.name != name:
        raise _bad_form()
    return part


def _bad_form() -> Refused:
    return Refused("bad_form", "Send a form with `token` and `file`, in this order.")


async def _read(part: BodyPartReader, most: int) -> bytes:
    """All of a part. Raises `Refused` as soon as it is too large."""
    pieces, size = [], 0
    while piece := await part.read_chunk(64 * 1024):
        size += len(piece)
        if size > most:
            raise Refused("file_too_large", f"A file has at most {MAX_BYTES // 1024**2} MB.", status=413)
        pieces.append(piece)
    return b"".join(pieces)
