"""E-mail by the webhook of a mail service: what is taken, and what is refused."""

from __future__ import annotations

import json
import time
from email.message import EmailMessage

import aiohttp

from tests.contract.mail import KIM, arrived, post, raw_form, signed, writes
from tests.contract.platforms.email import a_mail, mail_form
from tests.contract.service import until
from tests.contract.test_vendors import PNG
from tickets.contracts import partition


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
