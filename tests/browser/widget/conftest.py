"""The widget in Chromium against a server that speaks the chat protocol and can fail on demand."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright

from tests.browser.widget.room import ARGUMENTS
from tests.browser.widget_server import ChatServer
from tests.conftest import tool


@pytest_asyncio.fixture(loop_scope="module")
async def server() -> AsyncIterator[ChatServer]:
    server = ChatServer()
    runner = await server.start()
    yield server
    await runner.cleanup()


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=tool("chromium"), args=ARGUMENTS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="module")
async def page(browser: Browser, server: ChatServer) -> AsyncIterator[Page]:
    # Without motion: what is measured must not depend on how far an animation has come.
    options = {"viewport": {"width": 1280, "height": 800}, "locale": "en", "reduced_motion": "reduce"}
    context = await browser.new_context(**options)
    page = await context.new_page()
    page.set_default_timeout(10_000)
    await page.goto(f"{server.url}/?lang=en")
    yield page
    await context.close()
