"""Messages in the widget: sent once, kept through every loss, and shown as their authors wrote them."""

from __future__ import annotations

import asyncio
import re

import pytest
from playwright.async_api import Page, expect

from tests.browser.widget.room import BUBBLES, TEXT, open_chat, texts, write
from tests.browser.widget_server import ChatServer

#: One browser for all tests here; each has pages and storage of its own.
pytestmark = pytest.mark.asyncio(loop_scope="module")


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
    await expect(page.locator("faden-chat .sent")).to_be_visible()
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


async def test_a_long_answer_is_read_from_its_first_line_and_what_follows_comes_into_sight(
    page: Page, server: ChatServer
) -> None:
    await open_chat(page)
    await write(page, "Tell me everything")
    await expect(page.locator("faden-chat .sent")).to_be_visible()
    await server.say("bot", "First words.\n\n" + "\n\n".join(f"Part {number}" for number in range(40)))
    await expect(page.get_by_text("First words.")).to_be_in_viewport()
    await expect(page.get_by_text("Part 39")).not_to_be_in_viewport()
    await write(page, "and now?")
    await expect(page.get_by_text("and now?")).to_be_in_viewport()
    await expect(page.locator("faden-chat .sent")).to_be_visible()
    await server.say("agent", "Hello, this is Mia.", author_name="Mia")
    await expect(page.get_by_text("Hello, this is Mia.")).to_be_in_viewport()


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


async def test_who_is_offline_is_told_at_once_and_what_they_write_goes_out_later(
    page: Page, server: ChatServer
) -> None:
    await open_chat(page)
    await write(page, "before")
    await expect(page.locator("faden-chat .sent")).to_be_visible()
    await page.context.set_offline(True)
    await expect(page.locator("faden-chat .notice")).to_contain_text("No connection")
    await write(page, "meanwhile")
    await expect(page.locator("faden-chat .sending")).to_be_visible()
    await page.context.set_offline(False)
    await expect(page.locator("faden-chat .sent")).to_be_visible()
    await expect(page.locator("faden-chat .notice")).to_be_empty()
    assert [message["text"] for message in server.messages] == ["before", "meanwhile"]


async def test_that_there_is_no_connection_is_said_once_however_often_it_is_tried(
    page: Page, server: ChatServer
) -> None:
    await open_chat(page)
    await write(page, "one")
    await expect(page.locator("faden-chat .sent")).to_be_visible()
    server.down = True
    await server.hang_up()
    notice = page.locator("faden-chat .notice")
    await expect(notice).to_contain_text("No connection")
    await notice.evaluate("""(notice) => {
      window.said = 0;
      const all = { childList: true, characterData: true, subtree: true };
      new MutationObserver(() => (window.said += 1)).observe(notice, all);
    }""")
    tried = server.knocks
    async with asyncio.timeout(20):
        while server.knocks < tried + 3:
            await page.wait_for_timeout(50)
    assert await page.evaluate("said") == 0
    server.down = False
    await expect(notice).to_be_empty()


async def test_who_must_wait_for_a_chat_is_told_and_what_they_write_goes_out_as_soon_as_there_is_one(
    page: Page, server: ChatServer
) -> None:
    server.wait_for_session = 1
    await open_chat(page)
    await expect(page.locator("faden-chat .notice")).to_contain_text("A great many chats")
    asked = server.sessions
    await write(page, "patient")
    await expect(page.locator("faden-chat .sending")).to_be_visible()
    assert server.sessions == asked
    server.wait_for_session = 0
    await expect(page.locator("faden-chat .sent")).to_be_visible()
    await expect(page.locator("faden-chat .notice")).to_be_empty()
    assert [message["text"] for message in server.messages] == ["patient"]


async def test_a_line_that_died_in_silence_is_noticed_and_replaced(page: Page, server: ChatServer) -> None:
    await page.clock.install()
    await page.reload()
    await open_chat(page)
    await write(page, "one")
    await expect(page.locator("faden-chat .sent")).to_be_visible()
    server.fall_silent()
    await server.say("agent", "said into a dead line", author_name="Mia")
    await page.clock.fast_forward("00:26")
    await page.clock.fast_forward("00:11")
    await expect(page.locator(BUBBLES)).to_have_count(2)


async def test_who_comes_back_the_next_day_reads_when_it_was_said(page: Page, server: ChatServer) -> None:
    await open_chat(page)
    await write(page, "Hello")
    await expect(page.locator("faden-chat .sent")).to_be_visible()
    await server.say("bot", "Good day", at="2020-02-03T12:00:00+00:00")
    await expect(page.locator("faden-chat .message.bot time")).to_contain_text("Mon, Feb 3")
    await expect(page.locator("faden-chat .message.customer time")).to_have_text(re.compile(r"^\d?\d:\d\d [AP]M$"))


async def test_nothing_that_is_pasted_is_cut_off_and_too_much_is_told_and_kept(page: Page, server: ChatServer) -> None:
    await open_chat(page)
    await page.fill(TEXT, "x" * 8001)
    await page.press(TEXT, "Enter")
    await expect(page.locator("faden-chat .notice")).to_contain_text("8,001 characters; 8,000 are possible")
    assert len(await page.input_value(TEXT)) == 8001
    await page.fill(TEXT, "y" * 7999)
    await expect(page.locator("faden-chat .notice")).to_be_empty()
    await page.press(TEXT, "Enter")
    await expect(page.locator("faden-chat .sent")).to_be_visible()
    assert [message["text"] for message in server.messages] == ["y" * 7999]


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
    await expect(page.locator("faden-chat .notice")).to_be_empty()
    sent = [frame["id"] for frame in server.frames if frame["type"] == "message"]
    assert len(sent) == 2
    assert len(set(sent)) == 1


async def test_a_refused_message_can_be_taken_away_by_keyboard_and_does_not_come_back(
    page: Page, server: ChatServer
) -> None:
    await open_chat(page)
    server.refuse = "message_too_long"
    await write(page, "too much")
    await expect(page.locator("faden-chat .failed")).to_contain_text("not sent")
    await expect(page.locator("faden-chat .notice")).not_to_be_empty()
    await page.get_by_role("button", name="Send again").focus()
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("button", name="Remove")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator(BUBBLES)).to_have_count(0)
    await expect(page.locator("faden-chat .notice")).to_be_empty()
    await expect(page.locator(TEXT)).to_be_focused()
    server.refuse = ""
    await page.reload()
    await write(page, "short")
    await expect(page.locator("faden-chat .sent")).to_be_visible()
    assert await texts(page) == ["short"]
    assert [message["text"] for message in server.messages] == ["short"]


async def test_what_may_have_arrived_is_not_offered_to_be_taken_away(page: Page, server: ChatServer) -> None:
    await page.clock.install()
    await page.reload()
    await open_chat(page)
    await write(page, "one")
    await expect(page.locator("faden-chat .sent")).to_be_visible()
    server.fall_silent()
    server.down = True
    await write(page, "two")
    await page.clock.fast_forward("00:11")
    await expect(page.locator("faden-chat .failed")).to_contain_text("not sent")
    await expect(page.get_by_role("button", name="Send again")).to_be_visible()
    await expect(page.get_by_role("button", name="Remove")).to_have_count(0)


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
    text = (
        "So **soon**:\n\n- one [page](https://example.org/a)\n- [none](javascript:alert(1))\n\n| Land | Days |\n"
        "|---|---|\n| AT | 3 |"
    )
    await server.say("bot", text)
    bubble = page.locator("faden-chat .message.bot .bubble")
    await expect(bubble.locator("strong")).to_have_text("soon")
    await expect(bubble.locator("strong")).to_have_css("font-weight", "650")
    assert await bubble.locator("li").all_inner_texts() == ["one page", "none"]
    assert await bubble.locator("th, td").all_inner_texts() == ["Land", "Days", "AT", "3"]
    assert await bubble.locator("a").count() == 1
    await expect(page.locator("faden-chat .message.customer .bubble")).to_have_text("**mine**")


@pytest.mark.parametrize(
    ("author", "whole"),
    [
        ("system", "F-10010"),
        ("bot", "F-10010"),
        ("customer", "F-10010"),
        ("system", "6 minutes"),
        ("bot", "14,90 €"),
        ("agent", "EUR 14.90"),
        ("bot", "2–3 Werktagen"),
        ("bot", "60 × 40 × 35 cm"),
    ],
)
async def test_numbers_and_amounts_are_never_broken_and_read_as_they_were_written(
    page: Page, server: ChatServer, author: str, whole: str
) -> None:
    await open_chat(page)
    await write(page, "Hello")
    await expect(page.locator("faden-chat .sent")).to_be_visible()
    said = [f"{'a ' * length}{whole}" for length in range(1, 30)]
    for text in said:
        await server.say(author, text)
    await expect(page.locator(BUBBLES)).to_have_count(30)
    assert (await texts(page))[1:] == said
    lines = """numbers => numbers.map((number) => {
      const range = document.createRange();
      range.selectNodeContents(number);
      return new Set([...range.getClientRects()].map(({ top }) => top)).size;
    })"""
    numbers = page.locator(f"{BUBBLES} .whole")
    assert await numbers.evaluate_all(lines) == [1] * 29
    copied = """numbers => {
      getSelection().selectAllChildren(numbers[0]);
      return [numbers[0].textContent, numbers[0].closest(".bubble").textContent];
    }"""
    assert await numbers.evaluate_all(copied) == [whole, f"a {whole}"]


async def test_a_number_at_the_end_of_a_line_does_not_take_the_next_line_along(page: Page, server: ChatServer) -> None:
    await open_chat(page)
    await write(page, "Hello")
    await expect(page.locator("faden-chat .sent")).to_be_visible()
    await server.say("customer", "I ordered 5\nmm, or was it 6?")
    await expect(page.locator(BUBBLES)).to_have_count(2)
    assert (await texts(page))[1] == "I ordered 5\nmm, or was it 6?"
    await expect(page.locator(f"{BUBBLES} .whole")).to_have_count(0)


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


async def test_an_edit_elsewhere_changes_the_words_and_a_deletion_takes_them_away(
    page: Page, server: ChatServer
) -> None:
    await open_chat(page)
    await write(page, "Hello")
    await expect(page.locator("faden-chat .sent")).to_be_visible()
    said = server.store("customer", "wher is it", channel="telegram")
    await server.publish(said)
    await expect(page.locator(BUBBLES)).to_have_count(2)
    said |= {"text": "where is it?", "edited": True, "deleted": False}
    await server.publish(said)
    await expect(page.locator(BUBBLES).last).to_have_text("where is it?")
    await expect(page.locator("faden-chat .message").last).to_contain_text("edited")
    said |= {"text": "", "deleted": True}
    await server.publish(said)
    await expect(page.locator(BUBBLES).last).to_have_text("Message deleted")
    await page.reload()
    assert await texts(page) == ["Hello", "Message deleted"]
