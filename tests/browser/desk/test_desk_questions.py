"""The page of questions in Chromium: its four states, a draft that is corrected and published, both themes, a phone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis as redis_sync
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.desk.room import desk, violations
from tests.desk import Service, appended, handoff, message
from tickets.contracts import AnyEvent, QuestionAsked, partition

REPORT = "**/api/v1/questions/report*"


@pytest.fixture(scope="module")
def knowledge(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("knowledge")


@pytest.fixture(scope="module")
def service(own_redis_url: str, tmp_path_factory: pytest.TempPathFactory, knowledge: Path) -> Iterator[Service]:
    running = Service(own_redis_url, tmp_path_factory.mktemp("desk"), KNOWLEDGE_DIR=str(knowledge))
    running.start()
    try:
        running.wait_until_ready()
        ask(running)
        yield running
    finally:
        running.stop()


SATURDAY = ("Liefert ihr auch samstags?", "Kann die Lieferung samstags kommen?", "samstags liefern möglich?")
BITCOIN = ("Kann ich mit Bitcoin bezahlen?", "nehmt ihr bitcoin?", "Bitcoin als Zahlungsart?")


def ask(service: Service) -> None:
    """Two matters, the second of which a test brings to an end."""
    for ref, texts, answer in (
        ("F-61000", SATURDAY, "samstags gegen Aufpreis von 12 €."),
        ("F-62000", BITCOIN, "bitcoin nehmen wir nicht."),
    ):
        reply = message(f"Hallo,\n{answer}\nViele Grüße\nBerta", "agent", author_name="Berta")
        push(service, handoff(ref, f"cus_0_{ref}"), appended(ref, reply, f"cus_0_{ref}"))
        for number, text in enumerate(texts):
            said = message(text)
            values: dict[str, Any] = {"outcome": "declined"} if number else {"outcome": "handed_off", "ticket_ref": ref}
            own = {"customer_id": f"cus_{number}_{ref}", "cursor": said.cursor, "at": said.at, "channel": "web"}
            push(service, QuestionAsked.model_validate({"language": "de", "text": text, **own, **values}))


def cluster(page: Page, word: str) -> Locator:
    return page.locator(".cluster", has_text=re.compile(word, re.IGNORECASE))


def push(service: Service, *events: AnyEvent) -> None:
    client = redis_sync.Redis.from_url(service.redis_url)
    for event in events:
        client.xadd(f"events:{partition(event.customer_id)}", {"event": event.model_dump_json()})
    client.close()


def test_loading_error_and_empty_say_what_is_going_on(browser: Browser, service: Service) -> None:
    page = desk(browser, service, locale="en")
    page.route(REPORT, lambda route: route.abort())
    page.get_by_role("button", name="Questions", exact=True).click()
    expect(page.locator(".page [role=alert].blank")).to_be_visible()
    page.unroute(REPORT)
    nothing = {
        "days": 30,
        "made_at": "2026-01-01T00:00:00Z",
        "asked": 0,
        "open": 0,
        "left_out": 0,
        "matters": 0,
        "resolved": 0,
        "by_week": False,
        "trend": [],
        "clusters": [],
        "more_clusters": 0,
        "used": [],
        "rejected": [],
        "overdue": [],
    }
    page.route(REPORT, lambda route: route.fulfill(json=nothing))
    page.locator(".page .blank button").click()
    expect(page.locator(".page .blank")).to_contain_text("Nobody asked anything")
    page.unroute(REPORT)
    held: list[Any] = []
    page.route(REPORT, lambda route: held.append(route))
    page.get_by_role("button", name="Refresh").click()
    expect(page.locator(".page .skeleton")).to_be_visible()
    while not held:  # the page shows what it does before the request is on its way
        page.wait_for_timeout(50)
    for route in held:
        route.continue_()
    expect(cluster(page, "samstag")).to_have_count(1, timeout=60_000)


@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 360)])
def test_the_report_is_accessible_and_fits(browser: Browser, service: Service, theme: Any, width: int) -> None:
    page = desk(browser, service, locale="de", color_scheme=theme, viewport={"width": width, "height": 800})
    page.keyboard.press("Control+k")
    expect(page.locator("dialog .ask")).to_be_focused()
    page.keyboard.type("Fragen")
    page.keyboard.press("Enter")
    expect(cluster(page, "samstag")).to_contain_text("3 Personen", timeout=60_000)
    cluster(page, "samstag").locator("summary").click()
    expect(cluster(page, "samstag").locator(".quotes").last).to_contain_text("gegen Aufpreis")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_draft_is_corrected_and_published(browser: Browser, service: Service, knowledge: Path) -> None:
    page = desk(browser, service, locale="de")
    page.goto(f"{service.url}/#/questions")
    cluster(page, "bitcoin").locator(".primary").click(timeout=60_000)
    expect(page.locator(".draft h3")).to_be_focused()
    expect(page.locator("[name=body]")).to_have_value("Bitcoin nehmen wir nicht.")
    page.fill("[name=slug]", "So nicht")
    page.locator(".draft .primary").click()
    expect(page.locator("#problem-slug")).to_be_visible()
    assert violations(page) == []
    assert not (knowledge / "de").exists()
    page.fill("[name=slug]", "bitcoin")
    page.locator(".draft .primary").click()
    expect(page.locator(".toast")).to_contain_text("Veröffentlicht")
    assert "Bitcoin nehmen" in (knowledge / "de" / "bitcoin.md").read_text("utf-8")
    expect(cluster(page, "samstag")).to_have_count(1, timeout=60_000)
    expect(cluster(page, "bitcoin")).to_have_count(0)
