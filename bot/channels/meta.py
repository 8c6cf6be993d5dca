"""What Meta's three messengers share: signature, the webhook's set-up, and the errors of the Graph API."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import Any

import aiohttp

from bot.channels import http
from bot.channels.payloads import entry, forged, same
from bot.channels.protocol import Base, Call, FileNotTaken, WindowShut
from bot.errors import ChannelError, Refused

#: Graph API codes that pass by themselves: unknown, service, too many calls, temporary.
TEMPORARY = {1, 2, 4, 17, 32, 341, 613, 1200, 80006, 80007, 130429, 131000, 131016, 131048, 131056, 133004, 133016}
TOO_MANY = {4, 17, 32, 613, 80006, 80007, 130429, 131048, 131056}
WINDOW_CODES = {131047}
#: Of calls with a file: what is wrong is the file.
NO_FILE = {100, 131052, 131053}
WINDOW_SUBCODES = {2018278, 2018065, 2534022}


@dataclass(frozen=True)
class App:
    """One of Meta's messengers as set up for us."""

    token: str
    app_secret: str
    verify_token: str
    api_url: str
    #: Id of the number, page or account that sends.
    own_id: str


class MetaChannel(Base):
    answer = ("text/plain", "EVENT_RECEIVED")

    def __init__(self, session: aiohttp.ClientSession, app: App) -> None:
        self._session = session
        self._headers = {"Authorization": f"Bearer {app.token}"}
        self._app = app
        self._api = app.api_url.rstrip("/")

    def challenge(self, call: Call) -> str:
        if call.query.get("hub.mode") != "subscribe" or not same(
            call.query.get("hub.verify_token", ""), self._app.verify_token
        ):
            raise forged()
        challenge = call.query.get("hub.challenge", "")
        if not challenge.isalnum():
            raise Refused("bad_challenge", "`hub.challenge` must be letters and digits.")
        return challenge

    def verify(self, call: Call) -> None:
        expected = hmac.new(self._app.app_secret.encode(), call.body, hashlib.sha256).hexdigest()
        if not same(call.headers.get("X-Hub-Signature-256", ""), f"sha256={expected}"):
            raise forged()

    async def _post(self, body: dict[str, Any], *, with_file: bool = False) -> dict[str, Any]:
        """`with_file`: the platform fetches a file before it answers."""
        url = f"{self._api}/{self._app.own_id}/messages"
        timeout = http.WITH_FILE if with_file else http.TIMEOUT
        answer = await http.post(self._session, url, json=body, headers=self._headers, timeout=timeout)
        return uploaded(answer) if with_file else checked(answer)


def checked(answer: http.Answer) -> dict[str, Any]:
    """The body of a good answer; else the error that the Graph API means."""
    error = entry(answer.body.get("error"))
    if answer.fine and not error:
        return answer.body
    raise graph_error(answer, error)


def uploaded(answer: http.Answer) -> dict[str, Any]:
    """As `checked`, for a call that hands over a file, or where to fetch it."""
    error = entry(answer.body.get("error"))
    if answer.status == 413 or error.get("code") in NO_FILE:
        raise FileNotTaken(str(error.get("message") or "the platform takes no file as large as this"))
    return checked(answer)


def graph_error(answer: http.Answer, error: dict[str, Any]) -> ChannelError:
    code, subcode = error.get("code"), error.get("error_subcode")
    reason = str(error.get("message") or f"the platform answered {answer.status}")
    if code in WINDOW_CODES or subcode in WINDOW_SUBCODES:
        return WindowShut(reason[:300])
    if code == 190:
        return ChannelError(f"the access token is not valid: {reason}"[:300], permanent=True)
    if code in TEMPORARY or error.get("is_transient"):
        return http.failure(answer, reason, permanent=False, retry_after=6.0 if code in TOO_MANY else None)
    return http.failure(answer, reason)
