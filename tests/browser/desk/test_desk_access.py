"""The desk by keyboard alone, by ear, from right to left, on a low screen and in colours of the reader's own."""

from __future__ import annotations

from playwright.sync_api import Browser, expect

from tests.browser.desk.room import Push, desk, opened
from tests.browser.lines import EXPECTED, MIXED, RUNS
from tests.desk import Service, handoff, message

NARROW = {"width": 640, "height": 400}


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
