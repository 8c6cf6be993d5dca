"""E-mail through its real doors: signed webhook in, SMTP out; threads that hold together,
machines that are not answered, and the proof of an address."""

from __future__ import annotations

import asyncio
import json
import re
import time
from email.message import EmailMessage
from functools import partial

import aiohttp
import pytest

from bot.channels import registry
from bot.channels.email_letter import read
from bot.channels.email_rules import kind_of
from bot.linking import Links
from bot.merging import Merges
from bot.vendors.action import Action, File
from bot.web.linking import past_the_thread
from runtime.settings import Settings, SettingsError
from tests.contract.platforms import a_mail, mail_form, mail_seal
from tests.contract.service import until
from tests.contract.test_vendors import PNG
from tickets.contracts import partition

KIM = "kim@example.org"


async def post(service, form, **more) -> tuple[int, str]:
    async with service.session.post(f"{service.url}/channels/email/webhook", data=form, **more) as answer:
        return answer.status, await answer.text()


def signed(service, fields, **more):
    return mail_form(dict(service.messengers.given.values), fields, **more)


def raw_form(raw: bytes) -> dict[str, str]:
    return {"recipient": "help@shop.example", "sender": KIM, "body-mime": raw.decode()}


async def writes(service, text: str, address: str = KIM, count: int = 1):
    """The customer writes; returns the thread once it has so many messages."""
    await service.vendors["email"].does(address, Action("text", text))
    return await thread(service, count, address)


async def thread(service, count: int, address: str = KIM):
    async def there():
        found = await service.thread("email", address)
        return found if len(found) >= count else None

    return await until(there, 30)


async def arrived(service, count: int) -> list[EmailMessage]:
    async def there():
        found = service.vendors["email"].arrived
        return found if len(found) >= count else None

    return await until(there)


# The webhook.


@pytest.fixture
async def idle(make_service):
    return await make_service(workers=False)


async def test_forged_and_stale_calls_are_refused_and_leave_nothing(idle):
    fields = raw_form(a_mail("1", "forged"))
    good = signed(idle, fields)
    wrong = [
        fields,
        {**good, "signature": "0" * 64},
        {**good, "signature": ""},
        {**good, "signature": "ä"},
        {**good, "token": "other"},
    ]
    wrong += [{**good, "timestamp": str(int(good["timestamp"]) + 1)}, {**good, "token": ""}]
    wrong += [signed(idle, fields, timestamp=int(time.time()) + skew) for skew in (-130, 130)]
    wrong += [mail_form({"EMAIL_WEBHOOK_KEY": "guessed"}, fields)]
    for form in wrong:
        status, text = await post(idle, form)
        assert status == 403 and "error" in text, form
        assert idle.messengers.given.values["EMAIL_WEBHOOK_KEY"] not in text
    assert await idle.thread("email", KIM) == []


async def test_a_token_is_good_for_one_mail_only_and_may_repeat_it(idle):
    form = signed(idle, raw_form(a_mail("1", "genuine")))
    assert (await post(idle, form))[0] == 200
    assert (await post(idle, form))[0] == 200
    status, text = await post(idle, {**form, "body-mime": a_mail("2", "smuggled in").decode()})
    assert status == 403 and json.loads(text)["error"]["code"] == "replayed"
    assert [one.text for one in await idle.thread("email", KIM)] == ["genuine"]


async def test_a_mail_that_the_service_took_apart_is_put_together(idle):
    form = aiohttp.FormData()
    headers = [
        ["From", "Kim <kim@example.org>"],
        ["Subject", "Re: parcel"],
        ["Message-Id", "<p1@example.org>"],
        ["Content-Type", "multipart/mixed"],
    ]
    fields = {"recipient": "help@shop.example", "sender": KIM, "from": "Kim <kim@example.org>", "subject": "Re: parcel"}
    fields |= {"body-plain": "Größe stimmt nicht.\r\n\r\n> Noch Fragen?\r\n", "message-headers": json.dumps(headers)}
    for name, value in signed(idle, fields).items():
        form.add_field(name, value)
    form.add_field("attachment-1", PNG, filename="foto.png", content_type="image/png")
    assert (await post(idle, form))[0] == 200
    [said] = await idle.thread("email", KIM)
    assert said.text == "Größe stimmt nicht." and said.id == "email:_p1_example.org_"
    [picture, whole] = said.attachments

    async def stored():
        return (await idle.messengers.files.described(picture.id)).get("state") == "stored"

    await until(stored)
    assert idle.messengers.files.path(picture.id).read_bytes() == PNG
    assert (picture.kind, picture.name, whole.media_type) == ("image", "foto.png", "text/plain")


async def test_broken_forms_are_refused_with_a_reason(idle):
    for form in (signed(idle, {}), signed(idle, {"subject": "no body"})):
        status, text = await post(idle, form)
        assert status == 400 and json.loads(text)["error"]["detail"]
    for body, kind in (
        (b"--x", "multipart/form-data; boundary=y"),
        (b"", "multipart/form-data"),
        (b"{", "application/json"),
        (b"a=1&" * 1000, "application/x-www-form-urlencoded"),
    ):
        assert (await post(idle, body, headers={"Content-Type": kind}))[0] in (400, 403)


async def test_a_mail_with_twenty_megabytes_is_taken(idle):
    mail = EmailMessage()
    mail["From"], mail["Subject"], mail["Message-ID"] = KIM, "Re: big", "<big@example.org>"
    mail.set_content("See the film")
    mail.add_attachment(
        b"\x00\x00\x00\x18ftypmp42" + b"\0" * 14_000_000, maintype="video", subtype="mp4", filename="film.mp4"
    )
    form = aiohttp.FormData(default_to_multipart=True)
    for name, value in signed(idle, raw_form(mail.as_bytes())).items():
        form.add_field(name, value)
    assert (await post(idle, form))[0] == 200
    [said] = await idle.thread("email", KIM)
    assert said.text == "See the film" and [one.kind for one in said.attachments] == ["video"]


async def test_what_is_larger_than_any_mail_is_refused_however_it_is_sent(idle, monkeypatch):
    monkeypatch.setattr(type(idle.channel("email")), "body_limit", 2000)

    async def in_pieces():
        for _ in range(10):
            yield b"a" * 1000

    for body in (b"a" * 3000, in_pieces()):
        status, text = await post(idle, body)
        assert (status, json.loads(text)["error"]["code"]) == (413, "body_too_large")
    assert (await post(idle, signed(idle, raw_form(a_mail("1", "small enough")))))[0] == 200


async def test_what_the_mail_service_tells_of_our_mails_moves_their_fate(make_service):
    service = await make_service()
    await writes(service, "Hello")
    customer = await service.customer("email", KIM)
    await service.with_ticket(customer)
    cursors = [await service.reply(customer, "email", f"Answer {number}") for number in range(2)]
    ids = [str(one["Message-ID"]).strip("<>") for one in await arrived(service, 2)]
    full = {"event": "failed", "severity": "permanent", "delivery-status": {"message": "mailbox full"}}
    for id, event in ((ids[0], {"event": "opened"}), (ids[0], {"event": "delivered"}), (ids[1], full)):
        body = {
            "signature": signed(service, {}),
            "event-data": {**event, "recipient": KIM, "message": {"headers": {"message-id": id}}},
        }
        assert (await post(service, None, json=body))[0] == 200

    async def told():
        return [await service.fates(customer, cursor) for cursor in cursors] == [
            ["sent", "delivered"],
            ["sent", "failed"],
        ]

    await until(told)
    assert "mailbox full" in await service.redis.hget(f"dead:{partition(customer)}:{customer}", cursors[1])


# Threads.


async def test_a_thread_holds_together_in_every_mail_program(service):
    await writes(service, "Wo ist mein Paket?")
    customer = await service.customer("email", KIM)
    await service.reply(customer, "email", "Es kommt **morgen**.", author="agent", author_name="Ada")
    await arrived(service, 1)
    await writes(service, "Nein, es kam nicht!", count=3)
    await service.reply(customer, "email", "Das tut uns leid.")
    one, two = await arrived(service, 2)
    asked = service.vendors["email"].mailboxes[KIM].ids
    assert (one["In-Reply-To"], one["References"]) == (asked[0], asked[0])
    assert two["In-Reply-To"] == asked[2] and two["References"].split() == asked[:3] == [
        asked[0],
        one["Message-ID"],
        asked[2],
    ]
    assert one["Subject"] == two["Subject"] == "Re: Wo ist mein Paket?"
    assert one["From"] == "Demo Shop <help@shop.example>" and re.fullmatch(
        r"help\+[0-9a-f.]+@shop\.example", one["Reply-To"]
    )
    assert "Auto-Submitted" not in one and two["Auto-Submitted"] == "auto-replied" and one["X-Faden"] and two["X-Faden"]
    assert one.get_body(("plain",)).get_content().strip() == "Es kommt morgen."
    assert "<b>morgen</b>" in one.get_body(("html",)).get_content()
    texts = [message.text for message in await service.thread("email", KIM) if message.author == "customer"]
    assert texts == ["Wo ist mein Paket?", "Nein, es kam nicht!"]


async def test_the_whole_mail_stays_for_the_agent(service):
    await writes(service, "Wo ist mein Paket?")
    customer = await service.customer("email", KIM)
    await service.reply(customer, "email", "Es kommt morgen.")
    await arrived(service, 1)
    said = (await writes(service, "Danke", count=3))[-1]
    [whole] = said.attachments
    assert whole.original

    async def stored():
        return (await service.messengers.files.described(whole.id)).get("state") == "stored"

    await until(stored)
    kept = service.messengers.files.path(whole.id).read_text()
    assert said.text == "Danke" and "> Es kommt morgen." in kept and "‹help@" in kept


async def test_a_mail_sent_again_is_the_same_mail(service):
    await writes(service, "Hello")
    customer = await service.customer("email", KIM)
    service.vendors["email"].knobs.half_open = 1
    await service.reply(customer, "email", "Only once")
    await until(lambda: fate_of(service, customer))
    assert len(service.vendors["email"].arrived) == 1


async def fate_of(service, customer):
    return await service.redis.hlen(f"deliveries:{partition(customer)}:{customer}")


async def test_attachments_are_checked_by_content(service):
    vendor = service.vendors["email"]
    await vendor.does(KIM, Action("file", "Look", file=File("photo.png", "image/png", PNG)))
    await vendor.does(KIM, Action("file", "And this", file=File("photo.png", "image/png", b"<html><script>x</script>")))
    found = await thread(service, 2)
    good, bad = (one.attachments[0].id for one in found)

    async def settled():
        states = [(await service.messengers.files.described(id)).get("state") for id in (good, bad)]
        return states == ["stored", "refused"]

    await until(settled)


async def test_hostile_markdown_is_harmless_in_the_html(service):
    await writes(service, "Hello")
    customer = await service.customer("email", KIM)
    await service.reply(
        customer, "email", '<script>alert(1)</script> [x](javascript:alert(1)) [y](https://a.example/?"onclick="x)'
    )
    [mail] = await arrived(service, 1)
    page = mail.get_body(("html",)).get_content()
    assert "<script" not in page and 'href="javascript' not in page and ' onclick="' not in page


async def test_a_subject_or_id_with_line_ends_adds_no_header(idle):
    raw = (
        b"From: kim@example.org\r\nSubject: =?utf-8?Q?x=0D=0ABcc:_victim@example.org?=\r\n"
        b"Message-ID: <1@example.org>\r\nReferences: <a@b>\r\n\tBcc: v@example.org\r\n\r\nhello\r\n"
    )
    assert (await post(idle, signed(idle, raw_form(raw))))[0] == 200
    from bot.channels.protocol import Outgoing
    from bot.channels.rich import spans_of

    await idle.channel("email").send(KIM, Outgoing(spans_of("answer"), key="cus 1795532402983-0 0"))
    [mail] = idle.vendors["email"].arrived
    assert "Bcc" not in mail and mail["Subject"] == "Re: x Bcc: victim@example.org"


async def test_what_was_kept_of_mails_goes_when_it_is_fetched(service):
    vendor, channel = service.vendors["email"], service.channel("email")
    await vendor.does(KIM, Action("file", "Look", file=File("photo.png", "image/png", PNG)))
    [said] = await thread(service, 1)
    [kept] = (service.settings.var_dir / "mail").glob("*/*")
    channel._remove_old(time.time() - 60)
    assert kept.exists()
    channel._remove_old(time.time() + 60)
    assert not kept.exists() and said.attachments


# Machines.


async def test_a_mail_that_comes_back_is_a_dead_letter(service):
    await writes(service, "Hello")
    customer = await service.customer("email", KIM)
    await service.with_ticket(customer)
    service.vendors["email"].bouncing.add(KIM)
    cursor = await service.reply(customer, "email", "An answer")

    async def told():
        return await service.fates(customer, cursor) == ["sent", "failed"]

    await until(told)
    [event] = [one for one in await service.events(customer) if one["type"] == "delivery" and one["state"] == "failed"]
    assert event["reason"] == "the mail came back: 550 5.1.1 No such user here"
    assert [one.author for one in await service.thread("email", KIM)] == ["customer", "bot"]
    assert await service.redis.get("identity:email:mailer-daemon@mailbox.example") is None


async def answering(service):
    """Answers every turn at once, as the assistant does; ends when it is cancelled."""
    done = 0
    while True:
        customer = await service.redis.get(f"identity:email:{KIM}")
        items = await service.redis.lrange(service.threads.mailbox.list_key(str(customer)), 0, -1) if customer else []
        for item in items[done:]:
            await service.reply(str(customer), "email", f"Automatic answer to {item}", id=f"r:{item}")
            done += 1
        await asyncio.sleep(0.01)


@pytest.mark.parametrize(("honest", "most"), [(True, 1), (False, 20)])
async def test_two_machines_that_answer_each_other_come_to_an_end(service, monkeypatch, honest, most):
    monkeypatch.setattr(type(service.channel("email")), "limits", service.channel("webhook").limits)
    vendor = service.vendors["email"]
    vendor.answering[KIM] = ("I am away until Monday.", honest)
    turns = asyncio.create_task(answering(service))
    await writes(service, "Where is my parcel?")

    found = await thread(service, 2 * most + 1)
    await asyncio.sleep(0.5)
    turns.cancel()
    assert len(vendor.arrived) == most and await service.thread("email", KIM) == found
    texts = [one.text for one in found if one.author == "customer"]
    assert texts == ["Where is my parcel?"] + ["I am away until Monday."] * most


async def test_what_the_bot_sends_is_known_as_a_machines_by_another_desk(service):
    await writes(service, "Hello")
    customer = await service.customer("email", KIM)
    await service.reply(customer, "email", "An answer")
    [mail] = await arrived(service, 1)
    assert kind_of(read(mail.as_bytes()), "support@other.example") == "own"


# Who wrote this?


async def test_a_senders_address_is_no_proof_and_our_servers_verdict_is_noted(make_service):
    service = await make_service(
        workers=False,
        EMAIL_ADDRESS="help@shop.example",
        EMAIL_SMTP_URL="smtp://127.0.0.1:9",
        EMAIL_WEBHOOK_KEY="k" * 20,
        EMAIL_TRUSTED_MX="mx.shop.example",
    )
    verdict = "Authentication-Results: mx.shop.example; dmarc=fail header.from=example.org"
    assert (await post(service, signed(service, raw_form(a_mail("1", "I am Kim", verdict)))))[0] == 200
    card = await service.identities.card(await service.customer("email", KIM))
    [known] = card.identities
    assert (known["verified"], known["verified_how"], known["sender_check"]) == (False, "", "dmarc fail")


@pytest.fixture
async def linked(service):
    """The service with linking as the process wires it, and a web session with a thread."""
    merges = Merges(service.threads)
    links = Links(
        service.identities, merges, "secret", service.outbox.pushes, past_the_thread(service.messengers.channels)
    )
    service.messengers.inbox.links = links
    _, web, _ = await service.identities.open_session(None)
    await service.reply(web, "web", "Hello on the web")
    service.links, service.web, service.session_id = links, web, "s" * 32
    return service


async def same_customer(service) -> bool:
    mail = await service.threads.root(await service.customer("email", KIM))
    return mail == await service.threads.root(service.web)


async def test_a_code_that_came_by_mail_and_is_typed_in_the_chat_joins(linked):
    await writes(linked, "Hello by mail")
    offer = await linked.links.offer("web", linked.session_id, customer_id=linked.web, email=KIM)
    await linked.messengers.send_mail()(KIM, offer.code)
    [mail] = await arrived(linked, 1)
    text = mail.get_body(("plain",)).get_content()
    assert offer.code in text and "Ihr Code" in text and "Your code" in text
    outcome = await linked.links.confirm_email(linked.session_id, linked.web, offer.code)
    assert outcome.state == "linked" and await same_customer(linked)
    card = await linked.identities.card(await linked.threads.root(linked.web))
    assert [one["verified"] for one in card.identities if one["channel"] == "email"] == [True]


async def test_answering_the_mail_with_the_code_joins_once_both_sides_said_yes(linked):
    await writes(linked, "Hello by mail")
    offer = await linked.links.offer("web", linked.session_id, customer_id=linked.web, email=KIM)
    await linked.messengers.send_mail()(KIM, offer.code)
    await arrived(linked, 1)
    await linked.vendors["email"].does(KIM, Action("text", "Yes, that is me"))
    mails = await arrived(linked, 2)
    assert "1) " in mails[1].get_body(("plain",)).get_content()
    assert not await same_customer(linked)
    await linked.vendors["email"].does(KIM, Action("text", "1"))
    asked = next(one for one in await linked.threads.last(linked.web, 10) if one.choices)
    await asyncio.sleep(0.3)
    assert not await same_customer(linked)
    await linked.links.answer("web", linked.session_id, asked.choices[0].payload)
    await until(partial(same_customer, linked))


async def test_an_answer_to_the_mail_with_a_code_that_was_used_already_is_a_message(linked):
    offer = await linked.links.offer("web", linked.session_id, customer_id=linked.web, email=KIM)
    await linked.messengers.send_mail()(KIM, offer.code)
    await arrived(linked, 1)
    assert (await linked.links.confirm_email(linked.session_id, linked.web, offer.code)).state == "linked"
    assert await same_customer(linked)
    await linked.vendors["email"].does(KIM, Action("text", "Where is my parcel?"))

    async def said() -> list[str]:
        return [one.text for one in await linked.threads.last(linked.web, 10)]

    async def asked() -> bool:
        return "Where is my parcel?" in await said()

    await until(asked)
    assert not any("not valid" in text for text in await said())


@pytest.mark.parametrize(
    ("answer", "payload"),
    [("Returns", "/return"), ("yes!", "/yes"), ("2) ", "/return"), ("Returns are late", ""), ("It", "")],
)
async def test_a_choice_can_be_named_by_its_number_or_its_words(service, answer, payload):
    await writes(service, "Hello")
    customer = await service.customer("email", KIM)
    await service.reply(
        customer,
        "email",
        "What is it?",
        choices=(("Yes, connect", "/yes"), ("Returns", "/return"), ("It, one", "/1"), ("It, two", "/2")),
    )
    await arrived(service, 1)
    said = (await writes(service, answer, count=3))[-1]
    item = (await service.redis.lrange(service.threads.mailbox.list_key(customer), -1, -1))[0]
    assert item == (f'choice "{payload}" {said.cursor}' if payload else f"message {said.cursor}")


async def test_who_only_writes_in_somebodys_name_joins_nothing(linked):
    """The attacker has a web session with a code, and forges mails of Kim; no mail to Kim was ever read by them."""
    await writes(linked, "Hello by mail")
    offer = await linked.links.offer("web", linked.session_id, customer_id=linked.web)
    values = dict(linked.messengers.given.values)
    for number, text in enumerate((offer.code, "1", "1) Ja", "ja")):
        body, headers = mail_seal(values, a_mail(f"forged{number}", text))
        assert (await post(linked, body, headers=headers))[0] == 200
        if number == 0:
            await arrived(linked, 1)
    asked = next(one for one in await linked.threads.last(linked.web, 10) if one.choices)
    await linked.links.answer("web", linked.session_id, asked.choices[0].payload)
    await asyncio.sleep(0.3)
    assert not await same_customer(linked)


async def test_a_code_of_a_mail_is_of_no_use_to_anybody_else(linked):
    offer = await linked.links.offer("web", linked.session_id, customer_id=linked.web, email=KIM)
    outcome = await linked.links.redeem("email", "other@example.org", offer.code)
    assert (outcome.state, outcome.code) == ("refused", "code_invalid")
    assert (await linked.links.redeem("telegram", "4711", offer.code)).state == "refused"


async def test_a_mail_to_the_address_with_a_code_asks_both_sides(linked):
    offer = await linked.links.offer("web", linked.session_id, customer_id=linked.web)
    await linked.vendors["email"].does(KIM, Action("start", code=offer.code))
    [mail] = await arrived(linked, 1)
    asked = next(one for one in await linked.threads.last(linked.web, 10) if one.choices)
    await linked.links.answer("web", linked.session_id, asked.choices[0].payload)
    assert not await same_customer(linked)
    await linked.vendors["email"].does(KIM, Action("text", "1"))
    await until(partial(same_customer, linked))
    assert "help+" in mail["Reply-To"] and mail["Subject"] == "Your message to Demo Shop" and mail["In-Reply-To"]


# Settings.


def load(tmp_path, **environ):
    return Settings.load({"VAR_DIR": str(tmp_path), **environ}, env_file=str(tmp_path / ".env"))


GOOD = {
    "EMAIL_ADDRESS": "help@shop.example",
    "EMAIL_SMTP_URL": "smtp://u:p%40ss@mail.shop.example:587",
    "EMAIL_IMAP_URL": "imaps://u:geheim@mail.shop.example",
}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"EMAIL_IMAP_URL": ""}, "EMAIL_IMAP_URL or EMAIL_WEBHOOK_KEY"),
        ({"EMAIL_ADDRESS": "help"}, "EMAIL_ADDRESS"),
        ({"EMAIL_ADDRESS": "help+x@shop.example"}, "EMAIL_ADDRESS"),
        ({"EMAIL_SMTP_URL": "https://x:geheim@y"}, "EMAIL_SMTP_URL"),
        ({"EMAIL_IMAP_URL": "imaps://"}, "EMAIL_IMAP_URL"),
        ({"EMAIL_SMTP_URL": ""}, "EMAIL_SMTP_URL"),
        ({"EMAIL_PLUS_ADDRESSES": "maybe"}, "EMAIL_PLUS_ADDRESSES"),
        ({"EMAIL_SMTP_URL": "smtp://h:99999999"}, "EMAIL_SMTP_URL"),
        ({"EMAIL_IMAP_URL": "pop://u:geheim@mail.shop.example"}, "imaps://"),
        ({"EMAIL_ADDRESS": ""}, "EMAIL_ADDRESS"),
    ],
)
def test_wrong_settings_stop_the_start_with_one_line(tmp_path, change, told):
    with pytest.raises(SettingsError, match=told) as caught:
        load(tmp_path, **{**GOOD, **change})
    assert "\n" not in str(caught.value) and "geheim" not in str(caught.value)


def test_a_link_leads_to_a_mail_that_brings_the_code(tmp_path):
    given = registry.credentials(load(tmp_path, PLAYGROUND="off", **GOOD))
    link = registry.deep_link(given, "email", "FD-7K3QX-9M2PT", "http://x")
    assert link == "mailto:help%2Bfd-7k3qx-9m2pt@shop.example?subject=FD-7K3QX-9M2PT&body=FD-7K3QX-9M2PT"
