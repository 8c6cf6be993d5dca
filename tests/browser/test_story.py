"""The main story in Chromium against the real processes, customer and agent side by side, in both languages.

Pictures of each stage go to ``var/screenshots`` (or the folder named by FADEN_PICTURES, for those of the README).
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from tests.conftest import tool
from tests.stack import ADMIN, PASSWORD, ROOT, Stack

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
PICTURES = Path(os.environ.get("FADEN_PICTURES", ROOT / "var" / "screenshots"))


@dataclass(frozen=True)
class Words:
    """What is said in one language, and what the pages must show in it."""

    question: str
    anger: str
    reply: str
    after: str
    log_in: str
    assistant: str
    reference: str


WORDS = {
    "de": Words(
        question="Wie lange kann ich etwas zurückgeben?",
        anger="Das ist eine UNVERSCHÄMTHEIT!!! Seit drei Wochen warte ich auf mein Geld und niemand antwortet mir!",
        reply="Guten Tag, es tut mir leid. Ich habe Ihre Erstattung eben angewiesen.",
        after="Wie kann ich bezahlen?",
        log_in="Anmelden",
        assistant="Assistent",
        reference="Ticketnummer",
    ),
    "en": Words(
        question="How long do I have to send something back?",
        anger="This is OUTRAGEOUS!!! I have been waiting three weeks for my money and nobody answers me!",
        reply="Hello, I am sorry about this. I have just released your refund.",
        after="Which ways to pay are there?",
        log_in="Log in",
        assistant="Assistant",
        reference="ticket number",
    ),
}


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=tool("chromium"), args=ARGUMENTS)
        yield browser
        await browser.close()


async def context(browser: Browser, language: str, width: int = 1280, height: int = 800) -> BrowserContext:
    context = await browser.new_context(
        locale=language, viewport={"width": width, "height": height}, reduced_motion="reduce"
    )
    context.set_default_timeout(20_000)
    return context


async def picture(page: Page, name: str) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    await page.screenshot(path=PICTURES / f"{name}.png")


async def write(page: Page, text: str) -> None:
    await page.fill("faden-chat textarea", text)
    await page.press("faden-chat textarea", "Enter")


def heard(page: Page, author: str):  # type: ignore[no-untyped-def]
    return page.locator(f"faden-chat .message.{author} .bubble")


async def reference(page: Page) -> str:
    """The ticket's, from the header of the chat, where it stands a moment after the thread tells of it."""
    promise = page.locator("faden-chat #promise")
    await expect(promise).to_contain_text("· F-")
    return (await promise.inner_text()).rpartition("· ")[2]


async def open_ticket(agent: Page, words: str) -> None:
    """The first in the list with these last words; where it arrives only now, behind the button that tells of it."""
    line, news = agent.locator("button.line", has_text=words).first, agent.locator(".news button")
    async with asyncio.timeout(20):
        while not await line.is_visible():
            if await news.is_visible():
                await news.click()
            await agent.wait_for_timeout(50)
    await line.click()


async def logged_in(browser: Browser, stack: Stack, language: str) -> Page:
    page = await (await context(browser, language, 1440, 900)).new_page()
    await page.goto(stack.desk_url)
    await page.fill("input[name=email]", ADMIN)
    await page.fill("input[name=password]", PASSWORD)
    await page.click(f"button:has-text('{WORDS[language].log_in}')")
    await expect(page.locator(".queue")).to_be_visible()
    return page


@pytest.mark.timeout(180)
@pytest.mark.parametrize("language", ["de", "en"])
async def test_question_anger_handoff_reply_and_hand_back(browser: Browser, stack: Stack, language: str) -> None:
    words = WORDS[language]
    customer = await (await context(browser, language)).new_page()
    await customer.goto(f"{stack.bot_url}/?lang={language}")
    await customer.click("faden-chat button.launcher")

    await write(customer, words.question)
    await expect(customer.locator("faden-chat a.article").first).to_be_visible()
    await picture(customer, f"1-answer-{language}")

    await write(customer, words.anger)
    await expect(heard(customer, "system").filter(has_text=words.reference)).to_be_visible()
    ref = await reference(customer)
    await picture(customer, f"2-handed-over-{language}")

    agent = await logged_in(browser, stack, language)
    await open_ticket(agent, words.anger[:30])
    await expect(agent.locator(".packet .part").first).to_be_visible()
    await expect(agent.locator(".message.customer", has_text=words.question)).to_be_visible()
    await picture(agent, f"3-desk-{language}")
    await agent.click("[data-action=claim]")
    await expect(agent.locator("[data-action=reply], [data-action=resolve]")).to_be_visible()
    await expect(customer.locator("faden-chat #promise")).not_to_contain_text(ref)

    await agent.fill("#compose", words.reply)
    await agent.press("#compose", "Enter")
    await expect(heard(customer, "agent")).to_have_text(words.reply)
    before = await heard(customer, "bot").count()
    await write(customer, "OK")
    await expect(agent.locator(".message.customer", has_text="OK")).to_be_visible()
    assert await heard(customer, "bot").count() == before, "the bot keeps silent while a person owns the thread"
    await picture(customer, f"4-person-{language}")

    await agent.locator(".actions button").filter(has_text="Bot").first.click()
    await expect(customer.locator("faden-chat h2")).to_have_text(words.assistant)
    await write(customer, words.after)
    await expect(heard(customer, "bot")).to_have_count(before + 1)
    await expect(customer.locator("faden-chat a.article").nth(1)).to_be_visible()
    await picture(customer, f"5-bot-again-{language}")
    for page in (customer, agent):
        await page.context.close()
