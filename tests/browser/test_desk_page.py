"""The desk in Chromium against the real tickets service: log-in and the empty queue, in both languages and themes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.conftest import free_port, tool

EMAIL, PASSWORD = "admin@example.com", "a-long-test-password"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
TEXTS: dict[str, dict[str, str]] = {
    "de": {"submit": "Anmelden", "wrong": "stimmt nicht", "empty": "Niemand wartet", "logout": "Abmelden"},
    "en": {"submit": "Log in", "wrong": "is not right", "empty": "Nobody is waiting", "logout": "Log out"},
}


@pytest.fixture(scope="module")
def desk_url(own_redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    port = free_port()
    settings = {"TICKETS_PORT": str(port), "REDIS_URL": own_redis_url, "VAR_DIR": str(tmp_path_factory.mktemp("var")),
                "DESK_ADMIN_EMAIL": EMAIL, "DESK_ADMIN_PASSWORD": PASSWORD}  # fmt: skip
    service = subprocess.Popen([sys.executable, "-m", "tickets"], env={**os.environ, **settings}, cwd=Path(__file__).parents[2])
    try:
        wait_until_ready(f"http://127.0.0.1:{port}", service)
        yield f"http://127.0.0.1:{port}"
    finally:
        service.terminate()
        service.wait(15)


def wait_until_ready(url: str, service: subprocess.Popen[bytes]) -> None:
    for _ in range(150):
        assert service.poll() is None, "the tickets service ended by itself"
        try:
            with urllib.request.urlopen(f"{url}/readyz", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise TimeoutError(url)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=tool("chromium"), args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(autouse=True)
def close_pages(browser: Browser) -> Iterator[None]:
    """An open page would hold its socket, and with it the service, until the module ends."""
    yield
    for context in browser.contexts:
        context.close()


def open_desk(browser: Browser, url: str, language: str = "en", **options: Any) -> Page:
    page = browser.new_context(locale=language, **options).new_page()
    page.goto(url)
    expect(page.locator("form")).to_be_visible()
    return page


def log_in(page: Page, password: str = PASSWORD) -> None:
    page.fill("[name=email]", EMAIL)
    page.fill("[name=password]", password)
    page.click("form .primary")


def violations(page: Page) -> list[str]:
    return [found["id"] for found in Axe().run(page).response["violations"]]


@pytest.mark.parametrize("language", ["de", "en"])
def test_an_agent_logs_in_and_reads_what_belongs_into_the_empty_queue(browser: Browser, desk_url: str, language: str) -> None:
    page, texts = open_desk(browser, desk_url, language), TEXTS[language]
    expect(page.locator("form .primary")).to_have_text(texts["submit"])
    log_in(page)
    expect(page.locator(".queue .blank")).to_contain_text(texts["empty"])
    expect(page.locator(".live.on")).to_be_visible()


def test_a_wrong_password_is_explained_and_the_form_stays(browser: Browser, desk_url: str) -> None:
    page = open_desk(browser, desk_url)
    log_in(page, "not-the-password")
    expect(page.locator(".problem")).to_contain_text(TEXTS["en"]["wrong"])
    expect(page.locator("form .primary")).to_be_enabled()


def test_the_language_switches_and_stays_after_reload(browser: Browser, desk_url: str) -> None:
    page = open_desk(browser, desk_url, "de")
    log_in(page)
    page.get_by_text("English", exact=True).click()
    expect(page.get_by_text(TEXTS["en"]["logout"])).to_be_visible()
    page.reload()
    expect(page.get_by_text(TEXTS["en"]["logout"])).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_log_in_and_desk_are_accessible(browser: Browser, desk_url: str, theme: str) -> None:
    page = open_desk(browser, desk_url, color_scheme=theme)
    assert violations(page) == []
    log_in(page)
    expect(page.locator(".queue .blank")).to_be_visible()
    assert violations(page) == []


def test_a_phone_shows_one_pane_without_sideways_scrolling(browser: Browser, desk_url: str) -> None:
    page = open_desk(browser, desk_url, "de", viewport={"width": 360, "height": 740})
    log_in(page)
    expect(page.locator(".queue .blank")).to_be_visible()
    expect(page.locator(".thread")).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
