"""A shop's page on another origin, in Chromium: it reads the chat's errors and the wait;
a stranger's page reads nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from playwright.async_api import Page, async_playwright

from bot.errors import Refused
from bot.web.origins import Origins
from bot.web.server import tell_errors
from tests.browser.test_story import ARGUMENTS
from tests.conftest import free_port, tool

ASK = """async ([url, size]) => {
  const asked = {method: "POST", headers: {"Content-Type": "application/json"}, body: "x".repeat(size)};
  const answer = await fetch(url, asked).catch(error => null);
  return answer && [answer.status, (await answer.json()).error.code, answer.headers.get("Retry-After")];
}"""


async def served(app: web.Application, port: int) -> web.AppRunner:
    runner = web.AppRunner(app, shutdown_timeout=0.2)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    return runner


@pytest.fixture
async def doors() -> AsyncIterator[tuple[str, str, str]]:
    """Addresses of the chat, of a shop that may embed it, and of a stranger."""
    ports = [free_port() for _ in range(3)]
    chat, shop, stranger = (f"http://127.0.0.1:{port}" for port in ports)
    origins = Origins([shop])
    app = web.Application(middlewares=[tell_errors], client_max_size=1000)
    origins.add_to(app)

    async def busy(request: web.Request) -> web.Response:
        await request.read()
        raise Refused("too_soon", "Wait.", status=429, retry_after=7)

    async def broken(request: web.Request) -> web.Response:
        raise LookupError

    for path, handler in {"/chat/busy": busy, "/chat/broken": broken}.items():
        app.router.add_post(path, handler)
        app.router.add_options(path, origins.preflight)

    async def page(request: web.Request) -> web.Response:
        return web.Response(text="<title>shop</title>", content_type="text/html")

    others = [web.Application() for _ in range(2)]
    for other in others:
        other.router.add_get("/", page)
    runners = [await served(one, port) for one, port in zip((app, *others), ports, strict=True)]
    yield chat, shop, stranger
    for runner in runners:
        await runner.cleanup()


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=tool("chromium"), args=ARGUMENTS)
        yield await browser.new_page()
        await browser.close()


async def test_errors_are_read_by_the_shop_s_page_and_by_no_stranger_s(page: Page, doors: tuple[str, str, str]) -> None:
    chat, shop, stranger = doors
    asks = {
        ("/chat/busy", 2): [429, "too_soon", "7"],
        ("/chat/busy", 2000): [413, "body_too_large", None],
        ("/chat/broken", 2): [500, "failed", None],
    }
    await page.goto(shop)
    for (path, size), told in asks.items():
        assert await page.evaluate(ASK, [chat + path, size]) == told
    await page.goto(stranger)
    for path, size in asks:
        assert await page.evaluate(ASK, [chat + path, size]) is None
