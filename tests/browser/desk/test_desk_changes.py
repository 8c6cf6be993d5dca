"""An edited message shows its newest words at the desk, a deleted one that it was deleted;
what they said is one click away."""

from __future__ import annotations

from playwright.sync_api import Browser, expect

from tests.browser.desk.room import Push, opened, violations
from tests.desk import Service, appended, changed, handoff, message


def test_an_edit_arrives_live_and_the_former_words_are_one_click_away(
    browser: Browser, service: Service, push: Push
) -> None:
    push(handoff("F-86401", "cus_edits"))
    said = message("Is it <b>blue</b>?", channel="telegram")
    push(appended("F-86401", said, "cus_edits"))
    page = opened(browser, service, "F-86401")
    bubble = page.locator(".message").last
    expect(bubble).to_contain_text("Is it <b>blue</b>?")
    push(appended("F-86401", changed(said, "Is it red?", "Is it <b>blue</b>?"), "cus_edits"))
    expect(bubble.locator("> .text")).to_have_text("Is it red?")
    expect(bubble.locator(".badge").last).to_have_text("edited")
    expect(bubble).not_to_contain_text("blue")
    bubble.get_by_role("button", name="What it said before").press("Enter")
    expect(bubble.locator(".former .text")).to_have_text("Is it <b>blue</b>?")
    assert violations(page) == []


def test_a_deleted_message_says_so_in_german_on_a_phone(browser: Browser, service: Service, push: Push) -> None:
    push(handoff("F-86402", "cus_gone3"))
    said = message("Geheim", channel="instagram")
    push(appended("F-86402", said, "cus_gone3"))
    push(appended("F-86402", changed(said, "", "Geheim", deleted=True), "cus_gone3"))
    page = opened(browser, service, "F-86402", locale="de", color_scheme="dark", viewport={"width": 390, "height": 844})
    bubble = page.locator(".message").last
    expect(bubble).to_contain_text("von Kundenseite gelöscht")
    expect(bubble).not_to_contain_text("Geheim")
    bubble.get_by_role("button", name="Was vorher dastand").click()
    expect(bubble).to_contain_text("Geheim")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
