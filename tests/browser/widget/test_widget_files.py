"""Files that a customer attaches in the widget: chosen, dropped, pasted, refused, tried again, kept, sent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, expect

from tests.browser.widget.room import BUBBLES, TEXT, go_on_elsewhere, open_chat, write
from tests.browser.widget_server import ChatServer

#: One browser for all tests here; each has pages and storage of its own.
pytestmark = pytest.mark.asyncio(loop_scope="module")
CHOOSER, HELD = "faden-chat input[type=file]", "faden-chat .holding li"
CUP: Any = {"name": "cup.png", "mimeType": "image/png", "buffer": b"png"}
BILL: Any = {"name": "invoice.pdf", "mimeType": "application/pdf", "buffer": b"pdf" * 500}
PAGE: Any = {"name": "page.html", "mimeType": "text/html", "buffer": b"<p>"}


async def test_files_are_chosen_and_go_out_with_the_words(page: Page, server: ChatServer) -> None:
    await open_chat(page)
    async with page.expect_file_chooser() as chooser:
        await page.get_by_role("button", name="Attach files").click()
    await (await chooser.value).set_files([CUP, BILL])
    await expect(page.locator(f"{HELD}.ready")).to_have_count(2)
    await expect(page.locator(HELD).last).to_contain_text("2 kB")
    await write(page, "My cup is broken")
    await expect(page.locator("faden-chat .sent")).to_be_visible()
    await expect(page.locator(HELD)).to_have_count(0)
    sent = next(frame for frame in server.frames if frame["type"] == "message")
    assert (sent["text"], sent["files"]) == ("My cup is broken", list(server.uploaded))
    bubble = page.locator("faden-chat .message.customer")
    await expect(bubble.get_by_role("img", name="cup.png")).to_be_visible()
    await expect(bubble.locator("a.file", has_text="invoice.pdf")).to_be_visible()


async def test_a_file_needs_no_words_and_waits_through_a_reload(page: Page, server: ChatServer) -> None:
    await open_chat(page)
    await page.set_input_files(CHOOSER, [CUP, BILL])
    await expect(page.locator(f"{HELD}.ready")).to_have_count(2)
    await page.reload()
    await page.get_by_role("button", name="Remove invoice.pdf").press("Enter")
    await expect(page.get_by_role("button", name="Attach files")).to_be_focused()
    await page.press(TEXT, "Enter")
    await expect(page.locator("faden-chat .sent")).to_be_visible()
    await expect(page.locator(BUBBLES)).to_have_text(["[image]"])
    assert [one["name"] for one in server.messages[0]["attachments"]] == ["cup.png"]


async def test_what_cannot_be_sent_is_told_and_what_was_lost_is_tried_again(
    page: Page, server: ChatServer, tmp_path: Path
) -> None:
    (tmp_path / "page.html").write_bytes(PAGE["buffer"])
    (tmp_path / "huge.pdf").write_bytes(bytes(21 * 2**20))
    await open_chat(page)
    await page.set_input_files(CHOOSER, [tmp_path / "page.html", tmp_path / "huge.pdf"])
    await expect(page.locator(HELD).first).to_contain_text("This type of file cannot be sent.")
    await expect(page.locator(HELD).last).to_contain_text("at most 20 MB")
    await page.route("**/chat/files", lambda route: route.abort())
    await page.set_input_files(CHOOSER, CUP)
    await expect(page.locator(HELD).last).to_contain_text("check your connection")
    await page.unroute("**/chat/files")
    await page.get_by_role("button", name="Send again").click()
    await expect(page.locator(f"{HELD}.ready")).to_have_count(1)
    await write(page, "here")
    await expect(page.locator("faden-chat .sent")).to_be_visible()
    assert [one["name"] for one in server.messages[0]["attachments"]] == ["cup.png"]


async def test_nothing_goes_out_without_a_file_that_is_on_its_way(page: Page, server: ChatServer) -> None:
    server.uploads_may_end.clear()
    await open_chat(page)
    await page.set_input_files(CHOOSER, CUP)
    await write(page, "with a picture")
    await expect(page.locator("faden-chat .notice")).to_contain_text("still on its way")
    await expect(page.locator(TEXT)).to_have_value("with a picture")
    server.uploads_may_end.set()
    await expect(page.locator(f"{HELD}.ready")).to_have_count(1)
    await expect(page.locator("faden-chat .notice")).to_be_empty()
    await page.press(TEXT, "Enter")
    await expect(page.locator("faden-chat .sent")).to_be_visible()
    assert len(server.messages[0]["attachments"]) == 1


async def test_where_the_service_has_forgotten_a_file_the_words_come_back(page: Page, server: ChatServer) -> None:
    await open_chat(page)
    await page.set_input_files(CHOOSER, CUP)
    await expect(page.locator(f"{HELD}.ready")).to_have_count(1)
    server.refuse = "unknown_file"
    await write(page, "with a picture")
    await expect(page.locator("faden-chat .notice")).to_contain_text("attach it again")
    await expect(page.locator(TEXT)).to_have_value("with a picture")
    await expect(page.locator(BUBBLES)).to_have_count(0)
    server.refuse = ""
    await page.press(TEXT, "Enter")
    await expect(page.locator(BUBBLES)).to_have_text(["with a picture"])


async def test_what_another_customer_attached_is_gone(page: Page, server: ChatServer) -> None:
    await open_chat(page)
    await page.set_input_files(CHOOSER, CUP)
    await expect(page.locator(f"{HELD}.ready")).to_have_count(1)
    server.customer_id = "cus_2"
    await page.evaluate("""for (const key of Object.keys(localStorage))
      if (key.endsWith(":session")) localStorage.removeItem(key)""")
    await page.reload()
    await expect(page.locator(HELD)).to_have_count(0)


async def test_what_the_service_may_have_tidied_away_is_not_offered_after_a_reload(
    page: Page, server: ChatServer
) -> None:
    await open_chat(page)
    server.until = 1
    await page.set_input_files(CHOOSER, CUP)
    await expect(page.locator(f"{HELD}.ready")).to_have_count(1)
    server.until = 32503680000
    await page.set_input_files(CHOOSER, BILL)
    await expect(page.locator(f"{HELD}.ready")).to_have_count(2)
    await page.reload()
    await expect(page.locator(f"{HELD} .name")).to_have_text(["invoice.pdf"])


async def test_a_file_that_comes_in_while_going_on_elsewhere_waits_out_of_sight(page: Page, server: ChatServer) -> None:
    server.uploads_may_end.clear()
    await open_chat(page)
    await page.set_input_files(CHOOSER, CUP)
    await expect(page.locator(HELD)).to_be_visible()
    await go_on_elsewhere(page)
    server.uploads_may_end.set()
    await expect(page.locator(f"{HELD}.ready")).to_have_count(1)
    await expect(page.locator(HELD)).to_be_hidden()
    await page.press("faden-chat h3", "Escape")
    await expect(page.locator(HELD)).to_be_visible()


async def test_a_picture_is_dropped_or_pasted_and_words_stay_words(page: Page, server: ChatServer) -> None:
    await open_chat(page)
    give = """([kind, words]) => {
      const carried = new DataTransfer();
      carried.items.add(new File(["png"], `${kind}.png`, { type: "image/png" }));
      if (words) carried.setData("text/plain", words);
      const options = { bubbles: true, cancelable: true, clipboardData: carried, dataTransfer: carried };
      const made = kind === "drop" ? new DragEvent(kind, options) : new ClipboardEvent(kind, options);
      document.querySelector("faden-chat").shadowRoot.querySelector("textarea").dispatchEvent(made);
    }"""
    for kind, words in (("drop", ""), ("paste", ""), ("paste", "1\t2")):
        await page.evaluate(give, [kind, words])
    await expect(page.locator(f"{HELD}.ready .name")).to_have_text(["drop.png", "paste.png"])


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing_where_files_are_held_on_a_phone(
    browser: Browser, server: ChatServer, scheme: Any
) -> None:
    size: Any = {"width": 360, "height": 740}
    page = await browser.new_page(color_scheme=scheme, reduced_motion="reduce", bypass_csp=True, viewport=size)
    await page.goto(f"{server.url}/?lang=de")
    await open_chat(page)
    await page.set_input_files(CHOOSER, [{**CUP, "name": "Rindfleischetikettierung" * 4 + ".png"}, PAGE])
    await expect(page.locator(f"{HELD}.ready")).to_have_count(1)
    await expect(page.locator(f"{HELD}.failed")).to_have_count(1)
    found = await Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert await page.evaluate("document.documentElement.scrollWidth") <= 360
    await page.close()


async def test_a_file_that_is_no_longer_kept_says_so_and_leads_nowhere(page: Page, server: ChatServer) -> None:
    await open_chat(page)
    await write(page, "Hello")
    await expect(page.locator("faden-chat .sent")).to_be_visible()
    gone = {"media_type": "", "size": 4000, "gone": True}
    files = [{"kind": "image", "name": "cup.png", **gone}, {"kind": "document", "name": "", **gone}]
    await server.say("customer", "look", channel="telegram", attachments=files)
    shown = page.locator("faden-chat .bubble").last
    await expect(shown.locator(".file")).to_have_text(["cup.pngno longer kept", "Fileno longer kept"])
    assert await shown.locator("a, img").count() == 0
    assert (await Axe().run(page)).response["violations"] == []
