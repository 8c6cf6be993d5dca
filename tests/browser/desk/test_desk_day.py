"""An agent's day in Chromium against the real service: tickets arrive live, are claimed,
answered, corrected and resolved."""

from __future__ import annotations

from typing import Any

import pytest
import redis as redis_sync
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, Route, expect

from tests.browser.desk.room import Push, last_command
from tests.desk import EMAIL, PASSWORD, Service, appended, handoff, message
from tickets.contracts import Delivery

TEXTS: dict[str, dict[str, str]] = {
    "de": {
        "claim": "Übernehmen",
        "sending": "Wird gesendet",
        "sent": "Gesendet",
        "taken": "hat dieses Ticket schon",
        "angry": "verärgert",
    },
    "en": {"claim": "Claim", "sending": "Sending", "sent": "Sent", "taken": "has this ticket", "angry": "angry"},
}


def logged_in(browser: Browser, service: Service, language: str = "en", **options: Any) -> Page:
    """Through the form, as an agent does."""
    page = browser.new_context(locale=language, **options).new_page()
    page.goto(service.url)
    page.fill("[name=email]", EMAIL)
    page.fill("[name=password]", PASSWORD)
    page.click("form .primary")
    expect(page.locator(".live.on")).to_be_visible()
    return page


def shown(page: Page, name: str) -> Locator:
    """The line of a ticket that arrives: by itself in an empty list, else behind the button that tells of it."""
    line, news = page.locator(".line", has_text=name), page.locator(".news button")
    expect(line.or_(news)).to_be_visible()
    if not line.is_visible():
        news.click()
    return line


@pytest.mark.parametrize("language", ["de", "en"])
def test_an_agent_claims_answers_and_sees_it_arrive(
    browser: Browser, service: Service, streams: redis_sync.Redis, push: Push, language: str
) -> None:
    ref, customer_id, texts = f"F-8100{len(language)}{language}", f"cus_{language}", TEXTS[language]
    page = logged_in(browser, service, language)
    push(handoff(ref, customer_id, customer={"id": customer_id, "name": f"Anna {language}"}))
    line = shown(page, f"Anna {language}")
    line.click()
    expect(page.locator(".message.customer")).to_have_count(2)
    expect(page.locator(".packet .wanted")).to_contain_text("NL-20417")
    expect(page.locator("[data-action=claim]")).to_have_text(texts["claim"])
    page.keyboard.press("c")
    expect(page.locator("[data-action=reply]")).to_be_visible()
    page.fill("#compose", "Ich sehe nach.")
    page.keyboard.press("Enter")
    expect(page.locator(".message.agent .state")).to_contain_text(texts["sending"])
    sent = last_command(streams, customer_id)
    while sent["type"] != "message":
        page.wait_for_timeout(20)
        sent = last_command(streams, customer_id)
    joined = message("Ich sehe nach.", "agent", id=sent["client_id"], client_id=sent["client_id"], author_name="Admin")
    push(appended(ref, joined, customer_id), appended(ref, message("Danke!"), customer_id))
    expect(page.locator(".message.agent .state")).to_contain_text(texts["sent"])
    expect(page.locator(".message.agent")).to_have_count(1)
    expect(page.locator(".message").last).to_contain_text("Danke!")
    page.select_option(".scores select >> nth=-1", "angry")
    expect(page.locator(".scores select").last).to_have_value("angry")


def test_two_agents_see_who_was_faster(browser: Browser, service: Service, push: Push) -> None:
    push(handoff("F-82001", "cus_race", customer={"id": "cus_race", "name": "Rasmus Race"}))
    slow = logged_in(browser, service, "de")
    slow.goto(f"{service.url}/#F-82001")
    slow.reload()
    expect(slow.locator("[data-action=claim]")).to_be_visible()
    held: list[Route] = []
    slow.route("**/F-82001/claim", lambda route: held.append(route))
    slow.locator("[data-action=claim]").click()
    rival = logged_in(browser, service)
    made = rival.evaluate(
        """async () => {
          const csrf = (await (await fetch("/api/v1/session")).json()).csrf;
          const headers = {"X-CSRF-Token": csrf, "Content-Type": "application/json"};
          const post = async (path, data) => {
            const body = JSON.stringify(data);
            return (await fetch(`/api/v1${path}`, {method: "POST", headers, body})).json();
          };
          const agent = await post("/agents", {email: "berta@example.com", name: "Berta"});
          return await post("/tickets/F-82001/assign", {agent_id: agent.id});
        }"""
    )
    assert made["assignee"]["name"] == "Berta"
    expect(slow.locator(".head")).to_contain_text("Berta")
    held[0].continue_()
    expect(slow.locator(".toast")).to_contain_text(f"Berta {TEXTS['de']['taken']}")
    # What a colleague has is no longer offered; an admin may take it over where tickets are given.
    expect(slow.locator("[data-action=claim]")).to_have_count(0)
    expect(slow.locator(".via")).to_contain_text("Berta hat dieses Ticket")
    slow.locator(".menu summary").click()
    slow.get_by_role("group", name="Übergeben an").get_by_role("button", name="Admin").click()
    expect(slow.locator("[data-action=reply]")).to_be_visible()


def test_a_dead_letter_is_shown_with_its_reason_and_tried_again(
    browser: Browser, service: Service, streams: redis_sync.Redis, push: Push
) -> None:
    said = message("Ihr Paket ist da.", "agent", id="client-dead", client_id="client-dead", channel="telegram")
    own = {"customer_id": "cus_dead", "ticket_ref": "F-83001", "cursor": said.cursor, "client_id": "client-dead"}
    push(handoff("F-83001", "cus_dead"), appended("F-83001", said, "cus_dead"))
    page = logged_in(browser, service)
    page.goto(f"{service.url}/#F-83001")
    page.reload()
    expect(page.locator(".message.agent .state")).to_be_visible()
    push(Delivery.model_validate({"state": "failed", "reason": "blocked by the user", **own}))
    expect(page.locator(".state.failed")).to_contain_text("blocked by the user")
    page.locator(".state.failed button").click()
    expect(page.locator(".state.sending")).to_be_visible()
    push(Delivery.model_validate({"state": "delivered", **own}))
    expect(page.locator(".state.delivered")).to_be_visible()


def test_a_reason_that_the_bot_gives_is_told_in_the_agent_s_language(
    browser: Browser, service: Service, push: Push
) -> None:
    said = message("Ihr Paket ist da.", "agent", id="client-stop", client_id="client-stop", channel="sms")
    own = {"customer_id": "cus_stop", "ticket_ref": "F-83002", "cursor": said.cursor, "client_id": "client-stop"}
    push(handoff("F-83002", "cus_stop"), appended("F-83002", said, "cus_stop"))
    push(Delivery.model_validate({"state": "failed", "reason": "the customer has opted out on sms", **own}))
    page = logged_in(browser, service, "de")
    page.goto(f"{service.url}/#F-83002")
    page.reload()
    expect(page.locator(".state.failed")).to_contain_text("Nicht gesendet: über SMS sind keine Nachrichten erwünscht")


def test_a_desk_that_lost_its_connection_misses_nothing(browser: Browser, service: Service, push: Push) -> None:
    push(handoff("F-84001", "cus_gone"))
    page = logged_in(browser, service)
    page.goto(f"{service.url}/#F-84001")
    page.reload()
    expect(page.locator(".message")).to_have_count(3)
    page.context.set_offline(True)
    service.kill()
    expect(page.locator(".live.off")).to_be_visible()
    push(appended("F-84001", message("Hört mich jemand?"), "cus_gone"))
    service.start()
    service.wait_until_ready()  # on a busy machine that alone may take longer than a desk's patience
    page.context.set_offline(False)
    expect(page.locator(".message").last).to_contain_text("Hört mich jemand?", timeout=30_000)
    expect(page.locator(".message")).to_have_count(4)


@pytest.mark.parametrize(("theme", "language"), [("light", "de"), ("dark", "en")])
def test_a_full_desk_is_accessible_and_fits_a_phone(
    browser: Browser, service: Service, push: Push, theme: str, language: str
) -> None:
    ref = f"F-8500{len(theme)}"
    push(
        handoff(
            ref,
            f"cus_{theme}",
            customer={"id": f"cus_{theme}", "name": "Donaudampfschifffahrtsgesellschaftskapitän " * 2},
        )
    )
    page = logged_in(browser, service, language, color_scheme=theme, viewport={"width": 1440, "height": 900})
    page.goto(f"{service.url}/#{ref}")
    page.reload()
    page.locator("[data-action=claim]").click()
    expect(page.locator("[data-action=reply]")).to_be_visible()
    assert [found["id"] for found in Axe().run(page).response["violations"]] == []
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.locator(".head .narrow").click()
    expect(page.locator(".scores select").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
