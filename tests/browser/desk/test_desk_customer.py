"""Who the customer is at the desk: proofs, wishes, merges, and the way of a reply."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import redis as redis_sync
from playwright.sync_api import Browser, expect

from tests.browser.desk.room import Push, desk, last_command, opened, violations
from tests.desk import Service, handoff, message
from tickets.contracts import (
    Attachment,
    CustomerCard,
    CustomersMerged,
    Delivery,
    MessageAppended,
    Route,
    UndoRefused,
    partition,
)


def test_who_the_customer_is_with_proof_and_a_merge_that_can_be_undone(
    browser: Browser, service: Service, streams: redis_sync.Redis, push: Push
) -> None:
    mail = {
        "identity": "email:anna@example.com",
        "channel": "email",
        "verified": True,
        "verified_how": "confirmed e-mail",
    }
    visit = {"identity": "web:77", "channel": "web", "verified": False, "verified_how": ""}
    consents = {
        "email": {"messages": True, "at": "2026-01-02T03:04:05Z"},
        "whatsapp": {"messages": False, "at": "2026-01-02T03:04:05Z"},
    }
    card = CustomerCard.model_validate(
        {"id": "cus_kept", "name": "Anna", "identities": (mail, visit), "consents": consents}
    )
    merge = {
        "merge_id": "mrg_desk",
        "customer_id": "cus_kept",
        "merged_id": "cus_gone2",
        "proof": "link code",
        "customer": card,
    }
    push(
        handoff("F-86013", "cus_kept", customer=card),
        CustomersMerged.model_validate({**merge, "at": datetime.now(UTC)}),
    )
    page = opened(browser, service, "F-86013")
    packet = page.locator(".packet")
    expect(packet.locator(".identity", has_text="anna@example.com")).to_contain_text("e-mail confirmed")
    expect(packet.locator(".identity", has_text="77")).to_contain_text("not verified")
    expect(packet.get_by_role("listitem").filter(has_text="WhatsApp: no messages")).to_be_visible()
    merged = packet.locator(".identity", has_text="cus_gone2")
    expect(merged).to_contain_text("proven by a link code")
    # Nobody but the customer can join them again, so one click is not enough.
    merged.get_by_role("button", name="Take apart again").click()
    merged.get_by_role("button", name="sure?").click()
    expect(page.locator(".toast")).to_contain_text("taken apart")
    commands = f"outbound:{partition('cus_kept')}"
    while '"unmerge"' not in str(streams.xrevrange(commands, count=5)):
        page.wait_for_timeout(20)


@pytest.mark.parametrize(
    ("kind", "reason", "shown"),
    [
        ("direct", "", "Goes by Telegram"),
        ("template", "the window of telegram is shut", "approved template"),
        (
            "none",
            "the customer has opted out on telegram",
            "No way now: the customer does not want messages on Telegram",
        ),
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


def test_that_a_customer_wants_no_messages_is_seen_before_a_ticket_is_taken_and_at_what_was_skipped(
    browser: Browser, service: Service, streams: redis_sync.Redis, push: Push
) -> None:
    customer_id, ref, why = "cus_stopped", "F-86120", "the customer has opted out on sms"
    route = Route(channel="sms", kind="none", reason=why)
    streams.set(f"route:{partition(customer_id)}:{customer_id}", route.model_dump_json())
    place = message("You are number 2 in the queue.", "system", channel="sms")
    fate = {"cursor": place.cursor, "state": "skipped", "reason": why}
    push(
        handoff(ref, customer_id),
        MessageAppended(customer_id=customer_id, ticket_ref=ref, message=place),
        Delivery.model_validate({"customer_id": customer_id, "ticket_ref": ref, **fate}),
    )
    page = opened(browser, service, ref)
    expect(page.locator("[data-action=claim]").first).to_be_visible()
    expect(page.locator(".via.danger")).to_have_text("No way now: the customer does not want messages on SMS")
    state = page.locator(".message.system .state")
    expect(state).to_contain_text("Not sent: the customer does not want messages on SMS")
    expect(state.get_by_role("button")).to_have_count(0)
    assert violations(page) == []


MAIL = {"identity": "email:kim@mailbox.example", "channel": "email", "verified": False, "verified_how": ""}
TELEGRAM = {"identity": "telegram:4711", "channel": "telegram", "verified": True, "verified_how": "signed by telegram"}
VISIT = {"identity": "web:visitor-1", "channel": "web", "verified": False, "verified_how": ""}


def card(customer_id: str, *identities: dict[str, Any]) -> CustomerCard:
    return CustomerCard.model_validate({"id": customer_id, "name": "Kim", "identities": identities})


@pytest.mark.parametrize(
    ("verdict", "shown", "why"),
    [("fail", "sender may be forged", "Give nothing away"), ("pass", "sender checked", "came from this domain")],
)
def test_whether_a_mail_s_sender_was_checked_is_said_with_an_explanation(
    browser: Browser, service: Service, push: Push, verdict: str, shown: str, why: str
) -> None:
    customer_id, ref = f"cus_mail_{verdict}", f"F-8630{len(shown) % 10}"
    push(handoff(ref, customer_id, customer=card(customer_id, {**MAIL, "sender_check": f"dmarc {verdict}"})))
    page = opened(browser, service, ref)
    badge = page.locator(".packet .sender")
    expect(badge.locator("summary")).to_have_text(shown)
    expect(badge.get_by_text(why)).to_be_hidden()
    badge.locator("summary").click()
    expect(badge.get_by_text(why)).to_be_visible()
    assert violations(page) == []


def test_an_agent_notes_where_answers_shall_go_among_proven_channels(
    browser: Browser, service: Service, streams: redis_sync.Redis, push: Push
) -> None:
    push(handoff("F-86310", "cus_wish", customer=card("cus_wish", VISIT, TELEGRAM, MAIL)))
    key = f"route:{partition('cus_wish')}:cus_wish"
    streams.set(key, Route(channel="telegram", preferred="telegram").model_dump_json())
    page = opened(browser, service, "F-86310")
    wish = page.get_by_label("Answers go to")
    expect(wish).to_have_value("telegram")
    assert wish.locator("option").all_inner_texts() == ["where the customer wrote last", "Web chat", "Telegram"]
    page.locator("[data-action=claim]").click()
    expect(page.locator(".via")).to_contain_text("Goes by Telegram")
    expect(page.locator(".via")).to_contain_text("as the customer wishes")
    streams.set(key, Route(channel="web", preferred="web").model_dump_json())
    wish.select_option("web")
    expect(page.locator(".toast")).to_contain_text("Noted where answers shall go")
    while (sent := last_command(streams, "cus_wish"))["type"] != "prefer":
        page.wait_for_timeout(20)
    assert (sent["channel"], sent["agent_name"]) == ("web", "Admin")
    expect(page.locator(".via")).to_contain_text("Goes by Web chat")


def test_an_undo_that_was_refused_says_why(browser: Browser, service: Service, push: Push) -> None:
    merge = {
        "merge_id": "mrg_old",
        "customer_id": "cus_stuck",
        "merged_id": "cus_other",
        "brought": ("telegram:4711",),
        "proof": "link code",
        "at": datetime.now(UTC),
    }
    push(
        handoff("F-86320", "cus_stuck"),
        CustomersMerged.model_validate({**merge, "customer": card("cus_stuck", TELEGRAM)}),
    )
    page = opened(browser, service, "F-86320")
    merged = page.locator(".packet .identity", has_text="proven by a link code")
    expect(merged).to_contain_text("Telegram4711")
    merged.get_by_role("button", name="Take apart again").click()
    merged.get_by_role("button", name="sure?").click()
    expect(page.locator(".toast")).to_contain_text("taken apart")
    admin = page.evaluate("fetch('/api/v1/session').then(answer => answer.json())")["agent"]["id"]
    refused = {"command_id": "c1", "agent_id": admin, "reason": "moved", "at": datetime.now(UTC)}
    push(UndoRefused.model_validate({"merge_id": "mrg_old", "customer_id": "cus_stuck", **refused}))
    expect(page.locator(".toast")).to_contain_text("Undo that one first")
    expect(merged).to_contain_text("went on with another merge")


def test_the_original_mail_is_folded_and_fetched_when_it_is_wanted(
    browser: Browser, service: Service, push: Push
) -> None:
    whole = Attachment(id="d" * 32, kind="document", name="Lamp.txt", original=True)
    push(handoff("F-86330", "cus_mailer", thread=(message("It is broken.", channel="email", attachments=(whole,)),)))
    page = desk(browser, service)
    page.route("**/files/dddd*", lambda route: route.fulfill(status=404))
    page.goto(f"{service.url}/#F-86330")
    original = page.locator(".message .original")
    expect(page.locator(".message a.file")).to_have_count(0)
    original.locator("summary").click()
    expect(original).to_contain_text("not here yet")
    page.unroute("**/files/dddd*")
    page.route(
        "**/files/dddd*",
        lambda route: route.fulfill(content_type="text/plain", body="It is broken.\n\n> <b>Dear</b> Kim"),
    )
    original.get_by_role("button").click()
    expect(original.locator("pre")).to_have_text("It is broken.\n\n> <b>Dear</b> Kim")
    assert original.locator("pre b").count() == 0
