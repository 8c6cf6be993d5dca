"""Files that agents attach: taken in, shown at the desk, and handed to `bot` under signed addresses."""

from __future__ import annotations

import re
from urllib.parse import quote

from aiohttp import web

from runtime import file_links
from runtime.file_types import MAX_BYTES
from tickets.errors import Forbidden, Unknown
from tickets.services import reading
from tickets.services.uploads import Uploads, check_size
from tickets.services.work import Records
from tickets.storage.models import Upload
from tickets.web import models
from tickets.web.routing import Answer, Call, Route, as_json

ID = re.compile(r"[0-9a-f]{32}")
#: Shown in place; everything else is offered for saving.
INLINE = ("image/", "audio/", "video/", "application/pdf")


class FileHandlers:
    """`files_url` is where `bot` serves files, `secret` what their addresses are signed with."""

    def __init__(self, records: Records, uploads: Uploads, files_url: str, secret: str) -> None:
        self.records = records
        self.uploads = uploads
        self.files_url = files_url
        self.secret = secret

    async def attach(self, call: Call) -> Answer:
        check_size(call.request.content_length or 0)
        try:
            content = await call.request.clone(client_max_size=MAX_BYTES).read()
        except web.HTTPRequestEntityTooLarge:
            check_size(MAX_BYTES + 1)
            raise
        return as_json(await self.uploads.add(call.agent, call.part("ref"), call.query.name, content), 201)

    async def remove(self, call: Call) -> Answer:
        await self.uploads.remove(call.part("ref"), call.part("id"))
        return None

    async def file(self, call: Call) -> Answer:
        """What was attached here is shown from here; else the browser is sent on to a short-lived address of `bot`."""
        ref, id = call.part("ref"), call.part("id")
        if upload := await self.uploads.content(id, ref):
            return shown(upload)
        async with self.records.read() as session:
            await reading.file_of(session, ref, id)
        raise web.HTTPFound(file_links.link(self.files_url, self.secret, id))

    def add_routes(self, app: web.Application) -> None:
        app.router.add_get("/files/{id}", self.hand_out)

    async def hand_out(self, request: web.Request) -> web.StreamResponse:
        """For `bot`, which fetches what goes out."""
        id, query = request.match_info["id"], request.query
        if not ID.fullmatch(id) or not file_links.is_good(
            self.secret, id, query.get("until", ""), query.get("sig", "")
        ):
            raise Forbidden("file_link", "This address is not valid, or it has expired.")
        if (upload := await self.uploads.content(id)) is None:
            raise Unknown("unknown_file", "This file is not kept here any more.")
        return shown(upload)


def shown(upload: Upload) -> web.Response:
    inline = "inline" if upload.media_type.startswith(INLINE) else "attachment"
    headers = {
        "Content-Type": upload.media_type,
        "Content-Disposition": f"{inline}; filename*=UTF-8''{quote(upload.name or 'file')}",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cache-Control": "private, max-age=600",
    }
    return web.Response(body=upload.content, headers=headers)


def file_table(do: FileHandlers) -> tuple[Route, ...]:
    files = "/tickets/{ref}/files"
    about = "Attach a file to a reply: its bytes as the body, its name in the query. The id goes into the message."
    # A table: what a route takes and answers stands beside it, not a line a word.
    return (
        Route("POST", files, do.attach, about,
              query=models.FileQuery, answer=models.UploadView, status=201, takes_bytes=True),
        Route("DELETE", f"{files}/{{id}}", do.remove, "Remove a file that has not gone out."),
        Route("GET", f"{files}/{{id}}", do.file,
              "A file of the ticket's thread: itself, or an address where it is for a short time.",
              answer=models.Elsewhere, status=302),
    )  # fmt: skip
