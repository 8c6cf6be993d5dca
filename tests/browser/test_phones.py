"""The playground's phones in Chromium:
each talks to the real bot through the simulated platform and the real adapter."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.browser.omnichannel import go_on, phone, say_yes_on_the_web, type_on
from tests.browser.test_story import ARGUMENTS, context
from tests.browser.widget_server import ChatServer
from tests.conftest import tool
from tests.stack import Stack

CHANNELS = ["telegram", "whatsapp", "messenger", "instagram", "sms", "email"]
CODE = re.compile(r"FD-\w{5}-\w{5}")
#: Resolves to whether a picture came, now or after the tries that the page makes.
LOADED = """image => new Promise(done => {
    const look = () => image.naturalWidth ? done(true) : image.isConnected ? setTimeout(look, 50) : done(false);
    look();
})"""
#: One browser for all tests here; each has pages and storage of its own.
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=tool("chromium"), args=ARGUMENTS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="module")
async def page(browser: Browser, stack: Stack) -> AsyncIterator[Page]:
    page = await (await context(browser, "en", 1440, 900)).new_page()
    await page.goto(f"{stack.bot_url}/?lang=en")
    await expect(page.locator(".phone")).to_have_count(len(CHANNELS))
    yield page
    await page.context.close()


def picture() -> bytes:
    """A red PNG of eight by eight."""
    rows = b"".join(b"\0" + b"\xc0\x20\x20" * 8 for _ in range(8))
    parts = ((b"IHDR", struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0)), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    chunks = (
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


async def test_a_question_on_whatsapp_is_answered_with_buttons_that_work(page: Page) -> None:
    await type_on(page, "whatsapp", "How long does delivery take?")
    buttons = page.locator("#phone-whatsapp .buttons button")
    await expect(buttons.filter(has_text="did not help")).to_be_visible()
    before = await phone(page, "whatsapp").count()
    await buttons.filter(has_text="did not help").first.click()
    await expect(phone(page, "whatsapp", "customer").last).to_contain_text("did not help")
    await expect(phone(page, "whatsapp")).not_to_have_count(before)
    await expect(page.locator("#phone-whatsapp .ticks.taken")).to_have_count(2)


async def test_all_phones_are_answered_on_one_line(page: Page) -> None:
    for channel in CHANNELS:
        await type_on(page, channel, "Which ways to pay are there?")
    for channel in CHANNELS:
        await expect(phone(page, channel).first).to_contain_text("invoice", ignore_case=True)
    assert await page.locator("#phone-email .subject").count() >= 1
    assert await page.locator("#phone-sms .buttons").count() == 0, "what has no buttons gets a numbered list"


async def test_a_conversation_is_still_there_after_a_reload(page: Page) -> None:
    await type_on(page, "messenger", "Hello")
    await expect(phone(page, "messenger").first).to_be_visible()
    said = await page.locator("#phone-messenger .text").all_inner_texts()
    await page.reload()
    await expect(page.locator("#phone-messenger .text")).to_contain_text(said)


async def test_a_picture_a_place_and_a_sticker_are_taken(page: Page) -> None:
    one = page.locator("#phone-telegram")
    await one.locator("input[type=file]").set_input_files(
        {"name": "cup.png", "mimeType": "image/png", "buffer": picture()}
    )
    # Each is on its way before the next one follows: two at once may overtake each other.
    await expect(phone(page, "telegram", "customer")).to_have_count(1)
    await one.get_by_role("button", name="Send a location via Telegram").click()
    await expect(phone(page, "telegram", "customer")).to_have_count(2)
    await one.get_by_role("button", name="Send a thumbs-up via Telegram").click()
    await expect(one.locator(".ticks.taken")).to_have_count(3)
    await expect(one.get_by_role("img", name="cup.png")).to_be_visible()
    await page.reload()
    await expect(one.locator(".ticks.taken")).to_have_count(3)
    said = await phone(page, "telegram", "customer").all_inner_texts()
    assert [mark for mark, text in zip(("cup.png", "53.55", "👍"), said, strict=True) if mark in text] == [
        "cup.png",
        "53.55",
        "👍",
    ]


async def test_a_picture_sent_on_telegram_is_seen_in_the_chat_once_both_are_joined(page: Page) -> None:
    await page.click("faden-chat button.launcher")
    await go_on(page, "Telegram")
    await say_yes_on_the_web(page, "Telegram")
    await expect(phone(page, "telegram").filter(has_text="Telegram is now part")).to_be_visible()
    cup = {"name": "cup.png", "mimeType": "image/png", "buffer": picture()}
    await page.locator("#phone-telegram input[type=file]").set_input_files(cup)
    shown = page.locator("faden-chat .message.customer a.picture img")
    await expect(shown).to_be_visible()
    assert await shown.evaluate(LOADED), "the file itself arrives, and nobody sees a broken picture"


async def test_an_address_is_proven_by_the_code_in_the_mailbox_and_answers_are_wished_there(page: Page) -> None:
    chat = page.locator("faden-chat")
    address = await page.locator("#phone-email .head p").inner_text()
    await page.click("faden-chat button.launcher")
    await page.click("faden-chat .tools button:last-child")
    await chat.get_by_role("button", name="Confirm an e-mail address").click()
    await chat.get_by_label("E-mail address").fill(address)
    await chat.get_by_label("E-mail address").press("Enter")
    mail = phone(page, "email").last
    await expect(mail).to_contain_text("FD-")
    code = CODE.search(await mail.inner_text())
    assert code
    await chat.get_by_label("Code from the e-mail").fill(code[0].lower())
    await chat.get_by_role("button", name="Confirm", exact=True).click()
    await expect(chat.locator(".proof [role=status]")).to_contain_text(f"{address} belongs to this conversation")
    await chat.get_by_label("Where should answers reach me?").select_option("email")
    await expect(chat.locator(".wish [role=status]")).to_contain_text("our team answers here: E-mail")
    await type_on(page, "email", "answer me in the web chat")
    await expect(phone(page, "email").last).to_contain_text("reach you here: Web chat")
    await expect(chat.locator(".log .message.customer").last).to_contain_text("answer me in the web chat")


async def test_an_edit_and_a_deletion_on_the_phones_reach_the_chat(page: Page) -> None:
    await page.click("faden-chat button.launcher")
    for name, channel in (("Telegram", "telegram"), ("Instagram", "instagram")):
        await go_on(page, name)
        await say_yes_on_the_web(page, name)
        await expect(phone(page, channel).filter(has_text=f"{name} is now part")).to_be_visible()
    said = page.locator("faden-chat .message.customer")
    await type_on(page, "telegram", "Which ways to pai are there?")
    await expect(said.last).to_contain_text("to pai")
    telegram = page.locator("#phone-telegram .own")
    await telegram.get_by_role("button", name="Edit").click()
    await telegram.get_by_label("Edit").fill("Which ways to pay are there?")
    await telegram.get_by_role("button", name="Save").click()
    await expect(phone(page, "telegram", "customer").last).to_contain_text("edited")
    await expect(said.last.locator(".bubble")).to_have_text("Which ways to pay are there?")
    await expect(said.last).to_contain_text("edited")
    await type_on(page, "instagram", "my number is 4711")
    await expect(said.last).to_contain_text("4711")
    await page.locator("#phone-instagram .own button", has_text="Delete").click()
    await expect(said.last.locator(".bubble")).to_have_text("Message deleted")
    assert "4711" not in await page.locator("faden-chat .log").inner_text()


HOSTILE = """<body onload="seen=1"><style>p{color:red}</style><p style="position:fixed">Dear <b>Kim</b></p>
<img src=x onerror="seen=2">
<a href="javascript:seen=3">here</a> <a href="https://shop.example/a">shop</a><script>seen=4</script><form><input></form>
<svg><script>seen=5</script></svg><h1>Big</h1></body>"""


async def test_a_page_in_a_mail_is_shown_without_its_tricks(page: Page) -> None:
    ask = """async html => {
        const { mailBody } = await import("/assets/phones/mailbody.js");
        document.querySelector("#phone-email .log").append(mailBody(html));
        await new Promise(done => setTimeout(done, 100));
        return String(window.seen);
    }"""
    assert await page.evaluate(ask, HOSTILE) == "undefined"
    body = page.locator("#phone-email .mail-body")
    await expect(body.locator("b")).to_have_text("Kim")
    await expect(body.locator("a")).to_have_text(["shop"])
    assert await body.locator("script, style, img, form, input, svg, h1, [style], [onload]").count() == 0


async def test_a_mail_of_the_shop_shows_its_marks_as_a_mail_program_does(page: Page) -> None:
    await type_on(page, "email", "How long does delivery take?")
    mail = phone(page, "email").first.locator(".mail-body")
    await expect(mail).to_be_visible()
    assert "**" not in await mail.inner_text()


async def test_no_address_that_a_platform_would_not_have_is_listened_to(page: Page, stack: Stack) -> None:
    answer = await page.request.get(f"{stack.bot_url}/vendors/events?telegram={'x' * 65}")
    assert answer.status == 400


async def test_a_link_makes_its_phone_bring_the_code_and_leaves_none_in_the_address(page: Page, stack: Stack) -> None:
    await page.goto(f"{stack.bot_url}/?lang=en&phone=telegram&code=FD-AAAAA-AAAAA")
    await expect(phone(page, "telegram", "customer").last).to_contain_text("FD-AAAAA-AAAAA")
    await expect(phone(page, "telegram").filter(has_text="not valid")).to_be_visible()
    assert page.url == f"{stack.bot_url}/?lang=en"


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing_in_a_playground_in_use(browser: Browser, stack: Stack, scheme: str) -> None:
    page = await browser.new_page(color_scheme=scheme, reduced_motion="reduce", bypass_csp=True, locale="de")
    await page.goto(f"{stack.bot_url}/?lang=de")
    for channel in ("telegram", "email"):
        await type_on(page, channel, "Wie lange dauert der Versand?")
        await expect(phone(page, channel).first).to_be_visible()
    found = await Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    await page.close()


EDITED_MEANWHILE = """async () => {
    const { createLog } = await import("/assets/phones/log.js");
    const log = createLog({ channel: "telegram", name: "Telegram", say: key => key, language: "en", notes: "none",
                            onChoice() {}, onAct: async () => true });
    document.body.append(log.node);
    const bubble = { id: "1", author: "customer", text: "to pai", at: 0, state: "sending", choices: [] };
    log.show(bubble);
    log.node.querySelector(".own button").click();
    const field = log.node.querySelector(".own input");
    field.value = "to pay";
    log.show({ ...bubble, state: "taken" });
    return [log.node.querySelector(".own input")?.value, document.activeElement === field];
}"""


async def test_words_that_are_being_corrected_outlive_the_news_of_their_delivery(browser: Browser) -> None:
    server = ChatServer()
    runner = await server.start()
    page = await browser.new_page()
    await page.goto(f"{server.url}/?lang=en")
    assert await page.evaluate(EDITED_MEANWHILE) == ["to pay", True]
    await page.close()
    await runner.cleanup()


async def test_without_simulated_platforms_a_line_says_how_to_have_them(browser: Browser) -> None:
    server = ChatServer()
    runner = await server.start()
    page = await browser.new_page()
    await page.goto(f"{server.url}/?lang=en")
    await expect(page.locator("#phones-off")).to_contain_text("PLAYGROUND=on")
    assert await page.locator(".phone").count() == 0
    await page.close()
    await runner.cleanup()
