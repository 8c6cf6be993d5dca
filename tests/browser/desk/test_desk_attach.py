"""Files at a reply, in Chromium against the real service: chosen, dropped, pasted, refused, taken back, sent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import redis as redis_sync
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser.desk.room import opened
from tests.desk import Service, handoff
from tickets.contracts import Route, partition

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)
PDF = b"%PDF-1.4\n1 0 obj << /Type /Catalog >> endobj\n%%EOF\n"
TEXTS: dict[str, dict[str, str]] = {
    "de": {
        "claim": "Übernehmen",
        "link": "geht als Link",
        "type": "Dateien dieser Art",
        "large": "höchstens 20 MB",
        "attach": "Anhängen",
    },
    "en": {
        "claim": "Claim",
        "link": "goes as a link",
        "type": "type of file",
        "large": "at most 20 MB",
        "attach": "Attach",
    },
}
#: Puts files into a drop or paste as the system would.
CARRIED = """([name, type, words]) => {
  const carried = new DataTransfer();
  carried.items.add(new File([new Uint8Array(%s)], name, { type }));
  if (words) carried.setData("text/plain", words);
  return carried;
}""" % list(PNG)  # noqa: UP031


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    made = {"cup.png": PNG, "invoice.pdf": PDF, "page.html": b"<html>hi</html>", "huge.pdf": PDF + bytes(21 * 2**20)}
    for name, content in made.items():
        (tmp_path / name).write_bytes(content)
    return {name: str(tmp_path / name) for name in made}


def claimed(
    browser: Browser, service: Service, streams: redis_sync.Redis, ref: str, language: str = "en", **options: Any
) -> Page:
    """The ticket of a customer on WhatsApp, claimed; the way takes PNG and no PDF."""
    customer = f"cus_{ref}"
    way = Route(channel="whatsapp", files={"image/png": 5_000_000})
    streams.set(f"route:{partition(customer)}:{customer}", way.model_dump_json())
    streams.xadd(
        f"events:{partition(customer)}", {"event": handoff(ref, customer, channel="whatsapp").model_dump_json()}
    )
    page = opened(browser, service, ref, locale=language, **options)
    page.locator("[data-action=claim]").click()
    expect(page.locator("[data-action=reply]")).to_be_visible()
    return page


def sent(streams: redis_sync.Redis, ref: str, page: Page) -> dict[str, Any]:
    """The message that `bot` is told of."""
    while True:
        entries = streams.xrevrange(f"outbound:{partition(f'cus_{ref}')}")
        for _, fields in entries:  # type: ignore[union-attr]
            found: dict[str, Any] = json.loads(fields["command"])
            if found["type"] == "message" and found["ticket_ref"] == ref:
                return found
        page.wait_for_timeout(20)


@pytest.mark.parametrize("language", ["de", "en"])
def test_files_are_chosen_shown_with_what_becomes_of_them_and_sent(
    browser: Browser, service: Service, streams: redis_sync.Redis, files: dict[str, str], language: str
) -> None:
    ref, texts = f"F-7100{len(language)}{language}", TEXTS[language]
    page = claimed(browser, service, streams, ref, language)
    send = page.locator(".composer button", has_text="Senden" if language == "de" else "Send")
    expect(send).to_be_disabled()
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name=texts["attach"]).click()
    chooser.value.set_files([files["cup.png"], files["invoice.pdf"], files["page.html"], files["huge.pdf"]])
    expect(page.locator(".held.ready")).to_have_count(2)
    expect(page.locator(".held.ready img")).to_have_count(1)
    expect(page.locator(".held", has_text="invoice.pdf")).to_contain_text(texts["link"])
    expect(page.locator(".held", has_text="cup.png")).not_to_contain_text(texts["link"])
    expect(page.locator(".held.failed", has_text="page.html")).to_contain_text(texts["type"])
    expect(page.locator(".held.failed", has_text="huge.pdf")).to_contain_text(texts["large"])
    send.click()
    expect(page.locator(".held")).to_have_count(0)
    command = sent(streams, ref, page)
    assert [one["name"] for one in command["attachments"]] == ["cup.png", "invoice.pdf"] and command["text"] == ""
    bubble = page.locator(".message.agent")
    expect(bubble.locator(".picture img")).to_be_visible()
    assert bubble.locator(".picture img").evaluate("image => image.decode().then(() => image.naturalWidth)") == 1
    expect(bubble.locator("a.file", has_text="invoice.pdf")).to_be_visible()


def test_a_file_is_dropped_on_the_thread_or_pasted_and_words_stay_words(
    browser: Browser, service: Service, streams: redis_sync.Redis
) -> None:
    page = claimed(browser, service, streams, "F-72001")
    dropped = page.evaluate_handle(CARRIED, ["dropped.png", "image/png", ""])
    # A browser tells again and again that something is held over the page, and the page forgets it when it stops.
    page.evaluate(
        """(carried) => (window.holding = setInterval(() => document.querySelector(".messages").dispatchEvent(
          new DragEvent("dragover", { dataTransfer: carried, bubbles: true, cancelable: true })), 50))""",
        dropped,
    )
    expect(page.locator(".composer.over .drop")).to_be_visible()
    page.evaluate("clearInterval(holding)")
    page.dispatch_event(".messages", "drop", {"dataTransfer": dropped})
    expect(page.locator(".held.ready", has_text="dropped.png")).to_be_visible()
    expect(page.locator(".drop")).to_have_count(0)
    paste = """(carried) => document.querySelector("#compose").dispatchEvent(
      new ClipboardEvent("paste", { clipboardData: carried, bubbles: true, cancelable: true }))"""
    page.evaluate(paste, page.evaluate_handle(CARRIED, ["pasted.png", "image/png", ""]))
    expect(page.locator(".held.ready", has_text="pasted.png")).to_be_visible()
    page.evaluate(paste, page.evaluate_handle(CARRIED, ["table.png", "image/png", "1\t2"]))
    expect(page.locator(".held")).to_have_count(2)
    page.locator(".switch button").nth(1).click()
    expect(page.locator(".held")).to_have_count(0)
    expect(page.locator(".attach")).to_have_count(0)
    page.locator(".switch button").nth(0).click()
    expect(page.locator(".held")).to_have_count(2)


def test_files_wait_through_a_reload_and_one_is_taken_back_by_keyboard(
    browser: Browser, service: Service, streams: redis_sync.Redis, files: dict[str, str]
) -> None:
    page = claimed(browser, service, streams, "F-73001")
    page.set_input_files("#attach", [files["cup.png"], files["invoice.pdf"]])
    expect(page.locator(".held.ready")).to_have_count(2)
    page.reload()
    expect(page.locator(".held.ready")).to_have_count(2)
    with page.expect_response(lambda answer: answer.request.method == "DELETE") as gone:
        page.get_by_role("button", name="Remove cup.png").focus()
        page.keyboard.press("Enter")
    assert gone.value.status == 204
    page.fill("#compose", "Your invoice")
    page.keyboard.press("Enter")
    assert [one["name"] for one in sent(streams, "F-73001", page)["attachments"]] == ["invoice.pdf"]


def test_a_lost_connection_is_told_and_the_same_file_tried_again(
    browser: Browser, service: Service, streams: redis_sync.Redis, files: dict[str, str]
) -> None:
    page = claimed(browser, service, streams, "F-74001")
    page.route("**/files?**", lambda route: route.abort())
    page.set_input_files("#attach", files["cup.png"])
    expect(page.locator(".held.failed")).to_contain_text("cannot be reached")
    page.unroute("**/files?**")
    page.locator(".held .link").click()
    expect(page.locator(".held.ready")).to_have_count(1)


def test_while_a_file_is_on_its_way_nothing_is_sent_without_it(
    browser: Browser, service: Service, streams: redis_sync.Redis, files: dict[str, str]
) -> None:
    page = claimed(browser, service, streams, "F-75001")
    held: list[Any] = []
    page.route("**/files?**", lambda route: held.append(route))
    page.set_input_files("#attach", files["cup.png"])
    expect(page.locator(".held progress")).to_be_visible()
    page.fill("#compose", "with a picture")
    page.keyboard.press("Enter")
    expect(page.locator("#compose")).to_have_value("with a picture")
    while not held:  # the page shows what it does before the request is on its way
        page.wait_for_timeout(20)
    held[0].continue_()
    expect(page.locator(".held.ready")).to_have_count(1)
    page.keyboard.press("Enter")
    assert len(sent(streams, "F-75001", page)["attachments"]) == 1


def test_a_file_that_the_service_has_forgotten_is_told_and_the_words_come_back(
    browser: Browser, service: Service, streams: redis_sync.Redis, files: dict[str, str]
) -> None:
    page = claimed(browser, service, streams, "F-76001")
    page.set_input_files("#attach", [files["cup.png"], files["invoice.pdf"]])
    expect(page.locator(".held.ready")).to_have_count(2)
    page.evaluate(
        """async () => {
          const { csrf } = await (await fetch("/api/v1/session")).json();
          const key = Object.keys(localStorage).find((one) => /^faden\\.files\\..*\\.F-76001$/.test(one));
          const [first] = JSON.parse(localStorage.getItem(key));
          const headers = { "X-CSRF-Token": csrf };
          await fetch(`/api/v1/tickets/F-76001/files/${first.id}`, { method: "DELETE", headers });
        }"""
    )
    page.fill("#compose", "two files")
    page.keyboard.press("Enter")
    expect(page.locator(".toast")).to_contain_text("not here any more")
    expect(page.locator("#compose")).to_have_value("two files")
    expect(page.locator(".held.ready")).to_have_text(["invoice.pdf0.1 kB · goes as a link"])


@pytest.mark.parametrize(("theme", "language"), [("light", "de"), ("dark", "en")])
def test_attached_files_are_accessible_and_fit_a_phone(
    browser: Browser, service: Service, streams: redis_sync.Redis, files: dict[str, str], theme: str, language: str
) -> None:
    options = {"color_scheme": theme, "viewport": {"width": 1440, "height": 900}}
    page = claimed(browser, service, streams, f"F-7700{len(theme)}", language, **options)
    page.set_input_files("#attach", [files["cup.png"], files["invoice.pdf"], files["page.html"]])
    expect(page.locator(".held.ready")).to_have_count(2)
    expect(page.locator(".held.failed")).to_have_count(1)
    assert [found["id"] for found in Axe().run(page).response["violations"]] == []
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert [found["id"] for found in Axe().run(page).response["violations"]] == []
