"""One customer, one thread: web, then Telegram by its link, then e-mail;
an agent answers where the customer wrote last.

In Chromium, against the real processes and the simulated platforms, through the playground, in both languages.
Pictures of each stage go where those of the main story go.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, async_playwright

from tests.browser.omnichannel import Story
from tests.browser.test_story import ARGUMENTS
from tests.conftest import tool
from tests.stack import Stack


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=tool("chromium"), args=ARGUMENTS)
        yield browser
        await browser.close()


@pytest.mark.timeout(180)
@pytest.mark.parametrize("language", ["de", "en"])
async def test_a_customer_goes_from_web_to_telegram_to_mail_and_repeats_nothing(
    browser: Browser, stack: Stack, language: str
) -> None:
    customer = Story(browser, stack, language)
    await customer.begins_on_telegram_and_asks_on_the_web()
    await customer.joins_telegram()
    await customer.is_remembered_on_telegram()
    await customer.joins_the_mailbox_and_asks_there_for_a_person()
    await customer.is_one_thread_at_the_desk()
    await customer.is_answered_where_they_wrote_last()
    await customer.end()
