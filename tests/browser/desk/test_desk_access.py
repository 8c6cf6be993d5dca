"""The desk by keyboard alone, by ear, from right to left, on a low screen and in colours of the reader's own."""

from __future__ import annotations

from playwright.sync_api import Browser, expect

from tests.browser.desk.room import Push, desk, opened
from tests.browser.lines import EXPECTED, MIXED, RUNS
from tests.desk import Service, handoff, message

NARROW = {"width": 640, "height": 400}


def test_the_focus_goes_along_to_the_pane_that_takes_the_place_of_another(
    browser: Browser, service: Service, push: Push
) -> None:
    push(handoff("F-87001", "cus_keys", customer={"id": "cus_keys", "name": "Kim Keys"}))
    page = desk(browser, service, viewport=NARROW)
    page.locator("button.line", has_text="Kim Keys").press("Enter")
    expect(page.get_by_role("region", name="Thread")).to_be_focused()
    page.get_by_role("button", name="Customer and context").press("Enter")
    expect(page.get_by_role("complementary", name="Customer and context")).to_be_focused()
    page.locator(".packet").get_by_role("button", name="Back").press("Enter")
    expect(page.get_by_role("region", name="Thread")).to_be_focused()
    page.locator(".head").get_by_role("button", name="Back").press("Enter")
    expect(page.get_by_role("region", name="Tickets")).to_be_focused()


def test_an_action_is_undone_by_a_key_and_the_focus_stays_on_the_page(
    browser: Browser, service: Service, push: Push
) -> None:
    push(handoff("F-87002", "cus_undo"))
    page = opened(browser, service, "F-87002")
    for key, told, then in (("c", "You claimed", "reply"), ("u", "is back in the queue", "claim")):
        page.keyboard.press(key)
        expect(page.locator(".toast")).to_contain_text(told)
        expect(page.locator(f"[data-action={then}]")).to_be_visible()
    page.locator("[data-action=claim]").press("Enter")
    expect(page.locator(".toast")).to_contain_text("You claimed")
    expect(page.locator("[data-action=reply]")).to_be_visible()
    page.locator(".toast").get_by_role("button", name="Undo").press("Enter")
    expect(page.get_by_role("region", name="Thread")).to_be_focused()
    expect(page.locator("[data-action=claim]")).to_be_visible()


def test_single_letters_can_be_switched_off(browser: Browser, service: Service, push: Push) -> None:
    push(handoff("F-87003", "cus_voice"))
    page = desk(browser, service, "#/account")
    page.get_by_role("checkbox", name="Single letters are commands").uncheck()
    page.get_by_role("button", name="Back to the desk").click()
    page.reload()
    expect(page.locator(".live.on")).to_be_visible()
    page.keyboard.press("?")
    page.keyboard.press("Control+k")
    expect(page.get_by_role("dialog", name="Commands")).to_be_visible()
    expect(page.get_by_role("dialog", name="Keys")).to_have_count(0)


def test_what_looks_alike_tells_apart_what_it_is_about(browser: Browser, service: Service, push: Push) -> None:
    thread = (message("First.", anger=0.1), message("Second!", anger=0.8))
    push(handoff("F-87004", "cus_ear", thread=thread))
    page = opened(browser, service, "F-87004")
    asked = page.get_by_role("combobox", name="How angry was it?")
    expect(asked.first).to_have_accessible_description("First.")
    expect(asked.last).to_have_accessible_description("Second!")
    expect(page.locator("#compose")).to_have_accessible_description(
        "Claim the ticket to reply. Notes are always possible."
    )


def test_what_is_said_is_read_out_in_the_language_it_was_said_in(
    browser: Browser, service: Service, push: Push
) -> None:
    push(handoff("F-87008", "cus_voice_of", thread=(message("Guten Tag!"), message("**Hallo**", "bot"))))
    page = opened(browser, service, "F-87008")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    for author in ("customer", "bot"):
        expect(page.locator(f".message.{author} .text")).to_have_attribute("lang", "de")


def test_a_name_does_not_carry_off_the_words_beside_it(browser: Browser, service: Service, push: Push) -> None:
    push(handoff("F-87009", "cus_names"))
    page = opened(browser, service, "F-87009")
    page.get_by_role("searchbox").fill("אבי (1)")
    told = page.locator(".queue .blank")
    expect(told).to_have_text("Nothing found for “\u2068אבי (1)\u2069” in this view.")


def test_how_many_a_search_finds_is_told(browser: Browser, service: Service, push: Push) -> None:
    push(handoff("F-87005", "cus_found", customer={"id": "cus_found", "name": "Zora Zufall"}))
    page = desk(browser, service, "#F-87005")
    expect(page.locator(".message").first).to_be_visible()
    page.get_by_role("searchbox").fill("Zora Zufall")
    told = page.locator(".queue [role=status]")
    expect(told).to_have_text("1 ticket")
    page.get_by_role("searchbox").fill("nobody of this name")
    expect(told).to_have_text("0 tickets")


def test_each_line_runs_as_its_words_do(browser: Browser, service: Service, push: Push) -> None:
    push(handoff("F-87006", "cus_both_ways", thread=(message(MIXED),)))
    page = opened(browser, service, "F-87006")
    assert page.locator(".message.customer .text").evaluate(RUNS) == EXPECTED


def test_on_a_low_screen_the_talk_can_be_read_and_the_answer_be_written(
    browser: Browser, service: Service, push: Push
) -> None:
    push(handoff("F-87007", "cus_low"))
    page = opened(browser, service, "F-87007", viewport=NARROW)
    log = page.locator(".log").bounding_box()
    assert log and log["height"] > NARROW["height"] / 2
    page.keyboard.press("n")
    expect(page.locator("#compose")).to_be_focused()
    expect(page.locator("#compose")).to_be_in_viewport(ratio=1)


def test_with_colours_of_the_reader_what_is_chosen_stands_out(browser: Browser, service: Service, push: Push) -> None:
    page = desk(browser, service, forced_colors="active")
    ground = "one => getComputedStyle(one).backgroundColor"
    views = page.locator(".views button")
    assert views.first.evaluate(ground) != views.last.evaluate(ground)
    page.keyboard.press("Control+k")
    options = page.get_by_role("option")
    assert options.first.evaluate(ground) != options.last.evaluate(ground)
