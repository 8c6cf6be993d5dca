"""The desk by keyboard alone, by ear, from right to left, on a low screen and in colours of the reader's own."""

from __future__ import annotations

from playwright.sync_api import Browser

from tests.browser.desk.room import Push, opened
from tests.browser.lines import EXPECTED, MIXED, RUNS
from tests.desk import Service, handoff, message

NARROW = {"width": 640, "height": 400}


def test_each_line_runs_as_its_words_do(browser: Browser, service: Service, push: Push) -> None:
    push(handoff("F-87006", "cus_both_ways", thread=(message(MIXED),)))
    page = opened(browser, service, "F-87006")
    assert page.locator(".message.customer .text").evaluate(RUNS) == EXPECTED
