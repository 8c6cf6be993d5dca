"""Calls to platforms: one way of posting, and network troubles told as `ChannelError`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import aiohttp

from bot.channels.payloads import json_object
from bot.channels.protocol import Unanswered
from bot.errors import ChannelError

#: In all; a half-open connection ends here.
TIMEOUT = aiohttp.ClientTimeout(total=10, connect=4)
#: For a call that carries a file; a worker renews its lease meanwhile.
WITH_FILE = aiohttp.ClientTimeout(total=90, connect=4)
#: Then nothing of the call has left the house.
NEVER_BEGUN = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)


@dataclass(frozen=True)
class Answer:
    status: int
    body: dict[str, Any]
    retry_after: float | None

    @property
    def fine(self) -> bool:
        return 200 <= self.status < 300


async def post(session: aiohttp.ClientSession, url: str, **request: Any) -> Answer:
    return await call(session, "POST", url, **request)


async def call(
    session: aiohttp.ClientSession, method: str, url: str, timeout: aiohttp.ClientTimeout = TIMEOUT, **request: Any
) -> Answer:
    """One request and its answer, whatever the status. Raises `Unanswered` when it went out and none came."""
    try:
        async with session.request(method, url, timeout=timeout, allow_redirects=False, **request) as answer:
            return Answer(answer.status, json_object(await answer.read()), _seconds(answer.headers.get("Retry-After")))
    except NEVER_BEGUN as error:
        raise ChannelError(f"the platform can't be reached: {type(error).__name__}", permanent=False) from error
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise Unanswered(f"the platform gave no answer: {type(error).__name__}") from error


async def upload(session: aiohttp.ClientSession, url: str, **request: Any) -> Answer:
    """Posts a file that no customer sees yet: where no answer comes nothing was said, so it can be tried again."""
    try:
        return await call(session, "POST", url, timeout=WITH_FILE, **request)
    except Unanswered as error:
        raise ChannelError(error.reason, permanent=False) from error


def failure(
    answer: Answer, reason: str, *, permanent: bool | None = None, retry_after: float | None = None
) -> ChannelError:
    """The error of an answer; where nothing else is known, 429 and 5xx are temporary."""
    if permanent is None:
        permanent = not (answer.status in (408, 425, 429) or answer.status >= 500)
    return ChannelError(reason[:300], permanent=permanent, retry_after=answer.retry_after or retry_after)


def _seconds(raw: str | None) -> float | None:
    try:
        return max(0.0, float(raw)) if raw else None
    except ValueError:
        return None
