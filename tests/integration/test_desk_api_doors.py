"""Who comes through the desk's doors: log-in, throttling, forged cookies, CSRF, roles,
tokens, and bad input everywhere."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
from redis.asyncio import Redis
from redis.asyncio.client import PubSub

from tests.desk import EMAIL, PASSWORD, Client, Service, eventually, handoff, push

COOKIE = "faden_desk"


@pytest.fixture(scope="module")
def service(redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """On SQLite alone: what is tested here does not depend on the database."""
    running = Service(redis_url, tmp_path_factory.mktemp("tickets"))
    running.start()
    try:
        asyncio.run(running.ready())
        yield running
    finally:
        running.stop()


@pytest.fixture
async def stranger(service: Service) -> AsyncIterator[Client]:
    async with service.client() as client:
        yield client


@dataclass(frozen=True)
class Session:
    cookie: str
    csrf: str
    agent: dict[str, Any]
    cursor: int


@pytest.fixture(scope="module")
def session(service: Service) -> Session:
    """One log-in for all tests that need one: each costs a hash."""

    async def log_in() -> Session:
        async with service.client() as client:
            agent = await client.log_in()
            return Session(cookie_of(client), agent.headers["X-CSRF-Token"], agent.agent, agent.cursor)

    return asyncio.run(log_in())


@pytest.fixture
async def browser(stranger: Client, session: Session) -> Client:
    """An admin with a session cookie."""
    stranger.http.cookie_jar.update_cookies({COOKIE: session.cookie})
    stranger.headers["X-CSRF-Token"] = session.csrf
    stranger.agent, stranger.cursor = session.agent, (await stranger.get("/session"))["cursor"]
    return stranger


def cookie_of(client: Client) -> str:
    return next(one.value for one in client.http.cookie_jar if one.key == COOKIE)


async def test_the_session_cookie_is_out_of_reach_for_scripts_and_other_sites(stranger: Client) -> None:
    body = {"email": EMAIL.upper(), "password": PASSWORD}
    # Nobody is a trusted proxy here, so what is forwarded is not believed.
    for headers, secure in (({}, False), ({"X-Forwarded-Proto": "https"}, False)):
        async with stranger.http.post(f"{stranger.url}/api/v1/session", json=body, headers=headers) as answer:
            cookie = answer.cookies[COOKIE]
            assert answer.headers["Cache-Control"] == "no-store"
        assert (cookie["httponly"], cookie["samesite"], bool(cookie["secure"])) == (True, "Lax", secure)


@pytest.mark.parametrize("value", ["", "x", "a" * 5000, "ü", "null", "' OR 1=1 --"])
async def test_a_forged_cookie_opens_nothing(stranger: Client, value: str) -> None:
    status, answer = await stranger.call("GET", "/tickets", headers={"Cookie": f"{COOKIE}={value}"})
    assert (status, answer["code"]) == (401, "not_logged_in")


async def test_a_session_ends_with_its_log_out(stranger: Client) -> None:
    browser = await stranger.log_in()
    stolen = {"Cookie": f"{COOKIE}={cookie_of(browser)}"}
    assert (await browser.call("GET", "/session", headers=stolen))[0] == 200
    assert (await browser.call("DELETE", "/session"))[0] == 204
    assert (await browser.call("GET", "/session", headers=stolen))[0] == 401


@pytest.mark.parametrize("token", [None, "", "x", "ü"])
async def test_without_the_csrf_token_nothing_changes(browser: Client, token: str | None) -> None:
    before = await browser.get("/agents")
    headers = {} if token is None else {"X-CSRF-Token": token}
    status, answer = await browser.call("POST", "/agents", {"email": "x@example.com", "name": "X"}, headers=headers)
    assert (status, answer["code"]) == (403, "csrf")
    assert await browser.get("/agents") == before


async def test_a_form_of_another_site_is_refused(browser: Client) -> None:
    form = {"data": '{"email":"a","password":"b"}', "headers": {"Content-Type": "text/plain"}}
    assert (await browser.call("POST", "/session", **form))[1]["code"] == "not_json"
    events = f"{browser.url}/api/v1/events"
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await browser.http.ws_connect(events, headers={"Origin": "https://evil.example"})
    assert refused.value.status == 403
    async with browser.http.ws_connect(f"{events}?after=0", headers={"Origin": browser.url}) as socket:
        assert (await socket.receive_json())["type"] == "ready"


async def test_guessing_is_slowed_down_also_when_all_guesses_come_at_once(service: Service, browser: Client) -> None:
    email = f"{uuid.uuid4().hex}@example.com"
    made = await browser.post("/agents", {"email": email, "name": "Emil"}, status=201)
    async with service.client() as guesser:
        guesses = [guesser.call("POST", "/session", {"email": email, "password": f"guess {n}"}) for n in range(16)]
        statuses = sorted(status for status, _ in await asyncio.gather(*guesses))
        assert statuses == [401] * 10 + [429] * 6
        right = {"email": email, "password": made["password"]}
        assert (await guesser.call("POST", "/session", right))[1]["code"] == "too_many_attempts"
        await guesser.post("/session", {"email": EMAIL, "password": PASSWORD})


async def test_an_unknown_account_and_a_wrong_password_look_the_same(stranger: Client) -> None:
    answers = [
        await stranger.call("POST", "/session", {"email": email, "password": "wrong"})
        for email in (EMAIL, "nobody@example.com")
    ]
    assert answers[0] == answers[1]
    assert answers[0][0] == 401


async def test_a_token_works_without_a_cookie_until_it_is_revoked(service: Service, browser: Client) -> None:
    made = await browser.post("/tokens", {"name": "script"}, status=201)
    assert "token" not in str(await browser.get("/tokens")).replace("tok_", "")
    async with service.client() as script:
        script.headers["Authorization"] = f"Bearer {made['token']}"
        assert (await script.get("/session"))["agent"]["email"] == EMAIL
        assert (await browser.call("DELETE", f"/tokens/{made['id']}"))[0] == 204
        assert (await script.call("GET", "/session"))[1]["code"] == "bad_token"
    assert (await browser.call("DELETE", f"/tokens/{made['id']}"))[0] == 404


async def test_an_agent_is_no_admin(service: Service, browser: Client) -> None:
    email = f"{uuid.uuid4().hex}@example.com"
    made = await browser.post("/agents", {"email": email, "name": "Emil", "password": "long-enough-1"}, status=201)
    assert made["password"] == ""
    assert (await browser.post("/agents", {"email": email, "name": "Emil"}, status=409))["code"] == "email_taken"
    async with service.client() as client:
        agent = await client.log_in(email, "long-enough-1")
        for method, path, body in (
            ("POST", "/agents", {"email": "y@example.com", "name": "Y"}),
            ("PATCH", f"/agents/{agent.agent['id']}", {"role": "admin"}),
            ("POST", f"/agents/{browser.agent['id']}/password", {}),
            ("GET", "/poison", None),
        ):
            assert (await agent.call(method, path, body))[1]["code"] == "admins_only", path
        admins_token = await browser.post("/tokens", {"name": "mine"}, status=201)
        assert (await agent.call("DELETE", f"/tokens/{admins_token['id']}"))[0] == 404
        reset = await browser.post(f"/agents/{agent.agent['id']}/password")
        assert (await agent.call("GET", "/session"))[0] == 401, "a new password ends the sessions"
        again = await client.log_in(email, reset["password"])
        await again.post("/session/password", {"old": "wrong", "new": "another-long-one"}, status=400)
        await again.post("/session/password", {"old": reset["password"], "new": "short"}, status=400)
        await again.post("/session/password", {"old": reset["password"], "new": "another-long-one"}, status=204)


BAD_BODIES: list[tuple[bytes, int, str]] = [
    (b"{", 400, "bad_request"),
    (b"\xff\xfe", 400, "bad_request"),
    (b"[]", 400, "bad_request"),
    (b"null", 400, "bad_request"),
    (b'{"client_id": "12345678"}', 400, "bad_request"),
    (b'{"client_id": "12345678", "text": 5}', 400, "bad_request"),
    (b'{"client_id": "x", "text": "x"}', 400, "bad_request"),
    (b'{"client_id": "12345678", "text": "x", "more": 1}', 400, "bad_request"),
    (b'{"client_id": "12345678", "text": " \\u0000\\u0007 "}', 400, "empty_message"),
    (b'{"client_id": "12345678", "text": "' + b"x" * 100_000 + b'"}', 400, "message_too_long"),
    (b'{"client_id": "12345678", "text": "' + b"x" * 10_000_000 + b'"}', 413, "body_too_large"),
    (b"[" * 100_000, 400, "bad_request"),
]


@pytest.mark.parametrize(("body", "status", "code"), BAD_BODIES, ids=range(len(BAD_BODIES)))
async def test_a_bad_body_gets_a_clear_answer(
    browser: Client, redis: Redis, body: bytes, status: int, code: str
) -> None:
    headers = {**browser.headers, "Content-Type": "application/json"}
    found, answer = await browser.call("POST", "/tickets/F-1/messages", headers=headers, data=body)
    assert (found, answer["code"]) == (status, code)
    assert 0 < len(answer["detail"]) < 1_000
    await browser.get("/session")


@pytest.mark.parametrize(
    "path",
    [
        "/tickets?status=lost",
        "/tickets?limit=0",
        "/tickets?limit=x",
        "/tickets?cursor=abc",
        f"/tickets?q={'x' * 300}",
        "/tickets?colour=red",
        "/anger/corrections.tsv?language=fr",
    ],
)
async def test_a_bad_question_gets_a_clear_answer(browser: Client, path: str) -> None:
    status, answer = await browser.call("GET", path)
    assert (status, answer["code"]) == (400, "bad_request")
    assert path.partition("?")[2].partition("=")[0] in answer["detail"]


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("GET", "/tickets/F-0", "unknown_ticket"),
        ("POST", "/tickets/F-0/claim", "unknown_ticket"),
        ("POST", "/tickets/%00/claim", "unknown_ticket"),
        ("GET", "/customers/cus_0", "unknown_customer"),
        ("POST", "/customers/cus_0/merges/m/undo", "unknown_merge"),
        ("POST", "/poison/99/retry", "unknown_event"),
        ("POST", "/poison/x/retry", "unknown_event"),
        ("POST", "/agents/agt_0/password", "unknown_agent"),
        ("DELETE", "/tokens/tok_0", "unknown_token"),
        ("GET", "/nothing", "unknown_address"),
        ("GET", "/../../etc/passwd", "unknown_address"),
        ("DELETE", "/tickets", "wrong_method"),
    ],
)
async def test_what_does_not_exist_is_named(browser: Client, method: str, path: str, code: str) -> None:
    status, answer = await browser.call(method, path, {} if method == "POST" else None)
    assert answer["code"] == code
    assert status == (405 if code == "wrong_method" else 404)


async def test_pages_and_answers_carry_the_headers_that_protect_them(stranger: Client) -> None:
    for path in (
        "/",
        "/static/desk/app.js",
        "/static/tokens.css",
        "/static/icons.svg",
        "/api/v1/tickets",
        "/nothing",
        "/healthz",
    ):
        async with stranger.http.get(stranger.url + path) as answer:
            policy = answer.headers["Content-Security-Policy"]
            assert "script-src 'self'" in policy and "unsafe" not in policy
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.status == {"/api/v1/tickets": 401, "/nothing": 404}.get(path, 200), path
    for path in ("/static/../app.py", "/static/desk/../../handlers.py", "/static/__init__.py"):
        async with stranger.http.get(aiohttp.client.URL(stranger.url + path, encoded=True)) as answer:
            assert answer.status == 404


async def test_texts_and_secrets_stay_out_of_the_log(service: Service, browser: Client, redis: Redis) -> None:
    await push(redis, handoff("F-77001", "cus_log", wanted="ganz-geheim"))
    await browser.arrived("F-77001")
    await browser.post("/tickets/F-77001/claim")
    await browser.post("/tickets/F-77001/messages", {"client_id": "12345678", "text": "ganz-geheim"}, status=201)
    log = service.output()
    for secret in ("ganz-geheim", PASSWORD, browser.headers["X-CSRF-Token"], cookie_of(browser)):
        assert secret not in log


async def receive(socket: aiohttp.ClientWebSocketResponse, kind: str) -> dict[str, Any]:
    async with asyncio.timeout(10):
        while True:
            frame: dict[str, Any] = await socket.receive_json()
            if frame["type"] == kind:
                return frame


async def test_a_socket_that_comes_back_gets_what_it_missed_once(browser: Client, redis: Redis) -> None:
    events = f"{browser.url}/api/v1/events"
    async with browser.http.ws_connect(events) as socket:
        await socket.send_json({"type": "hello", "after": browser.cursor})
        await receive(socket, "ready")
        await push(redis, handoff("F-77002", "cus_live"))
        first = await receive(socket, "ticket")
        await socket.send_json({"type": "ping"})
        await receive(socket, "pong")
    assert first["ticket"]["ref"] == "F-77002"
    await browser.post("/tickets/F-77002/claim")
    await browser.post("/tickets/F-77002/messages", {"client_id": "12345678", "text": "Hallo"}, status=201)
    async with browser.http.ws_connect(f"{events}?after={first['cursor']}") as socket:
        frames = [await receive(socket, kind) for kind in ("ready", "ticket", "message", "ticket")]
    assert [one["cursor"] for one in frames] == sorted(one["cursor"] for one in frames)
    assert (frames[1]["ticket"]["assignee"]["name"], frames[2]["message"]["text"]) == ("Admin", "Hallo")
    assert all(one["cursor"] > first["cursor"] for one in frames[1:])


async def test_a_socket_with_a_cursor_that_means_nothing_is_told_to_begin_anew(browser: Client) -> None:
    async with browser.http.ws_connect(f"{browser.url}/api/v1/events?after=99999999") as socket:
        assert (await receive(socket, "reset"))["cursor"] < 99_999_999
    for hello in ("{", "[]", '{"type":"hi"}', '{"type":"hello","after":"x"}', '{"type":"hello","after":[1]}'):
        async with browser.http.ws_connect(f"{browser.url}/api/v1/events") as socket:
            await socket.send_str(hello)
            assert (await receive(socket, "error"))["code"] == "bad_hello"


async def test_a_socket_needs_a_log_in(stranger: Client) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await stranger.http.ws_connect(f"{stranger.url}/api/v1/events")
    assert refused.value.status == 401


async def test_who_types_is_seen_by_the_other_side_and_by_the_other_desks(browser: Client, redis: Redis) -> None:
    events = f"{browser.url}/api/v1/events?after=999999999"
    await push(redis, handoff("F-77003", "cus_typing"))
    await browser.arrived("F-77003")
    async with (
        redis.pubsub() as live,
        browser.http.ws_connect(events) as mine,
        browser.http.ws_connect(events) as theirs,
    ):
        await live.subscribe("live")
        for socket in (mine, theirs):
            await receive(socket, "reset")
        await eventually(lambda: _heard(redis, theirs))
        await eventually(lambda: _seen(mine, theirs, private=False))
        await browser.post("/tickets/F-77003/claim")
        await eventually(lambda: _seen(mine, theirs, private=True))
        await redis.publish("live", "so far")
        assert TYPES not in await _until(live, "so far"), (
            "only a reply by who has the ticket is the customer's business"
        )
        await eventually(lambda: _seen(mine, theirs, private=False))
        await _until(live, TYPES)
        for junk in ("{", "[]", '{"type":"typing","ref":"F-0"}', '{"type":"typing"}', "[" * 4000):
            await mine.send_str(junk)
        await mine.send_json({"type": "ping"})
        await receive(mine, "pong")


async def test_the_last_ticket_that_an_agent_looks_at_is_told_however_fast_they_page(browser: Client) -> None:
    events = f"{browser.url}/api/v1/events?after=999999999"
    async with browser.http.ws_connect(events) as theirs:
        await receive(theirs, "reset")
        async with browser.http.ws_connect(events) as mine:
            await receive(mine, "reset")
            for ref in ("F-1", "F-2", "F-3"):
                await mine.send_json({"type": "looking", "ref": ref})
            assert [(await receive(theirs, "looking"))["ref"] for _ in range(3)] == ["F-1", "F-2", "F-3"]
        assert (await receive(theirs, "looking"))["ref"] == "", "a closed desk looks at nothing"


TYPES = "cus_typing typing agent"


async def _heard(redis: Redis, socket: aiohttp.ClientWebSocketResponse) -> bool:
    """Whether a word of the bot reached this desk; it is said again, since nobody keeps it."""
    await redis.publish("desk:typing", "cus_typing F-77003")
    return await _sees_typing(socket, None)


async def _seen(mine: aiohttp.ClientWebSocketResponse, theirs: aiohttp.ClientWebSocketResponse, private: bool) -> bool:
    await mine.send_json({"type": "typing", "ref": "F-77003", "private": private})
    return await _sees_typing(theirs, "Admin")


async def _sees_typing(socket: aiohttp.ClientWebSocketResponse, name: str | None) -> bool:
    try:
        async with asyncio.timeout(0.4):
            while True:
                seen = await socket.receive_json()
                if seen["type"] == "typing" and (seen["agent"] or {}).get("name") == name:
                    assert "cursor" not in seen, "what is true for a moment is not replayed"
                    return True
    except TimeoutError:
        return False


async def _until(pokes: PubSub, last: str) -> list[str]:
    """What was said on the channel, up to this."""
    said: list[str] = []
    async with asyncio.timeout(10):
        while last not in said:
            poke = await pokes.get_message(ignore_subscribe_messages=True, timeout=0.2)
            said += [poke["data"]] if poke else []
    return said
