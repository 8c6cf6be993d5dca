"""Server-sent events, as the pages read the phones."""

from __future__ import annotations

import asyncio
import json
from typing import Any, TypeAlias

from aiohttp import web

BEAT_SECONDS = 15
#: What is to be told, as JSON; None ends the stream.
Events: TypeAlias = asyncio.Queue[dict[str, Any] | None]


async def stream(request: web.Request, events: Events) -> web.StreamResponse:
    """Tells every event of the queue until its end, or until nobody reads any more; a beat in between."""
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
    try:
        await response.prepare(request)
        await response.write(b": open\n\n")
        while told := await _next(events):
            await response.write(told)
    except ConnectionError:
        pass
    return response


async def _next(events: Events) -> bytes:
    try:
        event = await asyncio.wait_for(events.get(), BEAT_SECONDS)
    except TimeoutError:
        return b": beat\n\n"
    return f"data: {json.dumps(event)}\n\n".encode() if event is not None else b""
