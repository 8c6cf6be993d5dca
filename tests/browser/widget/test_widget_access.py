"""The widget for who listens to it, reads from right to left, has a low screen or colours of their own."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from tests.browser.lines import EXPECTED, MIXED, RUNS
from tests.browser.widget.room import TEXT, open_chat, write
from tests.browser.widget_server import ChatServer

#: One browser for all tests here; each has pages and storage of its own.
pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_each_line_runs_as_its_words_do(page: Page, server: ChatServer) -> None:
    await open_chat(page)
    await write(page, MIXED)
    await expect(page.locator("faden-chat .sent")).to_be_visible()
    assert await page.locator("faden-chat .plain").evaluate(RUNS) == EXPECTED


async def test_on_a_low_screen_the_chat_takes_all_of_it_and_the_talk_can_be_read(
    page: Page, server: ChatServer
) -> None:
    await page.set_viewport_size({"width": 640, "height": 400})
    await open_chat(page)
    assert await page.locator("faden-chat .panel").bounding_box() == {"x": 0, "y": 0, "width": 640, "height": 400}
    log = await page.locator("faden-chat .scroll").bounding_box()
    assert log and log["height"] > 400 / 3
    await expect(page.locator(TEXT)).to_be_in_viewport(ratio=1)
