"""Bad input at the doors of the customers' side: a clear error each time,
and the next good message is served as ever."""

from __future__ import annotations

import contextlib
import json
import subprocess
import time
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import jwt
import pytest

from tests.chat_client import Customer, said_by
from tests.stack import ROOT, Stack


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def customer(session: aiohttp.ClientSession, stack: Stack) -> AsyncIterator[Customer]:
    opened = await Customer(session, stack.bot_url).open(language="en")
    yield opened
    await opened.disconnect()


async def post(session: aiohttp.ClientSession, url: str, body: bytes) -> tuple[int, dict[str, Any]]:
    async with session.post(url, data=body, headers={"Content-Type": "application/json"}) as answer:
        return answer.status, (await answer.json())["error"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "bad_json"),
        (b"[1]", 400, "bad_json"),
        (b"\xff\xfe", 400, "bad_json"),
        (b'{"language": "fr"}', 400, "bad_language"),
        (b'{"language": ["de"]}', 400, "bad_language"),
        (b'{"identity": 5}', 400, "bad_identity"),
        (b'{"identity": "x.y.z"}', 400, "identity_off"),
        (b'{"language": "' + b"d" * 10_000_000 + b'"}', 413, "body_too_large"),
    ],
    ids=["cut off", "a list", "no utf-8", "unknown language", "wrong type", "identity type", "identity off", "10 MB"],
)
async def test_a_bad_session_request_is_told_what_is_wrong(
    session: aiohttp.ClientSession, stack: Stack, body: bytes, status: int, code: str
) -> None:
    told, error = await post(session, f"{stack.bot_url}/chat/sessions", body)
    assert (told, error["code"]) == (status, code)
    assert error["detail"]


BAD_FRAMES: dict[str, tuple[str, str]] = {
    "no json": ("{", "bad_json"),
    "a list": ("[]", "bad_frame"),
    "unknown type": (json.dumps({"type": "dance"}), "unknown_frame"),
    "no type": (json.dumps({"text": "hi"}), "unknown_frame"),
    "no id": (json.dumps({"type": "message", "text": "hi"}), "bad_id"),
    "id of a wrong type": (json.dumps({"type": "message", "id": {"a": 1}, "text": "hi"}), "bad_id"),
    "text of a wrong type": (json.dumps({"type": "message", "id": "0" * 32, "text": 5}), "bad_message"),
    "no text": (json.dumps({"type": "message", "id": "1" * 32, "text": " \u0000\u0007 "}), "empty_message"),
    "100,000 characters": (json.dumps({"type": "message", "id": "2" * 32, "text": "x" * 100_000}), "message_too_long"),
    "choice without payload type": (
        json.dumps({"type": "choice", "id": "3" * 32, "title": "a", "payload": 1}),
        "bad_message",
    ),
}


@pytest.mark.parametrize("name", list(BAD_FRAMES))
async def test_a_bad_frame_is_told_what_is_wrong_and_the_socket_lives_on(customer: Customer, name: str) -> None:
    raw, code = BAD_FRAMES[name]
    assert customer._ws is not None
    await customer._ws.send_str(raw)
    error = await customer.wait(lambda frame: frame["type"] == "error")
    assert error["code"] == code
    assert error["detail"]
    assert (await customer.say("hello"))["type"] == "accepted"


async def test_a_page_that_asks_whether_the_line_lives_is_answered(customer: Customer) -> None:
    await customer.send({"type": "ping"})
    await customer.wait(lambda frame: frame["type"] == "pong")


async def test_control_characters_are_taken_out_of_a_message(customer: Customer) -> None:
    await customer.say("he\u0000ll\u0007o\u001b[31m\nthere")
    echo = await customer.wait(said_by("customer"))
    assert echo["text"] == "hello[31m\nthere"


async def test_a_huge_frame_closes_only_its_own_socket(
    customer: Customer, session: aiohttp.ClientSession, stack: Stack
) -> None:
    other = await Customer(session, stack.bot_url).open(language="en")
    assert customer._ws is not None
    with contextlib.suppress(ConnectionError):  # cut off in the middle of it
        await customer._ws.send_str("x" * 10_000_000)
    assert (await other.ask("hello"))["text"]
    await customer.connect()
    assert (await customer.say("hello"))["type"] == "accepted"
    await other.disconnect()


def forged(secret: str, **claims: Any) -> str:
    return jwt.encode(
        {"cid": "cus_x", "exp": datetime.now(UTC) + timedelta(hours=1), **claims}, secret, algorithm="HS256"
    )


async def refusal(session: aiohttp.ClientSession, stack: Stack, hello: Any) -> dict[str, Any]:
    async with session.ws_connect(f"{stack.bot_url}/chat/ws") as ws:
        await ws.send_str(hello if isinstance(hello, str) else json.dumps(hello))
        return dict(await ws.receive_json(timeout=10))


async def test_forged_and_expired_tokens_are_refused(session: aiohttp.ClientSession, stack: Stack) -> None:
    secret = stack.settings.session_secret
    unsigned = jwt.encode({"cid": "cus_x", "exp": time.time() + 999}, "", algorithm="none")
    for token, code in (
        (forged("another secret of sufficient length"), "session_invalid"),
        (forged(secret, exp=datetime.now(UTC) - timedelta(minutes=1)), "session_expired"),
        (unsigned, "session_invalid"),
        ("", "session_invalid"),
        ("x" * 5000, "session_invalid"),
    ):
        told = await refusal(session, stack, {"type": "hello", "token": token, "after": None})
        assert (told["type"], told["code"]) == ("error", code)


async def test_a_bad_hello_is_told_what_is_wrong(
    session: aiohttp.ClientSession, stack: Stack, customer: Customer
) -> None:
    assert (await refusal(session, stack, "{"))["code"] == "bad_json"
    assert (await refusal(session, stack, {"type": "message"}))["code"] == "hello_missing"
    told = await refusal(session, stack, {"type": "hello", "token": customer.token, "after": "1-0; DROP"})
    assert told["code"] == "bad_cursor"


async def test_no_message_text_and_no_token_reaches_the_log(customer: Customer, stack: Stack) -> None:
    secret_words = f"my password is {uuid.uuid4().hex}"
    await customer.ask(secret_words)
    for name in ("bot", "rasa", "actions", "tickets"):
        assert secret_words not in stack.log(name)
        assert customer.token not in stack.log(name)


def test_a_misspelt_setting_stops_the_start_with_one_line() -> None:
    environment = {"PATH": "/usr/bin:/bin", "BOT_PROT": "8080"}
    done = subprocess.run(
        [ROOT / ".venv/bin/python", "-m", "bot", "serve"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 2
    assert done.stderr.strip().count("\n") == 0
    assert "BOT_PORT" in done.stderr
