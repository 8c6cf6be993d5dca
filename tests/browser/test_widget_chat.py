"""The widget in Chromium against a server that speaks the chat protocol and can fail on demand."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.browser.widget_server import ChatServer
from tests.conftest import tool

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
LAUNCHER = "faden-chat button.launcher"
TEXT = "faden-chat textarea"
BUBBLES = "faden-chat .bubble"
#: One browser for all tests here; each has pages and storage of its own.
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module")
async def server() -> AsyncIterator[ChatServer]:
    server = ChatServer()
    runner = await server.start()
    yield server
    await runner.cleanup()


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=tool("chromium"), args=ARGUMENTS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="module")
async def page(browser: Browser, server: ChatServer) -> AsyncIterator[Page]:
    # Without motion: what is measured must not depend on how far an animation has come.
    options = {"viewport": {"width": 1280, "height": 800}, "locale": "en", "reduced_motion": "reduce"}
    context = await browser.new_context(**options)
    page = await context.new_page()
    page.set_default_timeout(10_000)
    await page.goto(f"{server.url}/?lang=en")
    yield page
    await context.close()


async def open_chat(page: Page) -> None:
    await page.click(LAUNCHER)
    await expect(page.locator(TEXT)).to_be_focused()


async def write(page: Page, text: str) -> None:
    await page.fill(TEXT, text)
    await page.press(TEXT, "Enter")


async def texts(page: Page) -> list[str]:
    return await page.locator(BUBBLES).all_inner_texts()


async def test_a_message_is_sent_and_the_answer_shown(page: Page, server: ChatServer) -> None:
    await open_chat(page)
    await write(page, "Hello")
    await expect(page.locator("faden-chat .sent")).to_have_text("sent")
    await server.say("bot", "Good day", article={"title": "Delivery", "url": "/help/de/versand"})
    link = page.locator("faden-chat a.article")
    await expect(link).to_have_attribute("href", f"{server.url}/help/de/versand")
    assert (await texts(page))[0] == "Hello"


async def test_a_line_that_dies_before_accepted_loses_and_repeats_nothing(page: Page, server: ChatServer) -> None:
    await open_chat(page)
    server.drop_before_accept = 2
    await write(page, "one")
    await expect(page.locator("faden-chat .sent")).to_be_visible()
    assert [message["text"] for message in server.messages] == ["one"]
    assert await texts(page) == ["one"]


async def test_a_reload_resumes_at_the_cursor_with_log_and_draft(page: Page, server: ChatServer) -> None:
    await open_chat(page)
    await write(page, "one")
    await server.say("bot", "two")
    await expect(page.locator(BUBBLES)).to_have_count(2)
    await page.fill(TEXT, "a draft")
    await page.goto("about:blank")
    await server.say("agent", "three", author_name="Mia")
    await page.goto(f"{server.url}/?lang=en")
    await expect(page.locator(BUBBLES)).to_have_count(3)
    assert await texts(page) == ["one", "two", "three"]
    assert await page.input_value(TEXT) == "a draft"
    assert [hello["after"] for hello in server.hellos] == [None, "2-0"]


async def test_messages_written_offline_go_out_in_order_after_a_reload(page: Page, server: ChatServer) -> None:
    await open_chat(page)
    await write(page, "first")
    await expect(page.locator("faden-chat .sent")).to_be_visible()
    server.down = True
    await server.hang_up()
    await expect(page.locator("faden-chat .notice")).to_contain_text("No connection")
    for text in ("second", "third"):
        await write(page, text)
    await page.reload()
    assert await texts(page) == ["first", "second", "third"]
    server.down = False
    await expect(page.locator("faden-chat .sent")).to_be_visible()
    assert [message["text"] for message in server.messages] == ["first", "second", "third"]
    assert await texts(page) == ["first", "second", "third"]


async def test_waking_up_fetches_what_was_missed(page: Page, server: ChatServer) -> None:
    await open_chat(page)
    await write(page, "one")
    await expect(page.locator("faden-chat .sent")).to_be_visible()
    server.sockets.clear()
    await server.say("bot", "said into a dead line")
    await page.evaluate("dispatchEvent(new Event('online'))")
    await expect(page.locator(BUBBLES)).to_have_count(2)
    assert len(server.hellos) == 2


async def test_a_refused_message_is_marked_and_can_be_sent_again(page: Page, server: ChatServer) -> None:
    await open_chat(page)
    server.refuse = "message_too_long"
    await write(page, "too much")
    await expect(page.locator("faden-chat .failed")).to_contain_text("not sent")
    server.refuse = ""
    await page.click("faden-chat .retry")
    await expect(page.locator("faden-chat .sent")).to_be_visible()
    sent = [frame["id"] for frame in server.frames if frame["type"] == "message"]
    assert len(sent) == 2
    assert len(set(sent)) == 1


async def test_choices_are_buttons_that_go_once_used(page: Page, server: ChatServer) -> None:
    await open_chat(page)
    await write(page, "Hello")
    await expect(page.locator("faden-chat .sent")).to_be_visible()
    await server.say("bot", "Did you mean", choices=[{"title": "Costs", "payload": '/answer{"slug": "costs"}'}])
    await page.click("faden-chat .choice")
    await expect(page.locator("faden-chat .choice")).to_have_count(0)
    await expect(page.locator("faden-chat .sent")).to_be_visible()
    chosen = next(frame for frame in server.frames if frame["type"] == "choice")
    assert (chosen["title"], chosen["payload"]) == ("Costs", '/answer{"slug": "costs"}')


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
    assert server.frames[-1] == {"type": "seen", "cursor": "2-0"}


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


async def test_markup_in_a_message_stays_text(page: Page, server: ChatServer) -> None:
    await open_chat(page)
    await write(page, "Hello")
    await expect(page.locator("faden-chat .sent")).to_be_visible()
    await server.say("bot", "<img src=x onerror=alert(1)>", article={"title": "x", "url": "javascript:alert(1)"})
    await expect(page.locator(BUBBLES).nth(1)).to_have_text("<img src=x onerror=alert(1)>")
    assert await page.locator("faden-chat .log a, faden-chat .log img").count() == 0


async def test_marks_of_bot_and_agents_are_rendered_and_those_of_customers_are_not(
    page: Page, server: ChatServer
) -> None:
    await open_chat(page)
    await write(page, "**mine**")
    await expect(page.locator("faden-chat .sent")).to_be_visible()
    text = "So **soon**:\n\n- one [page](https://example.org/a)\n- [none](javascript:alert(1))\n\n| Land | Days |\n|---|---|\n| AT | 3 |"
    await server.say("bot", text)
    bubble = page.locator("faden-chat .message.bot .bubble")
    await expect(bubble.locator("strong")).to_have_text("soon")
    assert await bubble.locator("li").all_inner_texts() == ["one page", "none"]
    assert await bubble.locator("th, td").all_inner_texts() == ["Land", "Days", "AT", "3"]
    assert await bubble.locator("a").count() == 1
    await expect(page.locator("faden-chat .message.customer .bubble")).to_have_text("**mine**")


async def test_a_shop_page_with_hostile_styles_does_not_reach_the_widget(page: Page, server: ChatServer) -> None:
    await page.goto(f"{server.url}/shop")
    await open_chat(page)
    await expect(page.locator("faden-chat #promise")).to_have_text("Ein Bot, antwortet meist sofort")
    size, ground = await page.locator("faden-chat .send").evaluate(
        "button => [getComputedStyle(button).fontSize, getComputedStyle(button).backgroundColor]"
    )
    assert (size, ground) == ("15px", "rgb(91, 33, 182)")


async def test_the_sheet_on_a_phone_covers_the_page_and_keeps_the_focus(page: Page, server: ChatServer) -> None:
    await page.set_viewport_size({"width": 360, "height": 740})
    await open_chat(page)
    box = await page.locator("faden-chat .panel").bounding_box()
    assert box == {"x": 0, "y": 0, "width": 360, "height": 740}
    for _ in range(8):
        await page.keyboard.press("Tab")
        assert await page.evaluate("document.activeElement.localName") == "faden-chat"


ELSEWHERE = "faden-chat .elsewhere"


async def go_on_elsewhere(page: Page) -> None:
    await page.get_by_role("button", name="Continue elsewhere").first.click()
    await expect(page.locator("faden-chat h3")).to_be_focused()


async def test_going_on_elsewhere_shows_links_codes_and_time_and_leads_back(page: Page, server: ChatServer) -> None:
    await open_chat(page)
    await go_on_elsewhere(page)
    ways = page.locator(f"{ELSEWHERE} a.way")
    assert await ways.all_inner_texts() == ["Telegram", "SMS", "E-mail"], "no way without a name, and none to a script"
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
    await expect(page.locator(f"{ELSEWHERE} [role=status]")).to_contain_text(told)
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
    await expect(page.locator(f"{ELSEWHERE} [role=status]")).to_have_text(
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
    await expect(page.locator(BUBBLES)).to_have_count(5)
    assert await page.locator("faden-chat .badge").all_inner_texts() == ["via WhatsApp", "via E-mail", "via SMS"]


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


async def test_starting_over_takes_away_what_was_shown_before(page: Page, server: ChatServer) -> None:
    await open_chat(page)
    await write(page, "mine")
    await expect(page.locator("faden-chat .sent")).to_be_visible()
    await server.say("customer", "somebody else's", channel="telegram")
    await expect(page.locator(BUBBLES)).to_have_count(2)
    await server.publish({"type": "reset"})
    await expect(page.locator(BUBBLES)).to_have_count(0)
    await server.publish(server.messages[0])
    await expect(page.locator(BUBBLES)).to_have_text(["mine"])


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
