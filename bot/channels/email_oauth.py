"""Signing in to a mailbox with a token of an identity provider (OAuth 2.0, RFC 6749;
SASL XOAUTH2), as Microsoft 365 and Google ask.

Either as the application itself (client credentials),
or in the mailbox's name with a refresh token that its owner once gave.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import structlog

from bot import keys
from bot.channels.payloads import json_object
from runtime.redis import Redis

log = structlog.get_logger()

TIMEOUT = aiohttp.ClientTimeout(total=15, connect=5)
#: A token is renewed so long before it ends, but not before half of its life is over.
MARGIN_SECONDS = 300.0
#: Where the provider does not say how long a token lives.
SHORT_LIFE = 300.0


class SignInFailed(Exception):
    """No token; the message says why, without a secret.

    `permanent`: the provider refused, so somebody must look at it.
    """

    def __init__(self, reason: str, *, permanent: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.permanent = permanent


@dataclass(frozen=True)
class SignIn:
    token_url: str
    client_id: str
    client_secret: str = field(default="", repr=False)
    refresh_token: str = field(default="", repr=False)
    scope: str = ""

    @property
    def name(self) -> str:
        """The same for the same settings only: a new refresh token begins anew."""
        told = f"{self.token_url} {self.client_id} {self.refresh_token}"
        return hashlib.sha256(told.encode()).hexdigest()[:16]


def sign_in(values: Mapping[str, str]) -> SignIn | None:
    """How to sign in by these settings; None: with the password in the addresses."""
    if not values["EMAIL_OAUTH_TOKEN_URL"]:
        return None
    names = ("TOKEN_URL", "CLIENT_ID", "CLIENT_SECRET", "REFRESH_TOKEN", "SCOPE")
    return SignIn(*(values[f"EMAIL_OAUTH_{name}"] for name in names))


class Tokens:
    """Access tokens, kept until shortly before they end. One for both ways of the mail."""

    def __init__(self, sign_in: SignIn, session: aiohttp.ClientSession, redis: Redis) -> None:
        self.sign_in = sign_in
        self._session = session
        self._redis = redis
        self._token = ""
        self._renew_at = 0.0
        self._one_at_a_time = asyncio.Lock()

    async def token(self) -> str:
        """A token that is good now. Raises `SignInFailed`."""
        async with self._one_at_a_time:
            if not self._token or time.monotonic() >= self._renew_at:
                await self._renew()
            return self._token

    def refused(self, token: str) -> None:
        """A mail server would not take this token, whatever its life: the next one is asked for anew."""
        if token == self._token:
            self._token = ""

    async def _renew(self) -> None:
        answer = await self._ask(await self._grant())
        token, kind = answer.get("access_token"), str(answer.get("token_type") or "Bearer")
        if not isinstance(token, str) or not token or kind.lower() != "bearer":
            raise SignInFailed("the identity provider gave no bearer token", permanent=True)
        life = _seconds(answer.get("expires_in"))
        self._token = token
        self._renew_at = time.monotonic() + max(life / 2, life - MARGIN_SECONDS)
        log.info("mail.signed_in", life_seconds=round(life))
        if self.sign_in.refresh_token and isinstance(answer.get("refresh_token"), str) and answer["refresh_token"]:
            # RFC 6749, 6: the new one takes the old one's place, for every process.
            await self._redis.set(self._kept, answer["refresh_token"])

    async def _grant(self) -> dict[str, str]:
        own = self.sign_in
        form = {"client_id": own.client_id}
        form |= {"client_secret": own.client_secret} if own.client_secret else {}
        form |= {"scope": own.scope} if own.scope else {}
        if not own.refresh_token:
            return form | {"grant_type": "client_credentials"}
        newest = await self._redis.get(self._kept)
        return form | {"grant_type": "refresh_token", "refresh_token": str(newest or own.refresh_token)}

    @property
    def _kept(self) -> str:
        return keys.mail_sign_in(self.sign_in.name)

    async def _ask(self, form: dict[str, str]) -> dict[str, Any]:
        headers = {"Accept": "application/json"}
        try:
            async with self._session.post(
                self.sign_in.token_url, data=form, headers=headers, timeout=TIMEOUT, allow_redirects=False
            ) as answer:
                status, found = answer.status, json_object(await answer.read())
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise SignInFailed(
                f"the identity provider gave no answer: {type(error).__name__}", permanent=False
            ) from error
        if status == 200:
            return found
        told = " ".join(f"{found.get('error') or ''} {found.get('error_description') or ''}".split())
        for secret in (form.get("client_secret"), form.get("refresh_token")):
            told = told.replace(secret, "…") if secret else told
        later = status in (408, 429) or status >= 500
        raise SignInFailed(
            f"the identity provider refused the sign-in ({status}): {told[:200]}".rstrip(" :"), permanent=not later
        )


def _seconds(raw: Any) -> float:
    try:
        return max(1.0, float(raw))
    except (TypeError, ValueError):
        return SHORT_LIFE
