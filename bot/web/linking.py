"""Joining channels from the web chat: ask for a code, bring one, answer, prove an e-mail address."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol

import segno
import structlog
from aiohttp import web

from bot.channels.protocol import Channel, Outgoing
from bot.channels.rich import spans_of
from bot.errors import ChannelError, Refused
from bot.identity import Identities
from bot.linking import AGAIN_SECONDS, Links, Outcome, SayDirectly, code_in, session_id
from bot.web.origins import Origins
from bot.wishes import Wishes

log = structlog.get_logger()

#: Status of an answer by what became of it.
STATUS = {"code_invalid": 404, "too_many": 429, "not_yours": 403}
DETAIL = {
    "code_invalid": "This code is not valid or no longer so. Ask for a new one.",
    "too_many": "Too many tries. Wait ten minutes.",
    "not_yours": "This question is for another session to answer.",
}

ADDRESS = re.compile(r"[^\s@<>,;:\"()\[\]\\]{1,64}@[^\s@<>,;:\"()\[\]\\]+\.[^\s@<>,;:\"()\[\]\\.]{2,}")

SendMail = Callable[[str, str], Awaitable[None]]


class DeepLink(Protocol):
    def __call__(self, channel: str, code: str) -> str:
        """The address by which a customer brings a code to a channel; empty where there is none."""
        ...


class LinkRoutes:
    def __init__(
        self,
        identities: Identities,
        links: Links,
        channels: Sequence[str],
        deep_link: DeepLink,
        origins: Origins,
        send_mail: SendMail | None = None,
        wishes: Wishes | None = None,
    ) -> None:
        self.identities = identities
        self.links = links
        self.channels = channels
        self._deep_link = deep_link
        self.origins = origins
        #: Sends a code to an e-mail address, if the process can.
        self._send_mail = send_mail
        self.wishes = wishes

    def add_routes(self, app: web.Application) -> None:
        routes = {"": self.offer, "/redeem": self.redeem, "/answer": self.answer}
        if self._send_mail:
            routes |= {"/email": self.prove_email, "/email/confirm": self.confirm_email}
        if self.wishes:
            routes |= {"/ways": self.ways, "/prefer": self.prefer}
        for path, handler in routes.items():
            app.router.add_post(f"/chat/links{path}", handler)
            app.router.add_options(f"/chat/links{path}", self.origins.preflight)

    async def offer(self, request: web.Request) -> web.Response:
        """``{token, channel?}`` -> 201 ``{code, expires_at, links: [{channel, url, qr}], email}``;
        `qr` is an SVG element.

        `email` tells whether an address can be proven by a code that is mailed to it.
        """
        body, session, customer_id = await self._session(request)
        wanted = body.get("channel")
        if wanted is not None and wanted not in self.channels:
            raise Refused("unknown_channel", f"`channel` must be one of {', '.join(self.channels)}.")
        offer = await self.links.offer("web", session, customer_id=customer_id)
        urls = {name: self._deep_link(name, offer.code) for name in ([wanted] if wanted else self.channels)}
        links = [{"channel": name, "url": url, "qr": qr(url)} for name, url in urls.items() if url]
        answer: dict[str, Any] = {"code": offer.code, "expires_at": offer.expires_at.isoformat(), "links": links}
        answer["email"] = self._send_mail is not None
        return web.json_response(answer, status=201)

    async def redeem(self, request: web.Request) -> web.Response:
        """``{token, code}``: a code that the customer was given on another channel."""
        body, session, customer_id = await self._session(request)
        code = code_in(_text(body, "code"))
        if code is None:
            raise Refused("bad_code", "A code looks like FD-7K3QX-9M2PT.")
        return _told(await self.links.redeem("web", session, code, customer_id=customer_id))

    async def answer(self, request: web.Request) -> web.Response:
        """``{token, payload}``: the payload of a choice that began with ``link:``."""
        body, session, _ = await self._session(request)
        return _told(await self.links.answer("web", session, _text(body, "payload")))

    async def prove_email(self, request: web.Request) -> web.Response:
        """``{token, address}`` -> 202 ``{expires_at, again_seconds}``;
        the code goes to the address and nowhere else."""
        assert self._send_mail is not None
        body, session, customer_id = await self._session(request)
        address = _text(body, "address").strip().lower()
        if not ADDRESS.fullmatch(address):
            raise Refused("bad_address", "`address` must be an e-mail address.")
        offer = await self.links.offer("web", session, customer_id=customer_id, email=address)
        await self._send_mail(address, offer.code)
        answer = {"expires_at": offer.expires_at.isoformat(), "again_seconds": AGAIN_SECONDS}
        return web.json_response(answer, status=202)

    async def confirm_email(self, request: web.Request) -> web.Response:
        """``{token, code}``: the code of the mail."""
        body, session, customer_id = await self._session(request)
        outcome = await self.links.confirm_email(session, customer_id, code_in(_text(body, "code")) or "FD")
        return _told(outcome)

    async def ways(self, request: web.Request) -> web.Response:
        """``{token}`` -> ``{channels, preferred}``: where people's answers can reach the customer,
        and where they wish it."""
        _, _, customer_id = await self._session(request)
        return await self._ways(customer_id)

    async def prefer(self, request: web.Request) -> web.Response:
        """``{token, channel}``, an empty channel for "where I wrote last" -> as `ways`."""
        assert self.wishes is not None
        body, _, customer_id = await self._session(request)
        channel = body.get("channel")
        if not isinstance(channel, str) or len(channel) > 30:
            raise Refused("bad_body", "`channel` must be a string.")
        await self.wishes.prefer(customer_id, channel)
        return await self._ways(customer_id)

    async def _ways(self, customer_id: str) -> web.Response:
        assert self.wishes is not None
        found = await self.wishes.ways(customer_id)
        return web.json_response({"channels": found.channels, "preferred": found.preferred})

    async def _session(self, request: web.Request) -> tuple[dict[str, Any], str, str]:
        """The body, the session's id and its customer; an origin that is not allowed is refused first."""
        self.origins.check(request)
        try:
            body = json.loads(await request.read())
        except (ValueError, RecursionError) as error:
            raise Refused("bad_json", "The body is not JSON.") from error
        if not isinstance(body, dict):
            raise Refused("bad_json", "The body must be a JSON object.")
        token = _text(body, "token")
        return body, session_id(token), self.identities.customer_of_session(token)


def _told(outcome: Outcome) -> web.Response:
    if outcome.state == "refused":
        raise Refused(outcome.code, DETAIL[outcome.code], status=STATUS[outcome.code])
    return web.json_response({"state": outcome.state})


def past_the_thread(channels: Mapping[str, Channel]) -> SayDirectly:
    """Sends a text to an address at once. If the platform does not take it, the customer asks for another code."""

    async def send(channel: str, address: str, text: str) -> None:
        try:
            await channels[channel].send(address, Outgoing(spans_of(text), author="system"))
        except ChannelError as error:
            log.warning("link.not_told", channel=channel, reason=error.reason)

    return send


def qr(text: str) -> str:
    """A QR code as an SVG element without size: the page gives it one."""
    return str(segno.make(text, error="m", micro=False).svg_inline(scale=4, border=2, omitsize=True))


def _text(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value or len(value) > 4000:
        raise Refused("bad_body", f"`{name}` must be a string.")
    return value
