"""Who wrote this mail? An address is anybody's claim; a mark that only its owner's mailbox has seen proves it."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest

from bot.linking import Links
from bot.merging import Merges
from bot.vendors.action import Action
from bot.web.linking import past_the_thread
from tests.contract.mail import KIM, arrived, post, raw_form, signed, writes
from tests.contract.platforms.email import a_mail, mail_seal
from tests.contract.service import until


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
