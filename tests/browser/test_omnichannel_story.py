"""One customer, one thread: web, then Telegram by its link, then e-mail; an agent answers where the customer wrote last.

In Chromium, against the real processes and the simulated platforms, through the playground. Pictures of each stage go where
those of the main story go.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Locator, Page, async_playwright, expect

from tests.browser.test_story import ARGUMENTS, context, heard, logged_in, picture, write
from tests.conftest import tool
from tests.stack import Stack

ORDER = "NL-20417"
#: Five processes and a browser on two busy cores: what is awaited may take longer than the usual five seconds.
expect.set_options(timeout=20_000)
REPLY = "Hello Kim, I have asked the parcel service; it comes tomorrow before noon."


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=tool("chromium"), args=ARGUMENTS)
        yield browser
        await browser.close()


def phone(page: Page, channel: str, author: str = "business") -> Locator:
    return page.locator(f"#phone-{channel} .said.{author}")


async def type_on(page: Page, channel: str, text: str) -> None:
    field = page.locator(f"#phone-{channel} form [maxlength]")
    await field.fill(text)
    await field.press("Enter")


async def go_on(page: Page, name: str) -> None:
    """Opens the link to another channel in the chat; in the playground its phone brings the code at once."""
    await page.click("faden-chat .tools button:last-child")
    await page.locator("faden-chat a.way", has_text=name).click()


async def say_yes_on_the_web(page: Page, who: str) -> None:
    asked = page.locator("faden-chat .message.system", has_text=who).last
    await asked.locator("button.choice").first.click()


@pytest.mark.timeout(180)
async def test_a_customer_goes_from_web_to_telegram_to_mail_and_repeats_nothing(browser: Browser, stack: Stack) -> None:
    page = await (await context(browser, "en", 1440, 900)).new_page()
    await page.goto(f"{stack.bot_url}/?lang=en")
    await type_on(page, "telegram", "Hello")
    await expect(phone(page, "telegram")).to_have_count(1)
    await page.click("faden-chat button.launcher")
    await write(page, f"Where is my order {ORDER}?")
    await expect(heard(page, "bot").filter(has_text=ORDER)).to_be_visible()
    await picture(page, "omni-1-web-en")

    await page.click("faden-chat .tools button:last-child")
    await expect(page.locator("faden-chat a.way")).not_to_have_count(0)
    await picture(page, "omni-2-continue-elsewhere-en")
    await page.locator("faden-chat a.way", has_text="Telegram").click()
    await expect(phone(page, "telegram", "customer").last).to_contain_text("FD-")
    await expect(page.locator("#phone-telegram .buttons button")).to_have_count(2)
    await picture(page, "omni-3-confirm-en")
    assert ORDER not in await page.locator("#phone-telegram .log").inner_text(), "nothing is shown before both agree"
    await say_yes_on_the_web(page, "Telegram")
    await page.locator("#phone-telegram .buttons button").first.click()
    await expect(heard(page, "system").filter(has_text="Telegram is now part")).to_be_visible()

    await type_on(page, "telegram", "and when will it arrive?")
    await expect(phone(page, "telegram").filter(has_text=ORDER)).to_be_visible()
    await expect(heard(page, "bot").filter(has_text=ORDER)).to_have_count(2)
    await expect(page.locator("faden-chat .badge", has_text="Telegram").first).to_be_visible()
    await picture(page, "omni-4-telegram-remembers-en")

    await go_on(page, "E-mail")
    await say_yes_on_the_web(page, "E-mail")
    await expect(phone(page, "email").filter(has_text="Yes, connect")).to_be_visible()
    await type_on(page, "email", "1")
    await expect(heard(page, "system").filter(has_text="E-mail is now part")).to_be_visible()
    await type_on(page, "email", "I would like to talk to a person.")
    await expect(phone(page, "email").filter(has_text="ticket number")).to_be_visible()
    await page.locator("#phone-email").scroll_into_view_if_needed()
    await picture(page, "omni-5-mail-asks-for-a-person-en")

    agent = await logged_in(browser, stack, "en")
    ref = (await page.locator("faden-chat #promise").inner_text()).rpartition("· ")[2]
    await agent.locator("button.line", has_text="talk to a person").first.click()
    await expect(agent.locator(".message.customer", has_text=f"Where is my order {ORDER}?")).to_contain_text("Web chat")
    await expect(agent.locator(".message.customer", has_text="when will it arrive")).to_contain_text("Telegram")
    await expect(agent.locator(".message.customer", has_text="talk to a person")).to_contain_text("E-mail")
    assert ref in await agent.content()
    await agent.click("[data-action=claim]")
    await expect(agent.locator("[data-action=reply], [data-action=resolve]")).to_be_visible()
    await agent.fill("#compose", REPLY)
    await picture(agent, "omni-6-one-thread-at-the-desk-en")
    await agent.press("#compose", "Enter")

    await expect(phone(page, "email").filter(has_text=REPLY)).to_be_visible()
    await expect(heard(page, "agent")).to_have_text(REPLY)
    await expect(phone(page, "telegram").filter(has_text=REPLY)).to_have_count(0)
    await picture(page, "omni-7-the-answer-en")
    for one in (page, agent):
        await one.context.close()
