"""Link codes against a real Redis: nobody sees a thread that they did not prove to be theirs."""

import asyncio
import re
from collections import defaultdict
from datetime import timedelta

import pytest

from bot import linking, merge_joining
from bot.errors import Refused
from bot.identity import SIGNED, Identities
from bot.linking import Brought, Links, brought_in, code_in, session_id, wants_link
from bot.mailbox import Mailbox
from bot.merging import Merges
from bot.texts import say
from bot.threads import Threads, message

SESSION = session_id("the token of a web session")


@pytest.fixture
def sent():
    """Texts that were sent past the thread, by address."""
    return defaultdict(list)


@pytest.fixture
def links(redis, sent, monkeypatch):
    monkeypatch.setattr(merge_joining, "PATIENCE_SECONDS", 0)  # No outbox worker runs here.
    threads = Threads(redis, Mailbox(redis, "mailbox"), Mailbox(redis, "outbox"))

    async def say_directly(channel, address, text):
        sent[f"{channel}:{address}"].append(text)

    identities = Identities(redis, "session secret", "site secret")
    return Links(identities, Merges(threads), "code secret", lambda channel: channel != "web", say_directly)


async def visitor(links: Links, *said: str) -> str:
    customer = await links.identities.home_of("web", f"visitor-{len(said)}{'-'.join(said)}")
    for text in said:
        await links.threads.accept(customer, message("customer", text, id=f"web-{text}-0001", channel="web"))
    return customer


async def on_telegram(links: Links, address: str, *said: str) -> str:
    customer = await links.identities.home_of("telegram", address)
    for text in said:
        await links.threads.accept(customer, message("customer", text, id=f"tg-{text}-0001", channel="telegram"))
    return customer


async def seen(links: Links, customer: str) -> list[str]:
    """What the thread of a customer holds, without what the service itself says."""
    log = await links.threads.last(await links.threads.root(customer), 100)
    return [one.text for one in log if one.author != "system"]


async def choice(links: Links, customer: str, title: str) -> str:
    """The payload of the last choice with this title that the customer was given."""
    log = await links.threads.last(await links.threads.root(customer), 100)
    return [one.payload for entry in log for one in entry.choices if one.title == title][-1]


async def test_from_the_web_to_telegram_one_tap_and_one_confirmation(links, redis):
    anna = await visitor(links, "where is my order")
    offer = await links.offer("web", SESSION, customer_id=anna)
    assert (await links.redeem("telegram", "4711", offer.code, "Anna")).state == "waiting"
    telegram = await links.identities.home_of("telegram", "4711")
    assert await seen(links, telegram) == [], "nothing is shown before both have confirmed"
    asked = (await links.threads.last(anna, 1))[0]
    assert "Telegram (Anna)" in asked.text
    assert (await links.answer("web", SESSION, await choice(links, anna, "Yes, connect"))).state == "linked"
    assert await seen(links, telegram) == ["where is my order"]
    card = await links.identities.card(anna)
    proofs = {one["identity"]: one["verified_how"] for one in card.identities}
    assert proofs["telegram:4711"] == "link code"


async def test_a_thread_with_something_to_show_is_asked_for_itself(links):
    anna, ben = await visitor(links, "hello"), await on_telegram(links, "4711", "my secret")
    offer = await links.offer("web", SESSION, customer_id=anna)
    assert (await links.redeem("telegram", "4711", offer.code)).state == "asked"
    assert (await links.answer("web", SESSION, await choice(links, anna, "Yes, connect"))).state == "waiting"
    told = (await links.threads.last(anna, 1))[0]
    assert "confirm there as well (Telegram)" in told.text, "who has said yes hears what is still missing"
    assert await seen(links, anna) == ["hello"]
    assert (await links.answer("telegram", "4711", await choice(links, ben, "Yes, connect"))).state == "linked"
    assert sorted(await seen(links, anna)) == ["hello", "my secret"]


async def test_who_tried_before_and_has_nothing_to_show_is_not_asked_twice(links):
    anna = await visitor(links, "hello")
    for _ in range(2):
        offer = await links.offer("web", SESSION, customer_id=anna)
        assert (await links.redeem("telegram", "4711", offer.code)).state == "waiting"


async def test_from_telegram_to_the_web_by_a_code_that_stands_in_no_thread(links, sent, redis):
    ben = await on_telegram(links, "4711", "my order")
    offer = await links.offer("telegram", "4711", "de")
    assert offer.code in sent["telegram:4711"][0]
    for key in await redis.keys("*"):
        assert offer.code not in key
        if await redis.type(key) == "hash":
            assert offer.code not in str(await redis.hgetall(key))
        if await redis.type(key) == "stream":
            assert offer.code not in str(await redis.xrange(key))
    anna = await visitor(links)
    assert (await links.redeem("web", SESSION, offer.code, customer_id=anna)).state == "waiting"
    assert (await links.answer("telegram", "4711", await choice(links, ben, "Yes, connect"))).state == "linked"
    assert await seen(links, anna) == ["my order"]


async def test_a_no_of_either_side_ends_it(links):
    for side in ("web", "telegram"):
        anna, ben = await visitor(links, "a", side), await on_telegram(links, f"47{side}", f"b{side}")
        offer = await links.offer("web", SESSION, customer_id=anna)
        await links.redeem("telegram", f"47{side}", offer.code)
        yes = {"web": await choice(links, anna, "Yes, connect"), "telegram": await choice(links, ben, "Yes, connect")}
        address = {"web": SESSION, "telegram": f"47{side}"}
        other = "telegram" if side == "web" else "web"
        await links.answer(other, address[other], yes[other])
        assert (await links.answer(side, address[side], yes[side].replace("yes", "no"))).state == "declined"
        assert (await links.answer(side, address[side], yes[side])).state == "refused"
        assert await links.threads.root(ben) == ben


async def test_of_many_who_bring_the_same_code_at_once_one_wins_and_later_ones_find_it_useless(links):
    anna = await visitor(links, "hello")
    offer = await links.offer("web", SESSION, customer_id=anna)
    outcomes = await asyncio.gather(*(links.redeem("telegram", str(number), offer.code) for number in range(20)))
    assert sorted(one.state for one in outcomes) == ["refused"] * 19 + ["waiting"]
    assert (await links.redeem("telegram", "99", offer.code)).code == "code_invalid"


async def test_only_the_two_sides_can_answer(links):
    anna = await visitor(links, "hello")
    offer = await links.offer("web", SESSION, customer_id=anna)
    await links.redeem("telegram", "4711", offer.code)
    yes = await choice(links, anna, "Yes, connect")
    for channel, address in (("web", session_id("another session")), ("telegram", "4712"), ("sms", "4711")):
        assert (await links.answer(channel, address, yes)).code == "not_yours"
    assert (await links.answer("telegram", "4711", yes)).state == "waiting", "it can answer for itself only"
    assert (await links.answer("web", SESSION, "link:made-up:yes")).code == "code_invalid"


async def test_who_asked_for_a_code_cannot_bring_it(links):
    anna = await visitor(links, "hello")
    offer = await links.offer("web", SESSION, customer_id=anna)
    assert (await links.redeem("web", SESSION, offer.code, customer_id=anna)).state == "refused"
    assert (await links.redeem("telegram", "1", offer.code)).state == "waiting"


async def test_a_code_and_a_question_that_are_too_old_are_of_no_use(links, monkeypatch):
    monkeypatch.setattr(linking, "LIFE", timedelta(milliseconds=150))
    anna = await visitor(links, "hello")
    offer, other = [await links.offer("web", SESSION, customer_id=anna) for _ in range(2)]
    await links.redeem("telegram", "1", other.code)
    yes = await choice(links, anna, "Yes, connect")
    await asyncio.sleep(0.2)
    assert (await links.redeem("telegram", "2", offer.code)).code == "code_invalid"
    assert (await links.answer("web", SESSION, yes)).code == "code_invalid"


async def test_who_tries_codes_is_stopped_and_who_asks_for_too_many_too(links):
    anna = await visitor(links, "hello")
    offer = await links.offer("web", SESSION, customer_id=anna)
    for _ in range(linking.TRIES):
        assert (await links.redeem("telegram", "666", "FD-AAAAA-AAAAA")).code == "code_invalid"
    assert (await links.redeem("telegram", "666", offer.code)).code == "too_many"
    assert (await links.redeem("telegram", "1", offer.code)).state == "waiting", "others are not hindered"
    with pytest.raises(Refused) as refused:
        for _ in range(linking.OFFERS):
            await links.offer("web", SESSION, customer_id=anna)
    assert (refused.value.code, refused.value.status) == ("too_many", 429)


async def test_wrong_codes_from_everywhere_are_stopped_together(links, monkeypatch):
    monkeypatch.setattr(linking, "WRONG", 10)
    offer = await links.offer("web", SESSION, customer_id=await visitor(links, "hello"))
    for number in range(11):
        await links.redeem("telegram", f"bot-{number}", "FD-AAAAA-AAAAA")
    assert (await links.redeem("telegram", "one-more", offer.code)).code == "too_many"


async def test_a_consent_that_was_followed_by_a_crash_can_be_repeated(links, monkeypatch):
    anna = await visitor(links, "hello")
    offer = await links.offer("web", SESSION, customer_id=anna)
    await links.redeem("telegram", "4711", offer.code)
    yes = await choice(links, anna, "Yes, connect")
    with monkeypatch.context() as dying:
        dying.setattr(links.merges, "merge", None)
        with pytest.raises(TypeError):
            await links.answer("web", SESSION, yes)
    for _ in range(2):
        assert (await links.answer("web", SESSION, yes)).state == "linked"
    telegram = await links.identities.home_of("telegram", "4711")
    assert await links.threads.root(telegram) == anna


async def test_an_e_mail_address_counts_when_its_code_comes_from_the_session_that_asked(links):
    anna = await visitor(links, "hello")
    mail = await links.identities.home_of("email", "anna@example.com")
    await links.threads.accept(mail, message("customer", "by mail", id="mail-0001", channel="email"))
    offer = await links.offer("web", SESSION, customer_id=anna, email="anna@example.com")
    other = session_id("the session of somebody else")
    assert (await links.confirm_email(other, await visitor(links), offer.code)).state == "refused"
    assert (await links.redeem("telegram", "1", offer.code)).state == "refused", "it proves an address, no more"
    assert await links.threads.root(mail) == mail
    assert (await links.confirm_email(SESSION, anna, offer.code)).state == "linked"
    assert (await links.confirm_email(SESSION, anna, offer.code)).state == "refused"
    assert await seen(links, anna) == ["hello", "by mail"]
    proofs = {one["identity"]: one["verified_how"] for one in (await links.identities.card(anna)).identities}
    assert proofs["email:anna@example.com"] == "confirmed e-mail"


async def test_what_a_visitor_said_goes_along_when_they_sign_in_but_never_to_the_next_account(links):
    visitor_id = await visitor(links, "before signing in")
    first = await links.identities.home_of("web", "user-1", verified_how=SIGNED)
    second = await links.identities.home_of("web", "user-2", verified_how=SIGNED)
    await links.sign_in(visitor_id, first)
    assert await seen(links, first) == ["before signing in"]
    await links.sign_in(visitor_id, second)
    assert await seen(links, second) == []
    assert await links.threads.root(visitor_id) == first


async def test_a_customer_known_to_the_site_is_the_one_who_is_kept(links):
    signed = await links.identities.home_of("web", "user-1", verified_how=SIGNED)
    await on_telegram(links, "4711", "hello")
    offer = await links.offer("telegram", "4711")
    await links.redeem("web", SESSION, offer.code, customer_id=signed)
    telegram = await links.identities.home_of("telegram", "4711")
    await links.answer("telegram", "4711", await choice(links, telegram, "Yes, connect"))
    assert await links.threads.root(telegram) == signed


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (" fd 7k3qx 9m2pt ", "FD-7K3QX-9M2PT"),
        ("FD7K3QX9M2PT", "FD-7K3QX-9M2PT"),
        ("my code is FD-7K3QX-9M2PT", None),
        ("FDHELLO", None),
    ],
)
def test_a_code_is_a_message_that_is_nothing_else(text, code):
    assert code_in(text) == code


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("fd 7k3qx 9m2pt", ""),
        (" FD-7K3QX-9M2PT. ", ""),
        ("my code is FD-7K3QX-9M2PT", "my code is"),
        ("Mein Code ist fd 7k3qx 9m2pt, danke!", "Mein Code ist danke"),
        ("here is my code: FD–7K3QX–9M2PT", "here is my code"),
        ("(FD7K3QX9M2PT) that's it", "that's it"),
    ],
)
def test_a_code_is_found_among_other_words(text, words):
    assert brought_in(text) == Brought("FD-7K3QX-9M2PT", words)


@pytest.mark.parametrize(
    "text",
    [
        "", "my code is 123456", "FDHELLO", "ok fd hello world", "the article FD-7K3QX-9M2PT-44", "xfd-7k3qx-9m2pt",
        "fd 12345", "https://shop.test/FD-7K3QX-9M2PTX",
    ],
)  # fmt: skip
def test_what_only_looks_like_a_code_is_none(text):
    assert brought_in(text) is None


async def test_a_code_among_other_words_is_no_consent_yet(links):
    offer = await links.offer("web", SESSION, customer_id=await visitor(links, "where is my order"))
    outcome = await links.redeem("sms", "+4917012345", offer.code, words="what is this code for")
    assert outcome.state == "asked", "bringing it alone would have been the yes"
    phone = await links.identities.home_of("sms", "+4917012345")
    assert (await links.threads.last(phone, 1))[0].choices and await seen(links, phone) == []


@pytest.mark.parametrize(
    ("page", "before", "words", "answer"),
    [
        ("de", "", "here is my code", "en"),
        ("en", "", "hier ist mein Code", "de"),
        ("de", "en", "", "en"),
        ("en", "de", "code", "de"),
        ("de", "de", "here is my code", "en"),
        ("de", "", "", "de"),
        ("en", "", "code", "en"),
    ],
)
async def test_who_brings_a_code_is_answered_in_the_language_of_their_words_their_thread_or_the_page(
    links, page, before, words, answer
):
    anna = await visitor(links, "hello")
    await links.threads.prefer(anna, page)
    phone = await links.identities.home_of("sms", "+4917012345")
    if before:
        await links.threads.prefer(phone, before)
    offer = await links.offer("web", SESSION, customer_id=anna)
    await links.redeem("sms", "+4917012345", offer.code, words=words, ask=True)
    titles = {one.title for one in (await links.threads.last(phone, 1))[0].choices}
    assert titles == {say(answer, "link_yes"), say(answer, "link_no")}
    assert (await links.threads.last(anna, 1))[0].choices[0].title == say(page, "link_yes")


async def test_letters_that_are_read_as_another_one_do_not_matter(links):
    offer = await links.offer("web", SESSION, customer_id=await visitor(links, "hello"))
    read = re.sub("0", "O", offer.code[3:]).replace("1", "l")
    assert (await links.redeem("telegram", "1", f"fd-{read}")).state == "waiting"


def test_a_word_asks_for_a_code_and_a_sentence_does_not():
    assert wants_link("Verbinden!") and wants_link("/link")
    assert not wants_link("please send me the link")
