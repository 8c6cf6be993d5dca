"""Who is this customer? An identity is an address on a channel, ``telegram:4711``; it leads to one customer id."""

from __future__ import annotations

import json
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt

from bot import keys
from bot.errors import Refused
from runtime.redis import Redis
from tickets.contracts import CustomerCard

SESSION_LIFE = timedelta(days=90)


def new_customer_id() -> str:
    return f"cus_{secrets.token_hex(10)}"


class Identities:
    def __init__(self, redis: Redis, session_secret: str, web_identity_secret: str) -> None:
        self.redis = redis
        self._session_secret = session_secret
        self._web_identity_secret = web_identity_secret

    async def customer_of(self, channel: str, address: str, *, verified_how: str = "", name: str = "") -> str:
        """The customer behind an address; made on first sight. Two first sights at once agree on one customer."""
        key = keys.identity(channel, address)
        known = await self.redis.get(key)
        if known:
            return str(known)
        candidate = new_customer_id()
        if not await self.redis.set(key, candidate, nx=True):
            return str(await self.redis.get(key))
        await self._remember(candidate, channel, address, verified_how, name)
        return candidate

    async def _remember(self, customer_id: str, channel: str, address: str, verified_how: str, name: str) -> None:
        proof = {
            "identity": f"{channel}:{address}",
            "channel": channel,
            "verified": bool(verified_how),
            "verified_how": verified_how,
            "verified_at": datetime.now(UTC).isoformat(),
        }
        card = keys.Keys(customer_id).customer
        await self.redis.hset(card, mapping={f"identity:{channel}:{address}": json.dumps(proof), "name": name})

    async def card(self, customer_id: str) -> CustomerCard:
        """The customer as an agent sees them."""
        fields = await self.redis.hgetall(keys.Keys(customer_id).customer)
        proofs = tuple(json.loads(value) for field, value in fields.items() if field.startswith("identity:"))
        return CustomerCard(id=customer_id, name=fields.get("name", ""), identities=proofs)

    async def open_session(self, identity_token: str | None) -> tuple[str, str, datetime]:
        """``(token, customer_id, expires_at)`` for a web visitor, or for a customer whom the host site has signed."""
        if identity_token is None:
            customer_id = await self.customer_of("web", f"visitor-{secrets.token_hex(12)}")
        else:
            claims = self._verify_identity(identity_token)
            customer_id = await self.customer_of(
                "web",
                str(claims["sub"]),
                verified_how="signed by the host site",
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
