"""What an agent reads and writes at the desk, and how it behaves in a corner or on a phone."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Route, expect

from tests.browser.desk.room import ASK, PHONE, Push, desk, opened, session, violations
from tests.desk import EMAIL, PASSWORD, Service, appended, handoff, message
from tickets.contracts import AngerScored, Attachment

#: Once the desk has heard of it: what is looked at next is the new page, not the one before.
GO_TO = """address => new Promise(done => {
  addEventListener("hashchange", () => done(), { once: true });
  location.hash = address;
})"""
ANSWER = "So geht die **Rücksendung**:\n\n" + "\n".join(
    f"{n}. Schritt mit [Anleitung](https://shop.example/{n})" for n in range(1, 9)
)


def test_the_bot_s_marks_are_drawn_and_folded_and_the_customer_s_words_stay(
    browser: Browser, service: Service, push: Push
) -> None:
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


def test_amounts_in_an_answer_are_not_broken(browser: Browser, service: Service, push: Push) -> None:
    said = "Der **Versand** kostet 14,90 € (**ab 500 € nichts**) und dauert 2–3 Werktage."
    push(handoff("F-86016", "cus_amounts", thread=(message("Was kostet es?"), message(said, "bot"))))
    whole = opened(browser, service, "F-86016").locator(".message.bot .whole")
    expect(whole).to_have_text(["14,90 €", "500 €", "2–3 Werktage"])
    expect(whole.first).to_have_css("white-space", "nowrap")


def test_what_the_bot_offered_is_told_where_there_was_a_choice(browser: Browser, service: Service, push: Push) -> None:
    both = tuple({"title": title, "payload": f"/{title}"} for title in ("Return", "Repair"))
    thread = (message("Which one?", "bot", choices=both), message("Here it is.", "bot", choices=both[:1]))
    push(handoff("F-86015", "cus_choice", thread=thread))
    page = opened(browser, service, "F-86015")
    expect(page.locator(".message .offered")).to_have_text(["To choose from: Return · Repair"])


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
    expect(page.get_by_role("link", name="invoice.pdf")).to_have_attribute(
        "href", f"/api/v1/tickets/F-86002/files/{'b' * 32}"
    )
    expect(page.get_by_role("link", name="Shop")).to_have_attribute("href", re.compile("mlat=52.52"))
    expect(page.locator(".message .file", has_text="lamp.jpg")).to_contain_text("not here yet")
    page.unroute("**/files/aaaa*")
    page.route(
        "**/files/aaaa*",
        lambda route: route.fulfill(
            content_type="image/svg+xml", body='<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'
        ),
    )
    page.locator(".message .file button").click()
    expect(page.locator(".picture img")).to_have_attribute("alt", "lamp.jpg")


def test_evidence_is_named_in_the_agent_s_language_and_the_curve_grows(
    browser: Browser, service: Service, push: Push
) -> None:
    push(handoff("F-86003", "cus_curve"))
    page = opened(browser, service, "F-86003", locale="de")
    expect(page.locator(".packet figcaption")).to_contain_text("2 Nachrichten, jetzt 91 %")
    expect(page.locator(".packet dt", has_text="Bestellnummer")).to_be_visible()
    said = message("Das ist nun wirklich die letzte Warnung!")
    push(appended("F-86003", said, "cus_curve"))
    evidence = ("ultimatum: letzte Warnung", "asked_before: 4 times in this thread", "brand_new: etwas")
    scored = {
        "customer_id": "cus_curve",
        "ticket_ref": "F-86003",
        "cursor": said.cursor,
        "score": 0.77,
        "evidence": evidence,
    }
    push(AngerScored.model_validate(scored))
    expect(page.locator(".packet figcaption")).to_contain_text("3 Nachrichten, jetzt 77 %")
    expect(page.locator(".packet .evidence").last).to_contain_text("Ultimatum letzte Warnung")
    expect(page.locator(".packet .evidence").last).to_contain_text("4-mal in diesem Verlauf gefragt")
    expect(page.locator(".packet .evidence").last).to_contain_text("brand_new: etwas")


def test_a_message_that_is_too_long_is_refused_in_words_and_kept(
    browser: Browser, service: Service, push: Push
) -> None:
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
    first.evaluate(
        ASK, ["POST", "/agents", {"email": "dora@example.com", "name": "Dora", "password": "a-long-password"}]
    )
    second = opened(browser, service, "F-86006", login=("dora@example.com", "a-long-password"))
    expect(first.locator(".others")).to_contain_text("Dora has this open too")
    expect(second.locator(".others")).to_contain_text("Admin has this open too")
    second.evaluate("location.hash = 'F-nothing'")
    expect(first.locator(".others")).to_be_empty()


def test_files_that_are_no_longer_kept_say_so(browser: Browser, service: Service, push: Push) -> None:
    cup = Attachment(id="a" * 32, kind="image", name="cup.png", media_type="image/png", size=4000)
    mail = Attachment(id="b" * 32, kind="document", original=True)
    old = message("old", attachments=(cup, mail)).model_copy(update={"at": datetime.now(UTC) - timedelta(days=31)})
    fresh = message("fresh", attachments=(cup.model_copy(update={"id": "c" * 32}),))
    push(handoff("F-86022", "cus_kept", thread=(old, fresh)))
    page = desk(browser, service)
    page.route("**/api/v1/session", kept_for(30))
    page.goto(f"{service.url}/#F-86022")
    page.reload()
    files = page.locator(".message", has_text="old").locator(".file")
    expect(files).to_have_text(
        [re.compile(r"cup\.png\s*no longer kept"), re.compile(r"Original mail\s*no longer kept")]
    )
    expect(page.locator(".message", has_text="fresh").locator(".picture, .file")).not_to_contain_text("no longer kept")
    assert violations(page) == []


def kept_for(days: int) -> Callable[[Route], None]:
    """The session's answer of a service that keeps files for so long."""

    def answer(route: Route) -> None:
        told = route.fetch()
        route.fulfill(response=told, json={**told.json(), "files_kept_days": days})

    return answer


def test_agents_who_share_a_browser_do_not_see_each_other_s_drafts(
    browser: Browser, service: Service, push: Push, tmp_path: Path
) -> None:
    note = tmp_path / "note.txt"
    note.write_text("a few words")
    push(handoff("F-86021", "cus_shared"))
    page = opened(browser, service, "F-86021")
    page.evaluate(
        ASK, ["POST", "/agents", {"email": "finn@example.com", "name": "Finn", "password": "a-long-password"}]
    )
    page.locator("[data-action=claim]").click()
    page.fill("#compose", "half an answer")
    page.set_input_files("#attach", str(note))
    expect(page.locator(".held.ready")).to_have_count(1)

    def becomes(email: str, password: str) -> None:
        """The session ends and another begins, without a word of good-bye."""
        value = session(service, email, password)
        page.context.add_cookies([{"name": "faden_desk", "value": value, "url": service.url}])
        page.reload()
        expect(page.locator(".message").first).to_be_visible()

    becomes("finn@example.com", "a-long-password")
    expect(page.locator("#compose")).to_have_value("")
    expect(page.locator(".held")).to_have_count(0)
    becomes(EMAIL, PASSWORD)
    expect(page.locator("#compose")).to_have_value("half an answer")
    expect(page.locator(".held.ready")).to_have_count(1)
    page.route(
        "**/api/v1/session", lambda route: route.abort() if route.request.method == "DELETE" else route.continue_()
    )
    page.locator(".leave").click()
    expect(page.locator("[name=email]")).to_be_visible()
    page.reload()
    expect(page.locator(".message").first).to_be_visible()
    expect(page.locator("#compose")).to_have_value("")
    expect(page.locator(".held")).to_have_count(0)
    assert "half an answer" not in page.evaluate("JSON.stringify({ ...localStorage })")


def test_a_ticket_rests_or_goes_to_a_colleague_from_the_menu(browser: Browser, service: Service, push: Push) -> None:
    push(handoff("F-86007", "cus_menu"))
    page = opened(browser, service, "F-86007")
    page.evaluate(
        ASK, ["POST", "/agents", {"email": "emil@example.com", "name": "Emil", "password": "a-long-password"}]
    )
    page.locator("[data-action=claim]").click()
    page.locator(".menu summary").click()
    page.get_by_role("group", name="Rest until").get_by_role("button").first.click()
    expect(page.locator(".head .name")).to_contain_text("rests until")
    expect(page.locator(".toast")).to_contain_text(re.compile(r"rests until .*\d.*, or until the customer writes"))
    page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(page.locator(".head .name")).to_contain_text("open")
    page.locator(".menu summary").click()
    page.get_by_role("group", name="Rest until").get_by_role("button").last.click()
    expect(page.locator(".head .name")).to_contain_text("rests until")
    page.locator(".menu summary").click()
    page.get_by_role("button", name="End the rest now").click()
    expect(page.locator(".head .name")).to_contain_text("open")
    page.locator(".menu summary").click()
    page.get_by_role("group", name="Give to").get_by_role("button", name="Emil").click()
    expect(page.locator(".head .name")).to_contain_text("Emil")
    expect(page.locator(".toast")).to_contain_text("went to Emil")


def test_a_resolved_ticket_says_what_to_do_before_a_reply(browser: Browser, service: Service, push: Push) -> None:
    push(handoff("F-86013", "cus_done"))
    page = opened(browser, service, "F-86013")
    page.locator("[data-action=claim]").click()
    expect(page.locator(".via")).to_contain_text("Goes by")
    page.locator(".actions .resolve").first.click()
    expect(page.locator(".via")).to_have_text("Reopen the ticket to reply. Notes are always possible.")
    page.locator("[data-action=reopen]").click()
    expect(page.locator(".via")).to_contain_text("Goes by")


def test_news_wait_without_moving_the_queue_and_count_in_the_title(
    browser: Browser, service: Service, push: Push
) -> None:
    push(handoff("F-86008", "cus_still", customer={"id": "cus_still", "name": "Still Standing"}))
    page = desk(browser, service)
    page.fill(".search", "Still Standing")
    line = page.locator(".line", has_text="Still Standing")
    expect(line).to_be_visible()
    with page.expect_response(lambda answer: "/api/v1/tickets?" in answer.url and "q=" not in answer.url):
        page.fill(".search", "")
    # The whole queue has come and is drawn: nothing moves any more.
    page.evaluate("() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
    before = line.bounding_box()
    page.evaluate("Object.defineProperty(document, 'hidden', {value: true, configurable: true})")
    push(
        handoff(
            "F-86009",
            "cus_news",
            customer={"id": "cus_news", "name": "New Comer"},
            created_at=datetime.now(UTC) - timedelta(hours=9),
        )
    )
    expect(page.locator(".news button")).to_be_visible()
    assert line.bounding_box() == before
    expect(page).to_have_title(re.compile(r"^\(1\) Faden"))
    page.evaluate(
        "Object.defineProperty(document, 'hidden', {value: false}); "
        "document.dispatchEvent(new Event('visibilitychange'))"
    )
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
    page.get_by_role("checkbox", name="Tell me when the desk").check()
    push(handoff("F-86012", "cus_loud", customer={"id": "cus_loud", "name": "Lou"}))
    expect(page).to_have_title(re.compile(r"^\(2\)"))
    assert page.evaluate("told") == [
        {"title": "Somebody is waiting", "body": "Lou · angry", "tag": "F-86012", "silent": True}
    ]


@pytest.mark.parametrize(("theme", "language"), [("light", "en"), ("dark", "de")])
def test_thread_and_pages_are_accessible_and_fit_a_phone(
    browser: Browser, service: Service, push: Push, theme: str, language: str
) -> None:
    ref, files = (
        f"F-8620{len(theme)}",
        (Attachment(id="b" * 32, kind="document", name="Rindfleischetikettierungsüberwachung" * 3 + ".pdf"),),
    )
    thread = (message(ANSWER, "bot"), message("أين طلبي؟ " * 40, attachments=files), message("W" * 400))
    push(handoff(ref, f"cus_axe_{theme}", thread=thread, evidence=("shouting: W",)))
    page = opened(browser, service, ref, locale=language, color_scheme=theme, viewport={"width": 1440, "height": 900})
    page.locator("[data-action=claim]").click()
    page.locator(".menu summary").click()
    assert violations(page) == []
    page.set_viewport_size(PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    for name in ("account", "tokens", "agents", "aside"):
        page.evaluate(GO_TO, f"/{name}")
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
