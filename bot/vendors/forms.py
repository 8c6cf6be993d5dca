"""Multipart forms with a file, as the business posts them."""

from __future__ import annotations

from aiohttp import web
from aiohttp.web_request import FileField

from bot.vendors.action import File


async def form_with_file(request: web.Request, name: str) -> tuple[dict[str, str], File | None]:
    """The fields of a form, and its file in the field `name`."""
    form = await request.post()
    fields = {key: value for key, value in form.items() if isinstance(value, str)}
    found = form.get(name)
    if not isinstance(found, FileField):
        return fields, None
    return fields, File(found.filename, found.content_type, found.file.read())
