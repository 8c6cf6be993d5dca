"""What an agent reads and writes at the desk, in Chromium against the real service, and the pages beside the queue."""

from __future__ import annotations

import functools
import json
import re
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import redis as redis_sync
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.conftest import tool
from tests.desk import EMAIL, PASSWORD, Service, appended, handoff, message
from tickets.contracts import AngerScored, AnyEvent, Attachment, CustomerCard, CustomersMerged, Route, partition

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
ANSWER = "So geht die **Rücksendung**:\n\n" + "\n".join(f"{n}. Schritt mit [Anleitung](https://shop.example/{n})" for n in range(1, 9))
PHONE = {"width": 360, "height": 740}
Push = Callable[..., None]
#: Answers of the API in the page's own session.
ASK = """async ([method, path, body]) => {
  const csrf = (await (await fetch("/api/v1/session")).json()).csrf;
  const headers = {"X-CSRF-Token": csrf, "Content-Type": "application/json"};
  return (await fetch(`/api/v1${path}`, {method, headers, body: JSON.stringify(body)})).json();
}"""


@pytest.fixture(scope="module")
def streams(own_redis_url: str) -> Iterator[redis_sync.Redis]:
    client = redis_sync.Redis.from_url(own_redis_url, decode_responses=True)
    yield client
    client.close()


@pytest.fixture(scope="module")
def service(own_redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    running = Service(own_redis_url, tmp_path_factory.mktemp("desk"))
    running.start()
    try:
        running.wait_until_ready()
        yield running
    finally:
        running.stop()


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


@pytest.fixture
def push(streams: redis_sync.Redis) -> Push:
    def events(*all_of_them: AnyEvent) -> None:
        for event in all_of_them:
            streams.xadd(f"events:{partition(event.customer_id)}", {"event": event.model_dump_json()})

    return events


@functools.cache
def session(service: Service, email: str, password: str) -> str:
    """One log-in for all tests: each costs a hash."""
    body = json.dumps({"email": email, "password": password}).encode()
    asked = urllib.request.Request(f"{service.url}/api/v1/session", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(asked) as answer:
        return str(answer.headers["Set-Cookie"]).partition(";")[0].partition("=")[2]


def desk(browser: Browser, service: Service, at: str = "", login: tuple[str, str] = (EMAIL, PASSWORD), **options: Any) -> Page:
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


def test_the_bot_s_marks_are_drawn_and_folded_and_the_customer_s_words_stay(browser: Browser, service: Service, push: Push) -> None:
    said = "Hilft *nicht*, <b>wirklich</b> [nicht](https://evil.example)"
    push(handoff("F-86001", "cus_marks", thread=(message(ANSWER, "bot", author_name="Fadi"), message(said))))
    page = opened(browser, service, "F-86001")
    answer = page.locator(".message.bot")
    expect(answer.locator("strong")).to_have_text("Rücksendung")
    expect(answer.locator("ol a")).to_have_count(8)
    expect(answer.locator(".folded")).to_be_visible()
    answer.get_by_role("button", name="Show more").click()
    expect(answer.locator(".folded")).to_have_count(0)
    customer = page.locator(".message.customer")
    expect(customer.locator(".text")).to_have_text(said)
    expect(customer.locator("b")).to_have_text("Anna Müller")


def test_pictures_documents_and_places_are_shown(browser: Browser, service: Service, push: Push) -> None:
    files = (
        Attachment(id="a" * 32, kind="image", name="lamp.jpg"),
        Attachment(id="b" * 32, kind="document", name="invoice.pdf", size=1_200_000),
        Attachment(id="c" * 32, kind="location", name="Shop", latitude=52.52, longitude=13.405),
    )
    push(handoff("F-86002", "cus_files", thread=(message("", attachments=files),)))
    page = desk(browser, service)
    page.route("**/files/aaaa*", lambda route: route.fulfill(status=404))
    page.goto(f"{service.url}/#F-86002")
    expect(page.get_by_role("link", name="invoice.pdf")).to_have_attribute("href", f"/api/v1/tickets/F-86002/files/{'b' * 32}")
    expect(page.get_by_role("link", name="Shop")).to_have_attribute("href", re.compile("mlat=52.52"))
    expect(page.locator(".message .file", has_text="lamp.jpg")).to_contain_text("not here yet")
    page.unroute("**/files/aaaa*")
    page.route("**/files/aaaa*", lambda route: route.fulfill(content_type="image/svg+xml", body='<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'))
    page.locator(".message .file button").click()
    expect(page.locator(".picture img")).to_have_attribute("alt", "lamp.jpg")


def test_evidence_is_named_in_the_agent_s_language_and_the_curve_grows(browser: Browser, service: Service, push: Push) -> None:
    push(handoff("F-86003", "cus_curve"))
    page = opened(browser, service, "F-86003", locale="de")
    expect(page.locator(".packet figcaption")).to_contain_text("2 Nachrichten, jetzt 91 %")
    expect(page.locator(".packet dt", has_text="Bestellnummer")).to_be_visible()
    said = message("Das ist nun wirklich die letzte Warnung!")
    push(appended("F-86003", said, "cus_curve"))
    evidence = ("ultimatum: letzte Warnung", "asked_before: 4 times in this thread", "brand_new: etwas")
    scored = {"customer_id": "cus_curve", "ticket_ref": "F-86003", "cursor": said.cursor, "score": 0.77, "evidence": evidence}
    push(AngerScored.model_validate(scored))
    expect(page.locator(".packet figcaption")).to_contain_text("3 Nachrichten, jetzt 77 %")
    expect(page.locator(".packet .evidence").last).to_contain_text("Ultimatum letzte Warnung")
    expect(page.locator(".packet .evidence").last).to_contain_text("4-mal in diesem Verlauf gefragt")
    expect(page.locator(".packet .evidence").last).to_contain_text("brand_new: etwas")


def test_who_the_customer_is_with_proof_and_a_merge_that_can_be_undone(
    browser: Browser, service: Service, streams: redis_sync.Redis, push: Push
) -> None:
    mail = {"identity": "email:anna@example.com", "channel": "email", "verified": True, "verified_how": "confirmed e-mail"}
    visit = {"identity": "web:77", "channel": "web", "verified": False, "verified_how": ""}
    consents = {"email": {"messages": True, "at": "2026-01-02T03:04:05Z"}, "whatsapp": {"messages": False, "at": "2026-01-02T03:04:05Z"}}
    card = CustomerCard.model_validate({"id": "cus_kept", "name": "Anna", "identities": (mail, visit), "consents": consents})
    merge = {"merge_id": "mrg_desk", "customer_id": "cus_kept", "merged_id": "cus_gone2", "proof": "link code", "customer": card}
    push(handoff("F-86013", "cus_kept", customer=card), CustomersMerged.model_validate({**merge, "at": datetime.now(UTC)}))
    page = opened(browser, service, "F-86013")
    packet = page.locator(".packet")
    expect(packet.locator(".identity", has_text="anna@example.com")).to_contain_text("e-mail confirmed")
    expect(packet.locator(".identity", has_text="77")).to_contain_text("not verified")
    expect(packet.get_by_role("listitem").filter(has_text="WhatsApp: no messages")).to_be_visible()
    merged = packet.locator(".identity", has_text="cus_gone2")
    expect(merged).to_contain_text("proven by a link code")
    merged.get_by_role("button", name="Undo").click()
    expect(page.locator(".toast")).to_contain_text("taken apart")
    commands = f"outbound:{partition('cus_kept')}"
    while '"unmerge"' not in str(streams.xrevrange(commands, count=5)):
        page.wait_for_timeout(20)


@pytest.mark.parametrize(
    ("kind", "reason", "shown"),
    [
        ("direct", "", "Goes by Telegram"),
        ("template", "the window of telegram is shut", "approved template"),
        ("none", "the customer has opted out on telegram", "No way now: the customer does not want messages on Telegram"),
    ],
)
def test_the_composer_says_beforehand_which_way_a_reply_goes(
    browser: Browser, service: Service, streams: redis_sync.Redis, push: Push, kind: Any, reason: str, shown: str
) -> None:
    customer_id, ref = f"cus_{kind}", f"F-8610{len(kind)}"
    route = Route(channel="telegram", kind=kind, reason=reason)
    streams.set(f"route:{partition(customer_id)}:{customer_id}", route.model_dump_json())
    push(handoff(ref, customer_id))
    page = opened(browser, service, ref)
    page.locator("[data-action=claim]").click()
    expect(page.locator(".via")).to_contain_text(shown)


def test_a_message_that_is_too_long_is_refused_in_words_and_kept(browser: Browser, service: Service, push: Push) -> None:
    push(handoff("F-86004", "cus_long"))
    page = opened(browser, service, "F-86004")
    page.locator("[data-action=claim]").click()
    expect(page.locator("[data-action=reply]")).to_be_visible()
    page.fill("#compose", "ä" * 100_000)
    expect(page.locator(".count.danger")).to_contain_text("100,000 / 8,000")
    page.locator(".composer button.primary").click()
    expect(page.locator(".toast")).to_contain_text("100000 characters, at most 8000")
    assert len(page.input_value("#compose")) == 100_000
    expect(page.locator(".message.agent")).to_have_count(0)


def test_what_could_not_be_sent_survives_a_reload(browser: Browser, service: Service, push: Push) -> None:
    push(handoff("F-86005", "cus_offline"))
    page = opened(browser, service, "F-86005")
    page.locator("[data-action=claim]").click()
    expect(page.locator("[data-action=reply]")).to_be_visible()
    page.context.set_offline(True)
    expect(page.locator(".live.off")).to_be_visible()
    page.fill("#compose", "Ich sehe nach.")
    page.keyboard.press("Enter")
    expect(page.locator(".state.failed")).to_be_visible()
    page.context.set_offline(False)
    page.reload()
    page.locator(".state.failed button").click()
    expect(page.locator(".message.agent .state.sending")).to_be_visible()
    expect(page.locator(".message.agent")).to_have_count(1)


def test_two_agents_on_one_ticket_see_each_other(browser: Browser, service: Service, push: Push) -> None:
    push(handoff("F-86006", "cus_both"))
    first = opened(browser, service, "F-86006")
    first.evaluate(ASK, ["POST", "/agents", {"email": "dora@example.com", "name": "Dora", "password": "a-long-password"}])
    second = opened(browser, service, "F-86006", login=("dora@example.com", "a-long-password"))
    expect(first.locator(".others")).to_contain_text("Dora has this open too")
    expect(second.locator(".others")).to_contain_text("Admin has this open too")
    second.evaluate("location.hash = 'F-nothing'")
    expect(first.locator(".others")).to_be_empty()


def test_a_ticket_rests_or_goes_to_a_colleague_from_the_menu(browser: Browser, service: Service, push: Push) -> None:
    push(handoff("F-86007", "cus_menu"))
    page = opened(browser, service, "F-86007")
    page.evaluate(ASK, ["POST", "/agents", {"email": "emil@example.com", "name": "Emil", "password": "a-long-password"}])
    page.reload()
    page.locator("[data-action=claim]").click()
    page.locator(".menu summary").click()
    page.get_by_role("group", name="Rest until").get_by_role("button").first.click()
    expect(page.locator(".head .name")).to_contain_text("rests until")
    page.locator(".menu summary").click()
    page.get_by_role("group", name="Give to").get_by_role("button", name="Emil").click()
    expect(page.locator(".head .name")).to_contain_text("Emil")


def test_news_wait_without_moving_the_queue_and_count_in_the_title(browser: Browser, service: Service, push: Push) -> None:
    push(handoff("F-86008", "cus_still", customer={"id": "cus_still", "name": "Still Standing"}))
    page = desk(browser, service)
    page.fill(".search", "Still Standing")
    line = page.locator(".line", has_text="Still Standing")
    expect(line).to_be_visible()
    page.fill(".search", "")
    expect(line).to_be_visible()
    before = line.bounding_box()
    page.evaluate("Object.defineProperty(document, 'hidden', {value: true, configurable: true})")
    push(handoff("F-86009", "cus_news", customer={"id": "cus_news", "name": "New Comer"}, created_at=datetime.now(UTC) - timedelta(hours=9)))
    expect(page.locator(".news button")).to_be_visible()
    assert line.bounding_box() == before
    expect(page).to_have_title(re.compile(r"^\(1\) Faden"))
    page.evaluate("Object.defineProperty(document, 'hidden', {value: false}); document.dispatchEvent(new Event('visibilitychange'))")
    expect(page).to_have_title(re.compile("^Faden"))


def test_notifications_come_after_consent_and_name_no_words(browser: Browser, service: Service, push: Push) -> None:
    page = desk(browser, service)
    page.add_init_script(
        """window.told = [];
        window.Notification = class { constructor(title, more) { told.push({title, ...more}); } close() {} };
        Notification.permission = "default";
        Notification.requestPermission = async () => (Notification.permission = "granted");"""
    )
    page.goto(f"{service.url}/#/account")
    page.reload()
    expect(page.locator(".live.on")).to_be_visible()
    page.evaluate("Object.defineProperty(document, 'hidden', {value: true, configurable: true})")
    push(handoff("F-86011", "cus_quiet"))
    expect(page).to_have_title(re.compile(r"^\(1\)"))
    assert page.evaluate("told") == []
    page.locator(".check input").check()
    push(handoff("F-86012", "cus_loud", customer={"id": "cus_loud", "name": "Lou"}))
    expect(page).to_have_title(re.compile(r"^\(2\)"))
    assert page.evaluate("told") == [{"title": "Somebody is waiting", "body": "Lou · angry", "tag": "F-86012", "silent": True}]


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
    asked = page.context.request.get(f"{service.url}/api/v1/tickets", headers={"Authorization": f"Bearer {token}", "Cookie": ""})
    assert asked.ok
    page.reload()
    assert token not in page.content()
    row = page.locator(".rows li", has_text="nightly report")
    row.get_by_role("button").click()
    row.get_by_role("button", name="sure?").click()
    expect(row).to_have_count(0)


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


@pytest.mark.parametrize(("theme", "language"), [("light", "en"), ("dark", "de")])
def test_thread_and_pages_are_accessible_and_fit_a_phone(browser: Browser, service: Service, push: Push, theme: str, language: str) -> None:
    ref, files = f"F-8620{len(theme)}", (Attachment(id="b" * 32, kind="document", name="Rindfleischetikettierungsüberwachung" * 3 + ".pdf"),)
    thread = (message(ANSWER, "bot"), message("أين طلبي؟ " * 40, attachments=files), message("W" * 400))
    push(handoff(ref, f"cus_axe_{theme}", thread=thread, evidence=("shouting: W",)))
    page = opened(browser, service, ref, locale=language, color_scheme=theme, viewport={"width": 1440, "height": 900})
    page.locator("[data-action=claim]").click()
    page.locator(".menu summary").click()
    assert violations(page) == []
    page.set_viewport_size(PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    for name in ("account", "tokens", "agents", "aside"):
        page.evaluate(f"location.hash = '/{name}'")
        expect(page.locator(".page .card").first).to_be_visible()
        expect(page.locator(".skeleton")).to_have_count(0)
        assert violations(page) == [], name
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], name


def test_on_a_phone_a_notice_covers_neither_words_nor_composer(browser: Browser, service: Service, push: Push) -> None:
    push(handoff("F-86010", "cus_toast"))
    page = opened(browser, service, "F-86010", viewport=PHONE)
    page.locator("[data-action=claim]").click()
    notice, last = page.locator(".toast p"), page.locator(".message").last
    expect(notice).to_be_visible()
    box, words = notice.bounding_box(), last.bounding_box()
    assert box and words
    assert box["y"] + box["height"] < words["y"]
