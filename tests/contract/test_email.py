"""E-mail through its real doors: signed webhook in, SMTP out;
threads that hold together, and machines that are not answered."""

from __future__ import annotations

import asyncio
import re
import time

import pytest

from bot.channels.email_letter import read
from bot.channels.email_rules import kind_of
from bot.channels.protocol import Outgoing
from bot.channels.rich import spans_of
from bot.vendors.action import Action, File
from tests.contract.mail import KIM, arrived, post, raw_form, signed, thread, writes
from tests.contract.service import until
from tests.contract.test_vendors import PNG
from tickets.contracts import partition


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
