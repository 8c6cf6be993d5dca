"""Who is this customer? An identity is an address on a channel, ``telegram:4711``; it leads to one customer id."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt

from bot import keys
from bot.errors import Refused
from bot.threads import root
from runtime.redis import Redis
from tickets.contracts import CustomerCard

SESSION_LIFE = timedelta(days=90)
#: How an identity was proven that came in a JWT of the host site.
SIGNED = "signed by the host site"


def new_customer_id() -> str:
    return f"cus_{secrets.token_hex(10)}"


class Identities:
    """From an address or a session to the customer, and what is known of them."""

    def __init__(self, redis: Redis, session_secret: str, web_identity_secret: str) -> None:
        self.redis = redis
        self._session_secret = session_secret
        self._web_identity_secret = web_identity_secret

    async def customer_of(self, channel: str, address: str, *, verified_how: str = "", name: str = "") -> str:
        """The customer behind an address, who has their thread now; made on first sight."""
        return await root(self.redis, await self.home_of(channel, address, verified_how=verified_how, name=name))

    async def home_of(self, channel: str, address: str, *, verified_how: str = "", name: str = "") -> str:
        """The customer whom an address belongs to, whatever they were merged into: that never changes.

        Two first sights at once agree on one customer.
        """
        key = keys.identity(channel, address)
        known = await self.redis.get(key)
        if known:
            return str(known)
        # The card first: an address must never lead to a customer who does not know it.
        candidate = new_customer_id()
        own = keys.Keys(candidate)
        await self.redis.hset(own.customer, mapping=_first_card(channel, address, verified_how, name))
        if await self.redis.set(key, candidate, nx=True):
            return candidate
        await self.redis.delete(own.customer)
        return str(await self.redis.get(key))

    async def note_check(self, customer_id: str, channel: str, address: str, found: str) -> None:
        """Notes what was found out about who wrote last from an address;
        it is no proof, and stands beside the identity."""
        await self.redis.hset(keys.Keys(customer_id).customer, f"check:{channel}:{address}", found)

    async def prove(self, customer_id: str, channel: str, address: str, how: str) -> None:
        """Notes the proof of an address that is the customer's already."""
        field = f"identity:{channel}:{address}"
        await self.redis.hset(keys.Keys(customer_id).customer, field, proven(field, how, datetime.now(UTC).isoformat()))

    async def card(self, customer_id: str) -> CustomerCard:
        """The customer as an agent sees them."""
        return card_of(customer_id, await self.redis.hgetall(keys.Keys(customer_id).customer))

    async def open_session(self, identity_token: str | None) -> tuple[str, str, datetime]:
        """``(token, customer_id, expires_at)`` for a web visitor, or for a customer whom the host site has signed.

        The token names the customer of the session itself: after an undone merge it leads back to them.
        """
        if identity_token is None:
            customer_id = await self.home_of("web", f"visitor-{secrets.token_hex(12)}")
        else:
            claims = self._verify_identity(identity_token)
            customer_id = await self.home_of(
                "web",
                str(claims["sub"]),
                verified_how=SIGNED,
                name=str(claims.get("name", ""))[:120],
            )
        expires_at = datetime.now(UTC) + SESSION_LIFE
        token = jwt.encode({"cid": customer_id, "exp": expires_at}, self._session_secret, algorithm="HS256")
        return token, customer_id, expires_at

    def _verify_identity(self, token: str) -> dict[str, Any]:
        if not self._web_identity_secret:
            raise Refused(
                "identity_off", "Signed identities are off. Set WEB_IDENTITY_SECRET to the host site's secret."
            )
        try:
            options: Any = {"require": ["exp", "sub"]}
            return dict(jwt.decode(token, self._web_identity_secret, algorithms=["HS256"], options=options))
        except jwt.PyJWTError as error:
            raise Refused("identity_invalid", f"The identity token is not valid: {error}.", status=401) from error

    def customer_of_session(self, token: str) -> str:
        """The customer id in a session token.

        Raises `Refused` when the token is forged or expired.
        """
        try:
            claims = jwt.decode(token, self._session_secret, algorithms=["HS256"], options={"require": ["exp", "cid"]})
        except jwt.ExpiredSignatureError as error:
            raise Refused("session_expired", "This session has expired. Open a new one.", status=401) from error
        except jwt.PyJWTError as error:
            raise Refused(
                "session_invalid", "This session token is not valid. Open a new session.", status=401
            ) from error
        return str(claims["cid"])


def card_of(customer_id: str, fields: Mapping[str, str]) -> CustomerCard:
    """The card from its HASH."""
    proofs = tuple(_proof(field, fields) for field in fields if field.startswith("identity:"))
    consents = {
        field.removeprefix("consent:"): json.loads(value)
        for field, value in fields.items()
        if field.startswith("consent:")
    }
    return CustomerCard(id=customer_id, name=fields.get("name", ""), identities=proofs, consents=consents)


def _proof(field: str, fields: Mapping[str, str]) -> dict[str, Any]:
    check = fields.get(f"check:{field.removeprefix('identity:')}")
    return {**json.loads(fields[field]), **({"sender_check": check} if check else {})}


def addresses_of(fields: Mapping[str, str]) -> dict[str, str]:
    """Field of a card -> channel, of each identity."""
    return {field: field.split(":")[1] for field in fields if field.startswith("identity:")}


def proven(field: str, how: str, at: str) -> str:
    """An identity of a card as stored, with its proof."""
    _, channel, address = field.split(":", 2)
    known = {"identity": f"{channel}:{address}", "channel": channel, "verified": bool(how)}
    return json.dumps(known | {"verified_how": how, "verified_at": at})


def _first_card(channel: str, address: str, how: str, name: str) -> dict[str, str]:
    field = f"identity:{channel}:{address}"
    return {field: proven(field, how, datetime.now(UTC).isoformat()), "name": name}
