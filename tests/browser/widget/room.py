"""What the widget's tests do on the page, and where its parts are."""

from __future__ import annotations

from playwright.async_api import Page, expect

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
LAUNCHER = "faden-chat button.launcher"
TEXT = "faden-chat textarea"
BUBBLES = "faden-chat .bubble"
ELSEWHERE = "faden-chat .elsewhere"


async def open_chat(page: Page) -> None:
    await page.click(LAUNCHER)
    await expect(page.locator(TEXT)).to_be_focused()


async def write(page: Page, text: str) -> None:
    await page.fill(TEXT, text)
    await page.press(TEXT, "Enter")


async def texts(page: Page) -> list[str]:
    return await page.locator(BUBBLES).all_inner_texts()


async def go_on_elsewhere(page: Page) -> None:
    await page.get_by_role("button", name="Continue elsewhere").first.click()
    await expect(page.locator("faden-chat h3")).to_be_focused()
