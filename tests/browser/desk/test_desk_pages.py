"""The pages beside the queue: agents, tokens, events set aside."""

from __future__ import annotations

import redis as redis_sync
from playwright.sync_api import Browser, expect

from tests.browser.desk.room import desk
from tests.desk import Service


def test_an_admin_makes_resets_and_disables_an_agent(browser: Browser, service: Service) -> None:
    page = desk(browser, service, "#/agents")
    page.fill("[name=name]", "Frieda")
    page.fill(".fields [name=email]", "frieda@example.com")
    page.click(".fields .primary")
    first = page.locator(".once input").input_value()
    assert len(first) > 10
    frieda = desk(browser, service, login=("frieda@example.com", first))
    frieda.locator("button.me").click()
    expect(frieda.get_by_role("button", name="Agents")).to_have_count(0)
    frieda.fill("[name=old]", first)
    frieda.fill("[name=new]", "her-own-password")
    frieda.click(".fields .primary")
    expect(frieda.locator(".toast")).to_contain_text("password is changed")
    expect(frieda.locator(".live.on")).to_be_visible()
    row = page.locator(".rows li", has_text="Frieda")
    row.get_by_role("button", name="New password").click()
    row.get_by_role("button", name="sure?").click()
    expect(page.locator(".once input")).not_to_have_value(first)
    row.get_by_role("button", name="Disable").click()
    expect(row).to_contain_text("disabled")
    frieda.reload()
    expect(frieda.locator("[name=password]")).to_be_visible()


def test_a_token_is_shown_once_and_revoked(browser: Browser, service: Service) -> None:
    page = desk(browser, service, "#/tokens")
    page.fill("[name=name]", "nightly report")
    page.click(".fields .primary")
    token = page.locator(".once input").input_value()
    asked = page.context.request.get(
        f"{service.url}/api/v1/tickets", headers={"Authorization": f"Bearer {token}", "Cookie": ""}
    )
    assert asked.ok
    page.reload()
    assert token not in page.content()
    row = page.locator(".rows li", has_text="nightly report")
    row.get_by_role("button").click()
    row.get_by_role("button", name="sure?").click()
    expect(row).to_have_count(0)


def test_what_is_typed_before_the_next_paint_reaches_the_commands(browser: Browser, service: Service) -> None:
    page = desk(browser, service)
    page.evaluate("requestAnimationFrame = () => 0")
    page.evaluate("""() => {
        dispatchEvent(new KeyboardEvent("keydown", {key: "k", ctrlKey: true}));
        return new Promise((done) => queueMicrotask(() => queueMicrotask(() => queueMicrotask(done))));
    }""")
    assert page.evaluate("document.activeElement.getAttribute('role')") == "combobox"


def test_events_set_aside_are_shown_with_their_reason_and_can_be_tried_again(
    browser: Browser, service: Service, streams: redis_sync.Redis
) -> None:
    streams.xadd("events:{p00}", {"event": '{"type": "owner", "customer_id": "cus_bad"}'})
    page = desk(browser, service)
    page.keyboard.press("Control+k")
    page.keyboard.type("events set aside")
    page.keyboard.press("Enter")
    row = page.locator(".rows li", has_text="owner.epoch")
    expect(row).to_be_visible()
    row.get_by_role("button").click()
    expect(row.locator(".problem")).not_to_be_empty()
