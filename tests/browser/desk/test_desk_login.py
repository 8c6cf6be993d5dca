"""The desk in Chromium against the real tickets service: log-in and the empty queue, in both languages and themes."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.desk.room import PHONE, violations
from tests.desk import EMAIL, PASSWORD, Service

TEXTS: dict[str, dict[str, str]] = {
    "de": {"submit": "Anmelden", "wrong": "stimmt nicht", "empty": "Niemand wartet", "logout": "Abmelden"},
    "en": {"submit": "Log in", "wrong": "is not right", "empty": "Nobody is waiting", "logout": "Log out"},
}


def open_desk(browser: Browser, service: Service, language: str = "en", **options: Any) -> Page:
    page = browser.new_context(locale=language, **options).new_page()
    page.goto(service.url)
    expect(page.locator("form")).to_be_visible()
    return page


def log_in(page: Page, password: str = PASSWORD) -> None:
    page.fill("[name=email]", EMAIL)
    page.fill("[name=password]", password)
    page.click("form .primary")


@pytest.mark.parametrize("language", ["de", "en"])
def test_an_agent_logs_in_and_reads_what_belongs_into_the_empty_queue(
    browser: Browser, service: Service, language: str
) -> None:
    page, texts = open_desk(browser, service, language), TEXTS[language]
    expect(page.locator("form .primary")).to_have_text(texts["submit"])
    log_in(page)
    expect(page.locator(".queue .blank")).to_contain_text(texts["empty"])
    expect(page.locator(".live.on")).to_be_visible()


def test_a_wrong_password_is_explained_and_the_form_stays(browser: Browser, service: Service) -> None:
    page = open_desk(browser, service)
    log_in(page, "not-the-password")
    expect(page.locator(".problem")).to_contain_text(TEXTS["en"]["wrong"])
    expect(page.locator("form .primary")).to_be_enabled()


def test_the_language_switches_and_stays_after_reload(browser: Browser, service: Service) -> None:
    page = open_desk(browser, service, "de")
    log_in(page)
    page.get_by_text("English", exact=True).click()
    expect(page.get_by_text(TEXTS["en"]["logout"])).to_be_visible()
    page.reload()
    expect(page.get_by_text(TEXTS["en"]["logout"])).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_log_in_and_desk_are_accessible(browser: Browser, service: Service, theme: str) -> None:
    page = open_desk(browser, service, color_scheme=theme)
    assert violations(page) == []
    log_in(page)
    expect(page.locator(".queue .blank")).to_be_visible()
    assert violations(page) == []


def test_a_phone_shows_one_pane_without_sideways_scrolling(browser: Browser, service: Service) -> None:
    page = open_desk(browser, service, "de", viewport=PHONE)
    log_in(page)
    expect(page.locator(".queue .blank")).to_be_visible()
    expect(page.locator(".thread")).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
