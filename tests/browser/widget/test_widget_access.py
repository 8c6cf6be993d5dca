"""The widget for who listens to it, reads from right to left, has a low screen or colours of their own."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from tests.browser.lines import EXPECTED, MIXED, RUNS
from tests.browser.widget.room import open_chat, write
from tests.browser.widget_server import ChatServer

#: One browser for all tests here; each has pages and storage of its own.
pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_each_line_runs_as_its_words_do(page: Page, server: ChatServer) -> None:
    await open_chat(page)
    await write(page, MIXED)
    await expect(page.locator("faden-chat .sent")).to_be_visible()
    assert await page.locator("faden-chat .plain").evaluate(RUNS) == EXPECTED
