"""Proving an e-mail address in the widget, and choosing where answers shall go:
in words, by keyboard, in both themes."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, expect

from tests.browser.widget.room import ELSEWHERE, go_on_elsewhere, open_chat
from tests.browser.widget_server import ChatServer

#: One browser for all tests here; each has pages and storage of its own.
pytestmark = pytest.mark.asyncio(loop_scope="module")
ADDRESS, CODE = "faden-chat #mail-address", "faden-chat #mail-code"
TROUBLE = f"{ELSEWHERE} .trouble"
KIM = "kim@mailbox.example"


async def unfold(page: Page) -> None:
    await open_chat(page)
    await go_on_elsewhere(page)
    await page.get_by_role("button", name="Confirm an e-mail address").press("Enter")
    await expect(page.locator(ADDRESS)).to_be_focused()


async def ask_for_code(page: Page, address: str = KIM) -> None:
    await page.fill(ADDRESS, address)
    await page.press(ADDRESS, "Enter")


async def test_an_address_is_proven_by_keyboard_alone(page: Page, server: ChatServer) -> None:
    await unfold(page)
    await ask_for_code(page)
    await expect(page.locator(CODE)).to_be_focused()
    await expect(page.get_by_role("status").filter(has_text=f"sent a code to {KIM}")).to_be_visible()
    await page.keyboard.type("FD-7K3QX-9M2PT")
    await page.keyboard.press("Enter")
    done = page.locator(f"{ELSEWHERE} .proof [role=status]")
    await expect(done).to_contain_text(f"{KIM} belongs to this conversation")
    await expect(done).to_be_focused()
    assert list(server.mailed) == [KIM]


@pytest.mark.parametrize(
    ("refusal", "told"),
    [
        ((429, "too_soon", 17), "wait 17 seconds"),
        ((429, "too_many", 600), "wait ten minutes"),
        ((502, "mail_not_sent", 0), "Please check the address"),
        ((500, "failed", 0), "Please try again"),
    ],
)
async def test_what_goes_wrong_is_said_in_words(
    page: Page, server: ChatServer, refusal: tuple[int, str, int], told: str
) -> None:
    await unfold(page)
    await ask_for_code(page, "kim")
    await expect(page.locator(TROUBLE)).to_have_text("This does not look like an e-mail address.")
    await expect(page.locator(ADDRESS)).to_have_attribute("aria-invalid", "true")
    await expect(page.locator(ADDRESS)).to_have_attribute("aria-describedby", "mail-trouble")
    server.mail_refusal = refusal
    await ask_for_code(page)
    await expect(page.locator(TROUBLE)).to_contain_text(told)
    server.mail_refusal = None
    await page.press(ADDRESS, "Enter")
    await expect(page.locator(CODE)).to_be_visible()
    await expect(page.locator(TROUBLE)).to_be_empty()


async def test_a_wrong_code_can_be_corrected_and_another_address_taken(page: Page, server: ChatServer) -> None:
    await unfold(page)
    await ask_for_code(page)
    # The field comes when the server has answered: a key pressed before would go to the form that is leaving.
    await expect(page.locator(CODE)).to_be_focused()
    await page.press(CODE, "Enter")
    await expect(page.locator(TROUBLE)).to_have_text("Please enter the code from the e-mail.")
    await page.fill(CODE, "FD-AAAAA-AAAAA")
    await page.press(CODE, "Enter")
    await expect(page.locator(TROUBLE)).to_contain_text("not valid")
    await expect(page.locator(CODE)).to_be_focused()
    await page.get_by_role("button", name="Other address").click()
    await expect(page.locator(ADDRESS)).to_be_focused()
    await ask_for_code(page, "other@mailbox.example")
    await expect(page.locator(CODE)).to_have_value("")
    assert list(server.mailed) == [KIM, "other@mailbox.example"]


async def test_the_code_can_be_sent_again_after_a_wait(page: Page, server: ChatServer) -> None:
    server.again_seconds = 600
    await page.clock.install()
    await unfold(page)
    await ask_for_code(page)
    again = page.locator(f"{ELSEWHERE} .proof button", has_text="gain")
    await expect(again).to_have_text(re.compile(r"Send again in \d+ s"))
    await expect(again).to_be_disabled()
    await page.clock.fast_forward("10:01")
    await expect(again).to_be_enabled()
    server.mailed.clear()
    await again.click()
    await expect(again).to_be_disabled()
    assert list(server.mailed) == [KIM]


async def test_where_answers_shall_go_is_chosen_among_the_linked_channels(page: Page, server: ChatServer) -> None:
    await open_chat(page)
    await go_on_elsewhere(page)
    await expect(page.locator(f"{ELSEWHERE} a.way")).to_have_count(3)
    wish = page.get_by_label("Where should answers reach me?")
    await expect(wish).to_be_hidden()
    server.linked = ["web", "telegram"]
    await page.keyboard.press("Escape")
    await go_on_elsewhere(page)
    await expect(wish.locator("option")).to_have_text(["Where I wrote last", "Web chat", "Telegram"])
    await wish.select_option("telegram")
    await expect(page.locator(f"{ELSEWHERE} .wish [role=status]")).to_contain_text("our team answers here: Telegram")
    assert server.preferred == "telegram"
    await wish.select_option("")
    await expect(page.locator(f"{ELSEWHERE} .wish [role=status]")).to_contain_text("where you wrote last")
    assert server.preferred == ""


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing_in_the_forms_on_a_phone(browser: Browser, server: ChatServer, scheme: str) -> None:
    server.linked = ["web", "sms"]
    size = {"width": 390, "height": 844}
    page = await browser.new_page(color_scheme=scheme, reduced_motion="reduce", bypass_csp=True, viewport=size)
    await page.goto(f"{server.url}/?lang=de")
    await open_chat(page)
    await page.get_by_role("button", name="Woanders weiterschreiben").click()
    await page.get_by_role("button", name="E-Mail-Adresse bestätigen").click()
    for field, wrong, right in ((ADDRESS, "kim", KIM), (CODE, "FD-AAAAA-AAAAA", "")):
        await page.fill(field, wrong)
        await page.press(field, "Enter")
        await expect(page.locator(TROUBLE)).not_to_be_empty()
        found = await Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        await page.fill(field, right)
        await page.press(field, "Enter")
    assert await page.evaluate("document.documentElement.scrollWidth") <= 390
    await page.close()
