"""An agent's file reaches the customer where they are: the web chat, then the Telegram phone,
through the real processes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.browser.omnichannel import phone, type_on
from tests.browser.test_story import ARGUMENTS, context, logged_in, open_ticket, picture, reference, write
from tests.conftest import tool
from tests.contract.test_outward_files import PDF, PNG
from tests.stack import Stack

ASK = "I would like to talk to a person."


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=tool("chromium"), args=ARGUMENTS)
        yield browser
        await browser.close()


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    (tmp_path / "cup.png").write_bytes(PNG)
    (tmp_path / "invoice.pdf").write_bytes(PDF)
    return [str(tmp_path / "cup.png"), str(tmp_path / "invoice.pdf")]


async def answer_with_files(agent: Page, channel: str, files: list[str], text: str) -> None:
    """Takes the newest ticket that came over this channel and replies."""
    await open_ticket(agent, ASK)
    await expect(agent.locator(".message.customer", has_text=ASK)).to_contain_text(channel)
    await agent.click("[data-action=claim]")
    await agent.set_input_files("#attach", files)
    await expect(agent.locator(".held.ready")).to_have_count(len(files))
    await agent.fill("#compose", text)
    await picture(agent, f"files-desk-{channel.split()[0].lower()}")
    await agent.press("#compose", "Enter")
    await expect(agent.locator(".message.agent .state")).to_contain_text("Sent")


async def loaded(page: Page, selector: str) -> None:
    """The picture is there and is one."""
    image = page.locator(selector).first
    await expect(image).to_be_visible()
    await expect(image).to_have_js_property("naturalWidth", 1)


@pytest.mark.timeout(120)
async def test_a_picture_and_a_document_reach_the_web_chat(browser: Browser, stack: Stack, files: list[str]) -> None:
    page = await (await context(browser, "en", 1280, 900)).new_page()
    await page.goto(f"{stack.bot_url}/?lang=en")
    await page.click("faden-chat button.launcher")
    await write(page, ASK)
    await expect(page.locator("faden-chat .message.system", has_text="ticket number").first).to_be_visible()
    agent = await logged_in(browser, stack, "en")
    await answer_with_files(agent, "Web chat", files, "Your cup and its invoice.")
    await expect(
        page.locator("faden-chat .message.agent .bubble", has_text="Your cup and its invoice.")
    ).to_be_visible()
    await loaded(page, "faden-chat .message.agent a.picture img")
    link = page.locator("faden-chat .message.agent a.file", has_text="invoice.pdf")
    await expect(link).to_be_visible()
    got = await page.request.get(await link.evaluate("one => one.href"))
    assert (got.status, await got.body(), got.headers["content-type"]) == (200, PDF, "application/pdf")
    await picture(page, "files-web")
    for one in (page, agent):
        await one.context.close()


@pytest.mark.timeout(120)
async def test_a_picture_and_a_document_reach_the_telegram_phone(
    browser: Browser, stack: Stack, files: list[str]
) -> None:
    page = await (await context(browser, "en", 1440, 900)).new_page()
    await page.goto(f"{stack.bot_url}/?lang=en")
    await type_on(page, "telegram", ASK)
    await expect(phone(page, "telegram").filter(has_text="ticket number")).to_be_visible()
    agent = await logged_in(browser, stack, "en")
    await answer_with_files(agent, "Telegram", files, "Here they are.")
    await expect(phone(page, "telegram").filter(has_text="Here they are.").locator("img")).to_be_visible()
    await loaded(page, "#phone-telegram .said.business img")
    document = page.locator("#phone-telegram .said.business a.file", has_text="invoice.pdf")
    await expect(document).to_be_visible()
    got = await page.request.get(await document.evaluate("one => one.href"))
    assert (got.status, await got.body()) == (200, PDF)
    await document.scroll_into_view_if_needed()
    await picture(page, "files-telegram")
    for one in (page, agent):
        await one.context.close()


@pytest.mark.timeout(120)
async def test_a_customer_s_picture_and_document_in_the_web_chat_reach_the_desk(
    browser: Browser, stack: Stack, tmp_path: Path
) -> None:
    (tmp_path / "Tasse schön.png").write_bytes(PNG)
    (tmp_path / "invoice.pdf").write_bytes(PDF)
    page = await (await context(browser, "en", 1280, 900)).new_page()
    await page.goto(f"{stack.bot_url}/?lang=en")
    await page.click("faden-chat button.launcher")
    await write(page, ASK)
    await expect(page.locator("faden-chat .message.system", has_text="ticket number").first).to_be_visible()
    ref = await reference(page)
    await page.set_input_files("faden-chat input[type=file]", [tmp_path / "Tasse schön.png", tmp_path / "invoice.pdf"])
    await expect(page.locator("faden-chat .holding .ready")).to_have_count(2)
    await write(page, "This is what came.")
    await loaded(page, "faden-chat .message.customer a.picture img")
    agent = await logged_in(browser, stack, "en")
    await agent.goto(f"{stack.desk_url}/#{ref}")
    said = agent.locator(".message.customer", has_text="This is what came.")
    await expect(said.get_by_role("img", name="Tasse schön.png")).to_be_visible()
    await loaded(agent, ".message.customer .picture img")
    await expect(said.get_by_role("link", name="invoice.pdf")).to_be_visible()
    for one in (page, agent):
        await one.context.close()
