"""Going on elsewhere from the widget: links, codes, and what comes from other channels."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, expect

from tests.browser.widget.room import BUBBLES, ELSEWHERE, TEXT, go_on_elsewhere, open_chat, write
from tests.browser.widget_server import ChatServer

#: One browser for all tests here; each has pages and storage of its own.
pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_going_on_elsewhere_shows_links_codes_and_time_and_leads_back(page: Page, server: ChatServer) -> None:
    await open_chat(page)
    await go_on_elsewhere(page)
    ways = page.locator(f"{ELSEWHERE} a.way")
    # No way without a name, and none to a script.
    await expect(ways).to_have_text(["Telegram", "SMS", "E-mail"])
    await expect(ways.first).to_have_attribute("href", "https://t.me/shop_bot?start=FD-7K3QX-9M2P1")
    await expect(page.locator(f"{ELSEWHERE} code")).to_have_text("FD-7K3QX-9M2P1")
    await expect(page.locator(f"{ELSEWHERE} .typed")).to_contain_text("valid for 10 more minutes")
    show = page.get_by_role("button", name="QR code for Telegram")
    await show.press("Enter")
    await expect(show).to_have_attribute("aria-expanded", "true")
    drawn = page.get_by_role("img", name="QR code for Telegram")
    assert (await drawn.bounding_box() or {})["width"] > 100
    await page.keyboard.press("Escape")
    await expect(page.locator(TEXT)).to_be_visible()
    await expect(page.get_by_role("button", name="Continue elsewhere").last).to_be_focused()
    await go_on_elsewhere(page)
    assert server.codes == 1, "a living code is shown again"


@pytest.mark.parametrize(("status", "told"), [(429, "Please wait ten minutes"), (500, "check your connection")])
async def test_a_code_that_is_not_given_can_be_asked_for_again(
    page: Page, server: ChatServer, status: int, told: str
) -> None:
    server.link_status = status
    await open_chat(page)
    await go_on_elsewhere(page)
    await expect(page.locator(f"{ELSEWHERE} > [role=status]")).to_contain_text(told)
    server.link_status = 201
    await page.get_by_role("button", name="Send again").click()
    await expect(page.locator(f"{ELSEWHERE} a.way")).to_have_count(3)


async def test_a_code_that_has_ended_is_taken_away(page: Page, server: ChatServer) -> None:
    server.code_minutes = 0
    await open_chat(page)
    await go_on_elsewhere(page)
    await expect(page.locator(ELSEWHERE)).to_contain_text("This code has ended.")
    await expect(page.locator(f"{ELSEWHERE} code")).to_be_hidden()
    server.code_minutes = 10
    await page.get_by_role("button", name="Get a new code").click()
    await expect(page.locator(f"{ELSEWHERE} code")).to_have_text("FD-7K3QX-9M2P2")


async def test_whoever_begins_by_going_on_elsewhere_is_one_customer(page: Page, server: ChatServer) -> None:
    await page.click("[data-elsewhere]")
    await expect(page.locator(f"{ELSEWHERE} a.way")).to_have_count(3)
    await page.keyboard.press("Escape")
    await write(page, "Hello")
    await expect(page.locator("faden-chat .sent")).to_be_visible()
    assert server.sessions == 1


async def test_where_no_other_channel_is_on_the_view_says_so(page: Page, server: ChatServer) -> None:
    server.ways = {}
    await open_chat(page)
    await go_on_elsewhere(page)
    await expect(page.locator(f"{ELSEWHERE} > [role=status]")).to_have_text(
        "No other channel can be reached by a link here."
    )


async def test_the_question_whether_to_connect_brings_the_chat_back_and_is_answered_there(
    page: Page, server: ChatServer
) -> None:
    await open_chat(page)
    await go_on_elsewhere(page)
    await expect(page.locator(f"{ELSEWHERE} a.way")).to_have_count(3)
    choices = [{"title": "Yes, connect", "payload": f"link:{'a' * 64}:yes"}]
    await server.say("system", "Telegram wants to join.", choices=choices)
    await server.say("system", "Web chat wants to join.", choices=choices, channel="telegram")
    await expect(page.locator("faden-chat .choice:visible")).to_have_count(1)
    await page.locator("faden-chat .choice:visible").click()
    await expect(page.locator("faden-chat .sent")).to_be_visible()
    assert [frame["payload"] for frame in server.frames if frame["type"] == "choice"] == [f"link:{'a' * 64}:yes"]
    await go_on_elsewhere(page)
    await expect(page.locator(f"{ELSEWHERE} code")).to_have_text("FD-7K3QX-9M2P2")


async def test_messages_from_elsewhere_carry_the_channels_name(page: Page, server: ChatServer) -> None:
    await open_chat(page)
    await expect(page.locator("faden-chat .empty")).to_be_visible()
    await write(page, "Hello")
    await expect(page.locator("faden-chat .sent")).to_be_visible()
    for channel in ("whatsapp", "email", "sms", "web"):
        await server.say("customer", "on the way", channel=channel)
    # "You get no messages here any more" must not be read as said of the web chat.
    await server.say("system", "You get no messages here any more.", channel="sms")
    badges = ["via WhatsApp", "via E-mail", "via SMS", "via SMS"]
    await expect(page.locator("faden-chat .badge")).to_have_text(badges)
    await expect(page.locator(BUBBLES)).to_have_count(6)


async def test_pictures_files_and_places_are_shown(page: Page, server: ChatServer) -> None:
    await open_chat(page)
    await write(page, "Hello")
    await expect(page.locator("faden-chat .sent")).to_be_visible()
    far = "until=32503680000&sig=x"
    files = [
        {"kind": "image", "name": "broken cup", "size": 900, "url": f"/files/cup?{far}"},
        {"kind": "document", "name": "invoice.pdf", "size": 1_250_000, "url": f"/files/bill?{far}"},
        {"kind": "location", "latitude": 53.55, "longitude": 9.99},
        {"kind": "document", "name": "evil", "url": "javascript:alert(1)"},
    ]
    await server.say("customer", "", channel="telegram", attachments=files)
    picture = page.get_by_role("img", name="broken cup")
    await expect(picture).to_be_visible()
    assert await picture.evaluate("image => image.decode().then(() => image.naturalWidth)") == 40
    links = page.locator("faden-chat a.file")
    assert [" ".join(text.split()) for text in await links.all_inner_texts()] == [
        "invoice.pdf 1.3 MB",
        "Location on the map",
    ]
    await expect(links.last).to_have_attribute("href", re.compile("mlat=53.55&mlon=9.99"))


async def test_addresses_of_files_that_have_ended_are_fetched_anew_on_a_reload(page: Page, server: ChatServer) -> None:
    await open_chat(page)
    await write(page, "Hello")
    await expect(page.locator("faden-chat .sent")).to_be_visible()
    file = {"kind": "document", "name": "invoice.pdf", "url": "/files/bill?until=1&sig=old"}
    await server.say("customer", "", channel="telegram", attachments=[file])
    await expect(page.locator("faden-chat a.file")).to_be_visible()
    file["url"] = "/files/bill?until=32503680000&sig=new"
    await page.reload()
    await expect(page.locator("faden-chat a.file")).to_have_attribute("href", re.compile("sig=new"))
    assert server.hellos[-1]["after"] == "1-0"


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing_where_one_goes_on_elsewhere(browser: Browser, server: ChatServer, scheme: str) -> None:
    page = await browser.new_page(color_scheme=scheme, reduced_motion="reduce", bypass_csp=True)
    await page.goto(f"{server.url}/?lang=de")
    await open_chat(page)
    await page.get_by_role("button", name="Woanders weiterschreiben").click()
    await page.get_by_role("button", name="QR-Code für Telegram").click()
    found = await Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    await page.close()
