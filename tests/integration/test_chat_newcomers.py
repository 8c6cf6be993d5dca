"""New chats by address: a script runs dry, other addresses do not notice, and who is known already is let in."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import jwt
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer, make_mocked_request

from bot.errors import Refused
from bot.identity import Identities
from bot.web.chat import Chat
from bot.web.newcomers import Newcomers
from bot.web.server import tell_errors
from runtime.proxies import Proxies
from runtime.redis import Redis

SITE = "the-secret-of-the-host-site-and-ours"
MOST = 3


async def opened(redis: Redis, per_hour: int, proxies: tuple[str, ...]) -> TestClient:
    identities = Identities(redis, "x" * 32, SITE)
    rest = cast(Any, SimpleNamespace())
    chat = Chat(identities, rest, rest, rest, [], newcomers=Newcomers(redis, Proxies(proxies), per_hour))
    app = web.Application(middlewares=[tell_errors])
    chat.add_routes(app)
    client: TestClient = TestClient(TestServer(app))
    await client.start_server()
    return client


@pytest.fixture
async def client(redis: Redis) -> AsyncIterator[TestClient]:
    client = await opened(redis, MOST, ("127.0.0.1",))
    yield client
    await client.close()


async def begin(client: TestClient, address: str, **body: str) -> tuple[int, Any, int]:
    async with client.post("/chat/sessions", json=body, headers={"X-Forwarded-For": address}) as answer:
        return answer.status, await answer.json(), int(answer.headers.get("Retry-After", 0))


async def test_one_address_runs_dry_and_is_told_when_to_come_back_while_others_go_on(client: TestClient) -> None:
    for _ in range(MOST):
        assert (await begin(client, "198.51.100.1"))[0] == 201
    status, answer, wait = await begin(client, "198.51.100.1")
    assert (status, answer["error"]["code"]) == (429, "too_many")
    assert 0 < wait <= 3600 / MOST
    assert (await begin(client, "198.51.100.2"))[0] == 201


async def test_an_address_that_is_only_written_into_the_header_counts_for_nothing(redis: Redis) -> None:
    newcomers = Newcomers(redis, Proxies(()), MOST)

    def asked(number: int) -> web.Request:
        headers = {"X-Forwarded-For": f"198.51.100.{number}"}
        return cast(web.Request, make_mocked_request("POST", "/chat/sessions", headers).clone(remote="203.0.113.9"))

    for number in range(MOST):
        await newcomers.admit(asked(number))
    with pytest.raises(Refused, match="Too many new chats"):
        await newcomers.admit(asked(MOST))


async def test_the_machine_itself_is_let_in(redis: Redis) -> None:
    client = await opened(redis, MOST, ())
    told = {(await begin(client, "198.51.100.1"))[0] for _ in range(MOST + 1)}
    await client.close()
    assert told == {201}


async def test_who_the_host_site_has_signed_is_let_in_all_the_same(client: TestClient) -> None:
    for _ in range(MOST + 1):
        await begin(client, "198.51.100.1")
    claims = {"sub": "user-1", "exp": datetime.now(UTC) + timedelta(minutes=5)}
    status, _, _ = await begin(client, "198.51.100.1", identity=jwt.encode(claims, SITE, algorithm="HS256"))
    assert status == 201


async def test_zero_lets_in_everybody(redis: Redis) -> None:
    client = await opened(redis, 0, ())
    told = {(await begin(client, "198.51.100.1"))[0] for _ in range(10)}
    await client.close()
    assert told == {201}
