"""Joining channels as the web chat sees it: over HTTP and its socket, against a real Redis."""

import asyncio
import time
import uuid
from datetime import UTC, datetime

import aiohttp
import jwt
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot import merge_joining
from bot.handoff import Handoffs
from bot.identity import Identities
from bot.linking import Links
from bot.mailbox import Mailbox
from bot.merging import Merges
from bot.threads import Threads, message
from bot.web.chat import Chat
from bot.web.linking import LinkRoutes
from bot.web.live import Live
from bot.web.server import tell_errors
from tests.chat_client import Customer
from tickets.contracts import UndoMerge

SITE_SECRET = "the secret of the host site, long enough for every algorithm that a forger may try"


class Door:
    """The web chat's part of `bot`, without an assistant."""

    def __init__(self, redis) -> None:
        self.threads = Threads(redis, Mailbox(redis, "mailbox"), Mailbox(redis, "outbox"))
        self.identities = Identities(redis, "session secret that is long enough", SITE_SECRET)
        self.merges = Merges(self.threads)
        self.links = Links(self.identities, self.merges, "secret", lambda channel: channel != "web")
        self.live = Live(redis)
        handoffs = Handoffs(redis, self.threads, self.identities, "Europe/Berlin")
        self.app = web.Application(middlewares=[tell_errors])
        chat = Chat(self.identities, self.threads, handoffs, self.live, [], self.links)
        chat.add_routes(self.app)
        self.mails: list[tuple[str, str]] = []

        def deep_link(channel: str, code: str) -> str:
            return f"https://t.me/faden_bot?start={code}" if channel == "telegram" else ""

        async def send_mail(address: str, code: str) -> None:
            self.mails.append((address, code))

        LinkRoutes(self.identities, self.links, ("telegram", "sms"), deep_link, chat.origins, send_mail).add_routes(
            self.app
        )

    async def telegram(self, text: str) -> None:
        customer = await self.identities.customer_of("telegram", "4711")
        await self.threads.accept(customer, message("customer", text, id=f"tg-{uuid.uuid4()}", channel="telegram"))


@pytest.fixture
async def door(redis, monkeypatch):
    monkeypatch.setattr(merge_joining, "PATIENCE_SECONDS", 0)  # No outbox worker runs here.
    door = Door(redis)
    server = TestServer(door.app)
    await server.start_server()
    listening = asyncio.create_task(door.live.run())
    async with aiohttp.ClientSession() as session:
        door.session, door.url = session, str(server.make_url("")).rstrip("/")
        yield door
    listening.cancel()
    await server.close()


async def post(door: Door, path: str, **body) -> tuple[int, dict]:
    async with door.session.post(f"{door.url}{path}", json=body) as answer:
        return answer.status, await answer.json()


def signed(sub: str, secret: str = SITE_SECRET, algorithm: str = "HS256", **claims) -> str:
    return jwt.encode({"sub": sub, "exp": time.time() + 60} | claims, secret, algorithm=algorithm)


def said(text: str):
    return lambda frame: frame["type"] == "message" and frame["text"] == text


async def linked(door: Door, customer: Customer) -> None:
    """Joins the session with telegram:4711, by both confirmations."""
    _, offer = await post(door, "/chat/links", token=customer.token, channel="telegram")
    await door.links.redeem("telegram", "4711", offer["code"], "Anna")
    asked = await customer.wait(lambda frame: frame["type"] == "message" and frame["choices"])
    theirs = (await door.threads.last(await door.identities.customer_of("telegram", "4711"), 1))[0]
    if theirs.choices:
        await door.links.answer("telegram", "4711", theirs.choices[0].payload)
    assert (await customer.press(asked["choices"][0]))["type"] == "accepted"


async def test_an_open_socket_gets_the_other_side_s_messages_in_place_and_none_of_them_twice(door):
    await door.telegram("telegram first")
    await asyncio.sleep(0.002)
    anna = await Customer(door.session, door.url).open(language="en")
    await anna.say("web second")
    await anna.wait(said("web second"))
    await door.telegram("telegram third")
    await linked(door, anna)
    await anna.wait(lambda frame: frame["type"] == "message" and "part of this conversation" in frame["text"])
    await door.telegram("telegram last")
    await anna.wait(said("telegram last"))
    ids = [frame["id"] for frame in anna.messages]
    assert len(ids) == len(set(ids))
    log = [one.text for one in await door.threads.last(anna.id, 100)]
    by_cursor = sorted(anna.messages, key=lambda frame: tuple(map(int, frame["cursor"].split("-"))))
    assert [frame["text"] for frame in by_cursor] == log
    assert log.index("telegram first") < log.index("web second") < log.index("telegram third")
    seen = len(anna.messages)
    anna.cursor = by_cursor[-1]["cursor"]
    await anna.connect()
    await anna.say("after a reload")
    await anna.wait(said("after a reload"))
    assert [frame["text"] for frame in anna.messages[seen:]] == ["after a reload"]
    await anna.disconnect()


async def test_a_socket_that_was_away_during_the_merge_misses_nothing_older_than_its_cursor(door):
    await door.telegram("older")
    await asyncio.sleep(0.002)
    anna = await Customer(door.session, door.url).open(language="en")
    await anna.say("web")
    await anna.wait(said("web"))
    await anna.disconnect()
    await door.merges.merge(anna.id, await door.identities.customer_of("telegram", "4711"), "link code")
    await anna.connect()
    await anna.wait(lambda frame: frame["type"] == "message" and "part of this" in frame["text"])
    assert [frame["text"] for frame in anna.messages if frame["author"] != "system"] == ["web", "older"]
    await anna.disconnect()


async def test_after_an_undo_the_page_starts_over_with_what_is_still_its_own(door):
    await door.telegram("not yours")
    anna = await Customer(door.session, door.url).open(language="en")
    await anna.say("mine")
    telegram = await door.identities.customer_of("telegram", "4711")
    merge_id = await door.merges.merge(anna.id, telegram, "link code")
    await anna.wait(said("not yours"))
    agent = {"agent_id": "a", "agent_name": "Ada", "at": datetime.now(UTC)}
    assert await door.merges.undo(UndoMerge(command_id="c", customer_id=anna.id, merge_id=merge_id, **agent))
    reset = await anna.wait(lambda frame: frame["type"] == "reset")
    after = anna.frames[anna.frames.index(reset) :]
    await anna.wait(lambda frame: frame["type"] == "message" and "no longer part" in frame["text"])
    after = [frame["text"] for frame in anna.frames[anna.frames.index(reset) :] if frame["type"] == "message"]
    assert after[0] == "mine" and "not yours" not in after
    await anna.disconnect()


async def test_the_offer_carries_the_links_and_a_qr_code(door):
    anna = await Customer(door.session, door.url).open()
    status, offer = await post(door, "/chat/links", token=anna.token)
    assert status == 201
    [link] = offer["links"]
    assert link["url"] == f"https://t.me/faden_bot?start={offer['code']}"
    assert link["qr"].startswith("<svg") and "script" not in link["qr"]
    await anna.disconnect()


async def test_a_code_of_telegram_is_typed_into_the_chat_and_stands_in_no_thread(door):
    await door.telegram("my order")
    offer = await door.links.offer("telegram", "4711", "en")
    anna = await Customer(door.session, door.url).open()
    accepted = await anna.say(offer.code.lower())
    assert accepted["type"] == "accepted"
    theirs = (await door.threads.last(await door.identities.customer_of("telegram", "4711"), 1))[0]
    await door.links.answer("telegram", "4711", theirs.choices[0].payload)
    await anna.wait(said("my order"))
    assert not any(offer.code.lower() in frame["text"].lower() for frame in anna.messages)
    await anna.disconnect()


async def test_a_code_is_found_in_a_sentence_and_a_longer_message_with_an_unknown_one_is_a_message(door):
    await door.telegram("my order")
    offer = await door.links.offer("telegram", "4711", "en")
    anna = await Customer(door.session, door.url).open()
    await anna.say(f"My code is {offer.code}")
    theirs = (await door.threads.last(await door.identities.customer_of("telegram", "4711"), 1))[0]
    assert theirs.choices, "the other side is asked"
    await anna.say("is FD-AAAA1-AAAAA my code")
    long = "I bought the lamp with the number FD-AAAA1-AAAAA from you last week and it hums"
    await anna.say(long)
    texts = [one.text for one in await door.threads.last(anna.id, 20) if one.author == "customer"]
    assert texts == [long]
    await anna.disconnect()


async def test_what_was_said_before_signing_in_goes_along(door):
    visitor = await Customer(door.session, door.url).open()
    await visitor.say("as a visitor")
    status, opened = await post(door, "/chat/sessions", identity=signed("user-1", name="Anna"), token=visitor.token)
    assert status == 201
    assert next(one.text for one in await door.threads.last(opened["customer_id"], 10)) == "as a visitor"
    card = await door.identities.card(opened["customer_id"])
    assert card.name == "Anna"
    assert {one["identity"]: one["verified"] for one in card.identities}["web:user-1"] is True
    await visitor.wait(lambda frame: frame["type"] == "message" and frame["author"] == "system")
    await visitor.disconnect()


@pytest.mark.parametrize(
    "forged",
    [
        signed("user-1", secret="another secret that is long enough!!"),
        signed("user-1", exp=time.time() - 10),
        jwt.encode({"sub": "user-1"}, SITE_SECRET, algorithm="HS256"),
        jwt.encode({"exp": time.time() + 60}, SITE_SECRET, algorithm="HS256"),
        jwt.encode({"sub": "user-1", "exp": time.time() + 60}, None, algorithm="none"),
        signed("user-1", algorithm="HS512"),
        "not.a.token",
    ],
    ids=["wrong secret", "expired", "no expiry", "no subject", "unsigned", "other algorithm", "nonsense"],
)
async def test_a_forged_identity_opens_no_session_and_moves_nothing(door, forged):
    visitor = await Customer(door.session, door.url).open()
    await visitor.say("hello")
    status, answer = await post(door, "/chat/sessions", identity=forged, token=visitor.token)
    assert (status, answer["error"]["code"]) == (401, "identity_invalid")
    assert await door.threads.root(visitor.id) == visitor.id
    await visitor.disconnect()


async def test_a_forged_or_missing_session_gets_no_code_and_bad_bodies_are_told(door):
    anna = await Customer(door.session, door.url).open()
    other = jwt.encode(
        {"cid": anna.id, "exp": time.time() + 60}, "a wrong secret, but long enough too", algorithm="HS256"
    )
    assert (await post(door, "/chat/links", token=other))[0] == 401
    assert (await post(door, "/chat/links"))[1]["error"]["code"] == "bad_body"
    assert (await post(door, "/chat/links", token=anna.token, channel="fax"))[1]["error"]["code"] == "unknown_channel"
    assert (await post(door, "/chat/links/redeem", token=anna.token, code="hello"))[1]["error"]["code"] == "bad_code"
    assert (await post(door, "/chat/links/redeem", token=anna.token, code="FD-AAAAA-AAAAA"))[0] == 404
    assert (await post(door, "/chat/links/answer", token=anna.token, payload="link:x:yes"))[0] == 404
    async with door.session.post(f"{door.url}/chat/links", data=b"[" * 100_000) as answer:
        assert answer.status == 400
    await anna.disconnect()


async def test_an_e_mail_address_is_proven_by_the_code_that_went_there(door):
    anna = await Customer(door.session, door.url).open()
    assert (await post(door, "/chat/links/email", token=anna.token, address="anna"))[1]["error"][
        "code"
    ] == "bad_address"
    status, _ = await post(door, "/chat/links/email", token=anna.token, address="Anna@Example.com")
    assert status == 202
    [(address, code)] = door.mails
    assert address == "anna@example.com"
    assert (await post(door, "/chat/links/email/confirm", token=anna.token, code=code))[1]["state"] == "linked"
    assert (await post(door, "/chat/links/email/confirm", token=anna.token, code=code))[0] == 404
    await anna.disconnect()
