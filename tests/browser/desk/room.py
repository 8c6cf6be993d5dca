"""What the desk's tests do in the browser."""

from __future__ import annotations

import functools
import json
import urllib.request
from collections.abc import Callable
from typing import Any

import redis as redis_sync
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.desk import EMAIL, PASSWORD, Service
from tickets.contracts import partition

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PHONE = {"width": 360, "height": 740}
Push = Callable[..., None]
#: Answers of the API in the page's own session.
ASK = """async ([method, path, body]) => {
  const csrf = (await (await fetch("/api/v1/session")).json()).csrf;
  const headers = {"X-CSRF-Token": csrf, "Content-Type": "application/json"};
  return (await fetch(`/api/v1${path}`, {method, headers, body: JSON.stringify(body)})).json();
}"""


@functools.cache
def session(service: Service, email: str, password: str) -> str:
    """One log-in for all tests: each costs a hash."""
    body = json.dumps({"email": email, "password": password}).encode()
    asked = urllib.request.Request(f"{service.url}/api/v1/session", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(asked) as answer:
        return str(answer.headers["Set-Cookie"]).partition(";")[0].partition("=")[2]


def desk(
    browser: Browser, service: Service, at: str = "", login: tuple[str, str] = (EMAIL, PASSWORD), **options: Any
) -> Page:
    context = browser.new_context(**{"locale": "en", **options})
    context.add_cookies([{"name": "faden_desk", "value": session(service, *login), "url": service.url}])
    page = context.new_page()
    page.goto(f"{service.url}/{at}")
    expect(page.locator(".live.on")).to_be_visible()
    return page


def opened(browser: Browser, service: Service, ref: str, **options: Any) -> Page:
    page = desk(browser, service, f"#{ref}", **options)
    expect(page.locator(".message").first).to_be_visible()
    return page


def violations(page: Page) -> list[str]:
    return [found["id"] for found in Axe().run(page).response["violations"]]


def last_command(streams: redis_sync.Redis, customer_id: str) -> dict[str, Any]:
    entries = streams.xrevrange(f"outbound:{partition(customer_id)}", count=1)
    return dict(json.loads(entries[0][1]["command"])) if entries else {"type": ""}  # type: ignore[index]
