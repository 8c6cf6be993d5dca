"""What every messenger's door must stand, one test for all of them:
recorded, forged, repeated, broken and strange calls."""

import asyncio
import contextlib
import json
import random
import time

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError

from bot.channels.protocol import Call
from bot.errors import Refused
from tests.contract.platforms import (
    EMAIL,
    MESSENGER,
    PLATFORMS,
    SMS,
    TELEGRAM,
    WEBHOOK,
    Platform,
)
from tests.contract.platforms.telegram import telegram
from tests.contract.platforms.webhook import webhook_sign
from tests.contract.service import Service

JSON = [one for one in PLATFORMS.values() if one.name != "sms"]
EVERY = pytest.mark.parametrize("platform", PLATFORMS.values(), ids=PLATFORMS)
#: Mail too, whose signature stands in the body and is about no mail:
#: see test_email_webhook.py for what follows from that.
MAIL_TOO = pytest.mark.parametrize("platform", [*PLATFORMS.values(), EMAIL], ids=[*PLATFORMS, "email"])


async def call(
    service: Service, platform: Platform, body: bytes, headers: dict[str, str] | None = None, query: str = ""
):
    """Posts as the platform does; returns status and text."""
    url = f"{service.url}/channels/{platform.name}/webhook{query}"
    signed = platform.sign(dict(service.messengers.given.values), url, body) if headers is None else headers
    if platform.seal and headers is None:
        body, signed = platform.seal(dict(service.messengers.given.values), body)
    async with service.session.post(url, data=body, headers=signed) as answer:
        return answer.status, await answer.text()


def paths(found, at=()):
    """The places of all values in a JSON document."""
    yield at
    children = found.items() if isinstance(found, dict) else enumerate(found) if isinstance(found, list) else ()
    for name, child in children:
        yield from paths(child, (*at, name))


def with_value(found, at, value):
    """A copy of a JSON document with one value replaced."""
    if not at:
        return value
    copy = dict(found) if isinstance(found, dict) else list(found)
    copy[at[0]] = with_value(found[at[0]], at[1:], value)
    return copy


@MAIL_TOO
async def test_every_recorded_call_is_stored_as_what_it_says(idle, platform):
    for name, recorded in platform.recorded.items():
        assert (await call(idle, platform, recorded.body))[0] == 200, name
        stored = (await idle.thread(platform.name, platform.address))[-1]
        assert (stored.text, stored.author, stored.channel) == (recorded.text, recorded.author, platform.name), name
        assert tuple(one.kind for one in stored.attachments) == recorded.kinds, name
    assert len(await idle.thread(platform.name, platform.address)) == len(platform.recorded)


@pytest.mark.parametrize(
    ("name", "change", "reads"),
    [
        ("telegram", "edited", "Wo ist meine Sendung?"),
        ("messenger", "edited", "Hello there"),
        ("instagram", "deleted", ""),
    ],
)
async def test_a_change_on_the_platform_is_how_the_message_reads_from_then_on(idle, name, change, reads):
    platform = PLATFORMS[name]
    changes = platform.recorded[change].body
    await call(idle, platform, changes)
    assert (await idle.thread(name, platform.address))[-1].author == "system", (
        "of a message that nobody knows it is a note"
    )
    await idle.redis.flushall()
    for body in (platform.recorded["text"].body, changes, changes):
        assert (await call(idle, platform, body))[0] == 200
    said, entry = await idle.thread(name, platform.address)
    assert (said.text, len(said.former), said.deleted_at is not None) == (reads, 1, change == "deleted")
    assert (entry.change, entry.changes) == (change, said.id)


@EVERY
async def test_forged_calls_are_refused_and_leave_nothing(idle, platform):
    body = platform.said("f1", "forged")
    url = f"{idle.url}/channels/{platform.name}/webhook"
    values = dict(idle.messengers.given.values)
    good = platform.sign(values, url, body)
    header = next(name for name in good if name.startswith("X-") and "Timestamp" not in name)
    wrong_secret = platform.sign({**values, platform.secret: "guessed"}, url, body)
    for headers in ({}, wrong_secret, {**good, header: ""}, {**good, header: good[header][:-1]}, {**good, header: "ä"}):
        status, text = await call(idle, platform, body, headers)
        assert status == 403 and "error" in text, headers
    if platform is not TELEGRAM:  # Its secret says who calls, and nothing of the body.
        assert (await call(idle, platform, body.replace(b"forged", b"farmed"), good))[0] == 403
    assert await idle.thread(platform.name, platform.address) == []
    assert values[platform.secret] not in text


async def test_a_signature_that_is_right_but_old_is_refused(idle):
    body = WEBHOOK.said("1", "late")
    for skew in (-400, 400):
        then = time.time() + skew
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(time, "time", lambda then=then: then)
            headers = webhook_sign(dict(idle.messengers.given.values), "", body)
        assert (await call(idle, WEBHOOK, body, headers))[0] == 403
    assert await idle.thread("webhook", WEBHOOK.address) == []


@MAIL_TOO
async def test_a_repeated_call_is_stored_once_however_many_come_at_once(idle, platform):
    body = platform.said("d1", "only once")
    answers = await asyncio.gather(*(call(idle, platform, body) for _ in range(20)))
    assert {status for status, _ in answers} == {200}
    assert [one.text for one in await idle.thread(platform.name, platform.address)] == ["only once"]
    customer = await idle.customer(platform.name, platform.address)
    assert await idle.redis.llen(idle.threads.mailbox.list_key(customer)) == 1


@MAIL_TOO
async def test_what_arrives_late_or_again_in_another_order_is_stored_once(idle, platform):
    bodies = {name: platform.said(name, f"message {name}") for name in ("o1", "o2", "o3")}
    for name in ("o2", "o1", "o3", "o1", "o2"):
        assert (await call(idle, platform, bodies[name]))[0] == 200
    texts = [one.text for one in await idle.thread(platform.name, platform.address)]
    assert texts == ["message o2", "message o1", "message o3"]


@pytest.mark.parametrize("platform", [one for one in PLATFORMS.values() if one.batch], ids=lambda one: one.name)
async def test_every_entry_of_a_batch_is_stored_in_order(idle, platform):
    pairs = [(f"b{number}", f"entry {number}") for number in range(12)]
    assert (await call(idle, platform, platform.batch(pairs)))[0] == 200
    assert [one.text for one in await idle.thread(platform.name, platform.address)] == [text for _, text in pairs]


@MAIL_TOO
async def test_what_is_unknown_or_needs_nothing_is_answered_200_and_stored_nowhere(idle, platform):
    for body in platform.unknown:
        assert (await call(idle, platform, body))[0] == 200, body
    assert await idle.thread(platform.name, platform.address) == []


@EVERY
async def test_broken_bodies_are_refused_with_a_reason(idle, platform):
    for body in (b"", b"{", b"[]", b'"text"', b"\xff\xfe\x00", b"[" * 100_000):
        status, text = await call(idle, platform, body)
        assert status == 400 and json.loads(text)["error"]["detail"], body[:20]
    big = platform.said("x1", "a" * 1_200_000)
    assert (await call(idle, platform, big))[0] == 413
    assert await idle.thread(platform.name, platform.address) == []


def changes(platform: Platform):
    """Every recorded body with one of its values replaced by one of another type, in turn."""
    for recorded in platform.recorded.values():
        document = json.loads(recorded.body)
        for at in paths(document):
            for value in (None, 7, "x", [], {}, [None], True):
                yield json.dumps(with_value(document, at, value)).encode()


@pytest.mark.parametrize("platform", JSON, ids=lambda one: one.name)
async def test_no_change_of_a_single_value_is_too_much_for_a_parser(idle, platform):
    channel, tried = idle.channel(platform.name), 0
    for body in changes(platform):
        with contextlib.suppress(Refused):
            channel.parse(Call("", {}, {}, body))
        tried += 1
    assert tried > 100


@pytest.mark.parametrize("platform", JSON, ids=lambda one: one.name)
async def test_no_change_of_a_single_value_makes_the_door_fail(idle, platform):
    for body in random.sample(list(changes(platform)), 60):
        status, _ = await call(idle, platform, body)
        assert status in (200, 400), body


@MAIL_TOO
async def test_hostile_text_is_stored_as_text(idle, platform):
    hostile = [
        "<script>alert(1)</script>",
        "\u202eabc",
        "a\x00b\x07c",
        "🤖" * 300,
        "'; FLUSHALL --",
        '{"id":"x"}',
        "%s %d {x}",
    ]
    for number, text in enumerate(hostile):
        assert (await call(idle, platform, platform.said(f"h{number}", text)))[0] == 200
    stored = [one.text for one in await idle.thread(platform.name, platform.address)]
    assert stored == [text.replace("\x00", "").replace("\x07", "") for text in hostile]


@MAIL_TOO
async def test_a_webhook_is_answered_within_a_second_while_the_vendor_is_slow(make_service, platform):
    service = await make_service()
    service.vendors[platform.name].knobs.slow_seconds = 1.5
    await call(service, platform, platform.said("s1", "hello"))
    customer = await service.customer(platform.name, platform.address)
    await service.reply(customer, platform.name, "an answer on a slow line")
    started = time.monotonic()
    assert (await call(service, platform, platform.said("s2", "and again")))[0] == 200
    assert time.monotonic() - started < 1


@MAIL_TOO
async def test_a_repeated_call_does_not_open_the_window_again(idle, platform):
    await call(idle, platform, platform.said("w1", "hello"))
    customer = await idle.customer(platform.name, platform.address)
    key = f"customer:{idle.threads.mailbox.list_key(customer).partition(':')[2]}"
    before = await idle.redis.hget(key, f"wrote:{platform.name}")
    old = platform.recorded["text"].body
    if platform.name in ("telegram", "whatsapp"):
        then = str(int(time.time()) - 100_000).encode()
        old = old.replace(str(json.loads(old).get("message", {}).get("date", "")).encode() or b"\0", then, 1)
    await call(idle, platform, old)
    assert int((await idle.redis.hget(key, f"wrote:{platform.name}")).split()[0]) >= int(before.split()[0])


@pytest.mark.parametrize("name", ["whatsapp", "messenger", "instagram"])
async def test_the_set_up_question_is_answered_only_with_the_agreed_word(idle, name):
    url = f"{idle.url}/channels/{name}/webhook"
    word = idle.messengers.given.values[f"{name.upper()}_VERIFY_TOKEN"]
    asked = {"hub.mode": "subscribe", "hub.verify_token": word, "hub.challenge": "1158201444"}
    async with idle.session.get(url, params=asked) as answer:
        assert (answer.status, await answer.text()) == (200, "1158201444")
    for wrong in ({"hub.verify_token": "guess"}, {"hub.mode": "unsubscribe"}):
        async with idle.session.get(url, params=asked | wrong) as answer:
            assert answer.status == 403
    async with idle.session.get(url, params=asked | {"hub.challenge": "<script>"}) as answer:
        assert answer.status == 400


async def test_a_platform_that_signs_the_address_signs_the_public_one(make_service):
    """Behind a proxy the request comes to another address than the one that was registered."""
    service = await make_service(workers=False, PUBLIC_URL="https://help.shop.example/")
    body, values = SMS.said("p1", "hello"), dict(service.messengers.given.values)
    public = "https://help.shop.example/channels/sms/webhook"
    assert (await call(service, SMS, body, SMS.sign(values, f"{public}?shop=1", body), "?shop=1"))[0] == 200
    assert (await call(service, SMS, body, SMS.sign(values, f"{service.url}/channels/sms/webhook", body)))[0] == 403


async def test_a_channel_that_is_off_has_no_door(make_service):
    service = await make_service(PLAYGROUND="off", WEBHOOK_SECRET="x" * 20, WEBHOOK_API_URL="http://127.0.0.1:9/")
    assert list(service.messengers.channels) == ["web", "webhook"]
    assert (await call(service, WEBHOOK, WEBHOOK.said("1", "hi")))[0] == 200
    async with service.session.post(f"{service.url}/channels/telegram/webhook", data=b"{}") as answer:
        assert answer.status == 404
    async with service.session.post(f"{service.url}/channels/web/webhook", data=b"{}") as answer:
        assert answer.status == 404
    async with service.session.get(f"{service.url}/vendors/webhook/conversations/x") as answer:
        assert answer.status == 404


async def test_a_store_that_is_away_is_no_200(idle, monkeypatch):
    async def away(*_, **__):
        raise RedisConnectionError("away")

    monkeypatch.setattr(idle.threads, "_accept", away)
    assert (await call(idle, MESSENGER, MESSENGER.said("1", "hi")))[0] == 503


async def test_messages_keep_the_language_of_the_phone(idle):
    await call(idle, TELEGRAM, telegram(99, text="Hi"))
    customer = await idle.customer("telegram", "4711")
    assert (await idle.threads.state(customer)).language == "de"
