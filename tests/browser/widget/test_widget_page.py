"""The widget on a page: who answers, what is unread, keys and focus, phones, hostile styles, and axe."""

from __future__ import annotations

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, expect

from tests.browser.widget.room import LAUNCHER, TEXT, open_chat, write
from tests.browser.widget_server import ChatServer

#: One browser for all tests here; each has pages and storage of its own.
pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_unread_messages_are_counted_until_seen(page: Page, server: ChatServer) -> None:
    await open_chat(page)
    await write(page, "Hello")
    await expect(page.locator("faden-chat .sent")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.locator(LAUNCHER)).to_be_focused()
    await server.say("agent", "Are you there?", author_name="Mia")
    await expect(page.locator("faden-chat .unread")).to_have_text("1")
    await page.click(LAUNCHER)
    await expect(page.locator("faden-chat .unread")).to_be_hidden()
    await server.heard({"type": "seen", "cursor": "2-0"})


async def test_the_header_tells_who_answers_and_what_to_expect(page: Page, server: ChatServer) -> None:
    await open_chat(page)
    await page.click("faden-chat .person")
    await expect(page.locator("faden-chat .sent")).to_be_visible()
    await server.own("queue", {"ref": "F-1", "position": 3, "eta_minutes": 6})
    told = "You are number 3 in the queue · about 6 minutes · F-1"
    await expect(page.locator("faden-chat #promise")).to_have_text(told)
    await server.own("agent", {"ref": "F-1", "position": None, "eta_minutes": None})
    await server.say("agent", "Hello", author_name="Mia Berg")
    await expect(page.locator("faden-chat h2")).to_have_text("Mia Berg")


async def test_shift_enter_breaks_the_line_and_the_composer_grows(page: Page, server: ChatServer) -> None:
    await open_chat(page)
    low = (await page.locator(TEXT).bounding_box() or {})["height"]
    for key in ("a", "Shift+Enter", "b", "Shift+Enter", "c"):
        await page.press(TEXT, key)
    assert (await page.locator(TEXT).bounding_box() or {})["height"] > low
    await page.press(TEXT, "Enter")
    await expect(page.locator("faden-chat .sent")).to_be_visible()
    assert server.messages[0]["text"] == "a\nb\nc"


async def test_a_shop_page_with_hostile_styles_does_not_reach_the_widget(page: Page, server: ChatServer) -> None:
    await page.goto(f"{server.url}/shop")
    await open_chat(page)
    await expect(page.locator("faden-chat #promise")).to_have_text("Ein Bot, antwortet meist sofort")
    size, ground = await page.locator("faden-chat .send").evaluate(
        "button => [getComputedStyle(button).fontSize, getComputedStyle(button).backgroundColor]"
    )
    assert (size, ground) == ("15px", "rgb(91, 33, 182)")
    assert await page.locator("faden-chat .panel").evaluate("one => getComputedStyle(one).direction") == "ltr"


async def test_the_sheet_on_a_phone_covers_the_page_and_keeps_the_focus(page: Page, server: ChatServer) -> None:
    await page.set_viewport_size({"width": 360, "height": 740})
    await open_chat(page)
    box = await page.locator("faden-chat .panel").bounding_box()
    assert box == {"x": 0, "y": 0, "width": 360, "height": 740}
    for _ in range(8):
        await page.keyboard.press("Tab")
        assert await page.evaluate("document.activeElement.localName") == "faden-chat"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/?lang=de", "/help/de/", "/help/de/?q=versand", "/help/de/versand", "/help/en/none"])
async def test_axe_finds_nothing(browser: Browser, server: ChatServer, scheme: str, path: str) -> None:
    page = await browser.new_page(color_scheme=scheme, reduced_motion="reduce", bypass_csp=True)
    await page.goto(server.url + path)
    await open_chat(page)
    await write(page, "Hallo")
    await expect(page.locator("faden-chat .sent")).to_be_visible()
    article = {"title": "Versand", "url": "/help/de/versand"}
    await server.say("bot", "Meinten Sie", choices=[{"title": "Versand", "payload": "/a"}], article=article)
    await server.say("agent", "Guten Tag https://example.org/x", author_name="Mia", channel="telegram")
    await server.say("system", "F-1")
    server.refuse = "message_too_long"
    await write(page, "zu lang")
    await expect(page.locator("faden-chat .failed")).to_be_visible()
    found = await Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    await page.close()
