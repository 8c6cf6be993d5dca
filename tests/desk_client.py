"""An agent at the desk, as a program: the public API with a session cookie and its CSRF token."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

import aiohttp


class Agent:
    def __init__(self, desk_url: str) -> None:
        self.url = f"{desk_url}/api/v1"
        self.session = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))
        self.csrf = ""

    async def log_in(self, email: str, password: str) -> Agent:
        answer = await self.call("POST", "/session", {"email": email, "password": password})
        self.csrf = answer["csrf"]
        return self

    async def call(
        self, method: str, path: str, body: dict[str, Any] | None = None, *, expect: int | None = None
    ) -> Any:
        """The JSON of the answer. Raises `AssertionError` unless the status is `expect`, or 2xx without it."""
        headers = {"X-CSRF-Token": self.csrf}
        async with self.session.request(method, self.url + path, json=body, headers=headers) as answer:
            told = await answer.text()
            assert answer.status == expect if expect else answer.status < 300, (
                f"{method} {path}: {answer.status} {told}"
            )
            return await answer.json() if told else None

    async def tickets(self, **query: str) -> list[dict[str, Any]]:
        wanted = "&".join(f"{name}={value}" for name, value in query.items())
        return list((await self.call("GET", f"/tickets?{wanted}"))["items"])

    async def ticket(self, ref: str) -> dict[str, Any]:
        return dict(await self.call("GET", f"/tickets/{ref}"))

    async def act(self, ref: str, action: str) -> Any:
        return await self.call("POST", f"/tickets/{ref}/{action}", {})

    async def reply(self, ref: str, text: str, client_id: str | None = None, private: bool = False) -> Any:
        body = {"client_id": client_id or str(uuid.uuid4()), "text": text, "private": private}
        return await self.call("POST", f"/tickets/{ref}/messages", body)

    async def ticket_of(self, customer_id: str, timeout: float = 20) -> dict[str, Any]:
        """The customer's ticket, once it has reached the desk."""
        async with asyncio.timeout(timeout):
            while True:
                for found in await self.tickets(status="open"):
                    if found["customer"]["id"] == customer_id:
                        return found
                await asyncio.sleep(0.1)

    async def close(self) -> None:
        await self.session.close()
