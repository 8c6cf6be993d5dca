"""A page of another site reads what the chat's doors answer, errors too; a site that is not allowed reads nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bot.errors import Refused
from bot.web.origins import Origins
from bot.web.server import tell_errors

SHOP, STRANGER = "https://shop.example", "https://stranger.example"


@pytest.fixture
async def client() -> AsyncIterator[TestClient]:
    origins = Origins([SHOP])
    app = web.Application(middlewares=[tell_errors], client_max_size=1000)
    origins.add_to(app)

    async def busy(request: web.Request) -> web.Response:
        raise Refused("too_many", "Wait.", status=429, retry_after=7)

    async def broken(request: web.Request) -> web.Response:
        raise ZeroDivisionError("a secret of ours")

    async def away(request: web.Request) -> web.Response:
        raise ConnectionResetError

    async def read(request: web.Request) -> web.Response:
        origins.check(request)
        return web.json_response({"bytes": len(await request.read())})

    for path, handler in {"busy": busy, "broken": broken, "away": away, "read": read}.items():
        app.router.add_post(f"/chat/{path}", handler)
    app.router.add_options("/chat/read", origins.preflight)
    app.router.add_get("/other", read)
    async with TestClient(TestServer(app)) as client:
        yield client


@pytest.mark.parametrize(
    ("path", "size", "status", "code"),
    [
        ("/chat/busy", 0, 429, "too_many"),
        ("/chat/broken", 0, 500, "failed"),
        ("/chat/away", 0, 503, "try_again"),
        ("/chat/read", 2000, 413, "body_too_large"),
        ("/chat/nothing", 0, 404, None),
        ("/chat/read", 10, 200, None),
    ],
)
async def test_the_shop_s_page_reads_every_answer(
    client: TestClient, path: str, size: int, status: int, code: str | None
) -> None:
    async with client.post(path, data=b"x" * size, headers={"Origin": SHOP}) as answer:
        assert answer.status == status
        assert answer.headers["Access-Control-Allow-Origin"] == SHOP
        assert "Origin" in answer.headers["Vary"]
        if code:
            told = await answer.json()
            assert told["error"]["code"] == code
            assert "secret of ours" not in str(told)


async def test_the_wait_can_be_read_by_the_page(client: TestClient) -> None:
    async with client.post("/chat/busy", headers={"Origin": SHOP}) as answer:
        assert answer.headers["Retry-After"] == "7"
        assert "Retry-After" in answer.headers["Access-Control-Expose-Headers"]


async def test_a_stranger_is_refused_and_reads_nothing(client: TestClient) -> None:
    for path, status in (("/chat/read", 403), ("/chat/broken", 500)):
        async with client.post(path, headers={"Origin": STRANGER}) as answer:
            assert answer.status == status
            assert "Access-Control-Allow-Origin" not in answer.headers
    async with client.options("/chat/read", headers={"Origin": STRANGER}) as answer:
        assert answer.status == 403


async def test_a_browser_s_question_beforehand_is_answered(client: TestClient) -> None:
    async with client.options("/chat/read", headers={"Origin": SHOP}) as answer:
        assert (answer.status, answer.headers["Access-Control-Allow-Headers"]) == (204, "Content-Type")


async def test_other_doors_are_not_for_other_sites(client: TestClient) -> None:
    async with client.get("/other", headers={"Host": "shop.example", "Origin": SHOP}) as answer:
        assert "Access-Control-Allow-Origin" not in answer.headers
