"""The widget for who listens to it, reads from right to left, has a low screen or colours of their own."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.lines import EXPECTED, MIXED, RUNS
from tests.browser.widget.room import LAUNCHER, TEXT, open_chat, write
from tests.browser.widget_server import ChatServer

#: One browser for all tests here; each has pages and storage of its own.
pytestmark = pytest.mark.asyncio(loop_scope="module")

#: A screen reader says what enters the log.
LISTEN = """log => {
  window.said = [];
  new MutationObserver((changes) => {
    for (const { addedNodes } of changes) for (const node of addedNodes) window.said.push(node.textContent);
  }).observe(log, { childList: true, characterData: true, subtree: true });
}"""


async def test_each_message_is_read_out_once(page: Page, server: ChatServer) -> None:
    await open_chat(page)
    await page.locator("faden-chat .log").evaluate(LISTEN)
    await write(page, "Hello there")
    await expect(page.locator("faden-chat .sent")).to_be_visible()
    await server.say("bot", "Which one?", choices=[{"title": "This one", "payload": "/this"}])
    await page.get_by_role("button", name="This one").click()
    await expect(page.locator("faden-chat .sent")).to_be_visible()
    await expect(page.locator("faden-chat .choice")).to_have_count(0)
    await server.say("agent", "Good day", author_name="Mia")
    await expect(page.get_by_text("Good day")).to_be_visible()
    said = await page.evaluate("window.said")
    for words in ("Hello there", "Which one?", "Good day"):
        assert sum(words in one for one in said) == 1, said


async def test_what_comes_while_the_chat_is_shut_is_told(page: Page, server: ChatServer) -> None:
    await open_chat(page)
    await write(page, "Hello")
    await expect(page.locator("faden-chat .sent")).to_be_visible()
    await page.keyboard.press("Escape")
    await server.say("agent", "Are you there?", author_name="Mia")
    told = page.locator("faden-chat [role=status]", has_text="1 unread message")
    await expect(told).to_have_count(1)
    await page.click(LAUNCHER)
    await expect(told).to_have_count(0)


async def test_the_focus_stays_in_the_chat_when_a_button_was_used(page: Page, server: ChatServer) -> None:
    await open_chat(page)
    await server.say("bot", "Which one?", choices=[{"title": "This one", "payload": "/this"}])
    await page.get_by_role("button", name="This one").press("Enter")
    await expect(page.locator("faden-chat .choice")).to_have_count(0)
    await expect(page.locator("faden-chat .scroll")).to_be_focused()
    await page.get_by_role("button", name="Talk to a person").press("Enter")
    await server.own("queue", {"ref": "F-1", "position": 1, "eta_minutes": 1})
    await expect(page.locator("faden-chat .person").first).to_be_hidden()
    await expect(page.locator("faden-chat .scroll")).to_be_focused()


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
    for number in range(16):
        await write(page, f"Line {number}")
    await expect(page.get_by_text("Line 15")).to_be_in_viewport()
    await expect(page.locator(TEXT)).to_be_in_viewport(ratio=1)
    beyond = "panel => panel.scrollHeight - panel.clientHeight"
    assert await page.locator("faden-chat .panel").evaluate(beyond) == 0, (
        "the talk scrolls, the chat around it does not"
    )


async def test_with_colours_of_the_reader_the_buttons_keep_an_edge(browser: Browser, server: ChatServer) -> None:
    page = await browser.new_page(forced_colors="active", reduced_motion="reduce")
    await page.goto(f"{server.url}/?lang=en")
    await open_chat(page)
    for button in (LAUNCHER, "faden-chat .send"):
        edge = await page.locator(button).evaluate("one => parseFloat(getComputedStyle(one).borderTopWidth)")
        assert edge >= 1, button
    await page.close()
