"""Mailboxes that take no password: a token of an identity provider opens them,
over STARTTLS and over TLS, in both directions."""

from __future__ import annotations

import asyncio
import base64
import json
import shutil
import ssl
import tempfile
import warnings
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest
import structlog
from aiohttp import web
from aiosmtpd.smtp import SMTP, AuthResult

from bot.channels.email_imap import StartTlsFailed
from bot.channels.email_mailbox import Lost, connected, imap_account
from bot.channels.email_oauth import SignIn, SignInFailed, Tokens
from bot.channels.email_sending import deliver, smtp_account
from bot.errors import ChannelError
from tests.conftest import free_port
from tests.contract.service import until
from tests.contract.test_email_imap import KIM, mail, said
from tests.imap_server import ImapServer, self_signed
from tests.integration.test_email_smtp import mail as outgoing

BOX = "help@shop.example"
SECRET, REFRESH = "the-secret/of+the=app", "the-first-refresh-token"


class Provider:
    """An identity provider: a token endpoint (RFC 6749), and one at which mail servers ask about tokens (RFC 7662)."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.asked: list[dict[str, str]] = []
        self.tokens: set[str] = set()
        self.refresh = REFRESH
        self.rotates = False
        self.life: object = 3600
        self.away = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def token(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        self.asked.append(form)
        if self.away:
            self.away -= 1
            raise web.HTTPServiceUnavailable
        known = form.get("client_id") == "app" and form.get("client_secret") == SECRET
        grant = form.get("grant_type")
        if not known or grant not in ("client_credentials", "refresh_token"):
            told = f"Invalid client secret {form.get('client_secret')} provided."
            return web.json_response({"error": "invalid_client", "error_description": told}, status=401)
        if grant == "refresh_token" and form.get("refresh_token") != self.refresh:
            return web.json_response({"error": "invalid_grant"}, status=400)
        made = f"token-{len(self.asked)}"
        self.tokens.add(made)
        answer = {"access_token": made, "token_type": "Bearer", "expires_in": self.life}
        if grant == "refresh_token" and self.rotates:
            self.refresh = answer["refresh_token"] = f"refresh-{len(self.asked)}"
        return web.json_response(answer)

    async def introspect(self, request: web.Request) -> web.Response:
        form = await request.post()
        return web.json_response({"active": form.get("token") in self.tokens, "username": BOX})

    def sign_in(self, **more: str) -> SignIn:
        given = {"client_secret": SECRET, "refresh_token": "", "scope": "https://mail.example/.default", **more}
        return SignIn(f"{self.url}/token", "app", **given)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """One for all servers of this module."""
    return self_signed(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def place():
    """The provider's port: the mail server asks there for as long as it runs."""
    return free_port()


@pytest.fixture
async def provider(place):
    made = Provider(place)
    app = web.Application()
    app.router.add_post("/token", made.token)
    app.router.add_post("/introspect", made.introspect)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", made.port).start()
    yield made
    await runner.cleanup()


@pytest.fixture
async def session():
    async with aiohttp.ClientSession() as made:
        yield made


@pytest.fixture(scope="module")
def server(place, certificate):
    folder = Path(tempfile.mkdtemp(prefix="fdo"))
    started = ImapServer(folder, certificate, f"http://127.0.0.1:{place}/introspect")
    started.start()
    yield started
    started.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
async def imap(server, provider, certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "cert"))
    await asyncio.to_thread(server.empty)
    return server


def account(server: ImapServer, how: str):
    """The mailbox over TLS or STARTTLS, with no password."""
    port = server.tls_port if how == "tls" else server.port
    found = imap_account(f"{'imaps' if how == 'tls' else 'imap'}://help%40shop.example@localhost:{port}/INBOX")
    return replace(found, starttls=how == "starttls")


@pytest.mark.parametrize("grant", ["client_credentials", "refresh_token"])
async def test_a_token_is_asked_for_once_and_renewed_before_it_ends(provider, session, redis, monkeypatch, grant):
    own = provider.sign_in(refresh_token=REFRESH if grant == "refresh_token" else "")
    tokens = Tokens(own, session, redis)
    found = await asyncio.gather(*(tokens.token() for _ in range(10)))
    assert set(found) == {"token-1"} and len(provider.asked) == 1
    assert provider.asked[0]["grant_type"] == grant and provider.asked[0]["scope"] == own.scope
    now = asyncio.get_running_loop().time()
    import time

    monkeypatch.setattr(time, "monotonic", lambda: now + 3200)
    assert await tokens.token() == "token-1"
    monkeypatch.setattr(time, "monotonic", lambda: now + 3400)
    assert await tokens.token() == "token-2", "five minutes before the end"


async def test_a_refresh_token_that_changes_is_kept_for_every_process(provider, session, redis):
    provider.rotates, provider.life = True, "0"
    own = provider.sign_in(refresh_token=REFRESH)
    await Tokens(own, session, redis).token()
    assert provider.refresh != REFRESH
    await Tokens(own, session, redis).token()
    assert [one["refresh_token"] for one in provider.asked] == [REFRESH, "refresh-1"]
    provider.refresh = "given-by-the-owner-again"
    await Tokens(replace(own, refresh_token="given-by-the-owner-again"), session, redis).token()


@pytest.mark.parametrize(
    ("more", "says", "permanent"),
    [
        ({"client_secret": "a-wrong-secret"}, "invalid_client", True),
        ({"refresh_token": "revoked-token"}, "invalid_grant", True),
    ],
)
async def test_a_refusal_is_one_clear_line_without_a_secret(provider, session, redis, more, says, permanent):
    with pytest.raises(SignInFailed) as caught:
        await Tokens(provider.sign_in(**more), session, redis).token()
    assert says in caught.value.reason and caught.value.permanent is permanent and "\n" not in caught.value.reason
    shown = f"{caught.value.reason} {provider.sign_in(**more)!r}"
    assert not any(secret in shown for secret in (SECRET, REFRESH, *more.values()))


async def test_a_provider_that_is_away_is_asked_again(provider, session, redis):
    provider.away = 1
    tokens = Tokens(provider.sign_in(), session, redis)
    with pytest.raises(SignInFailed) as caught:
        await tokens.token()
    assert not caught.value.permanent
    assert await tokens.token()
    nobody = replace(provider.sign_in(), token_url=f"http://127.0.0.1:{free_port()}/token")
    with pytest.raises(SignInFailed) as caught:
        await Tokens(nobody, session, redis).token()
    assert not caught.value.permanent and "no answer" in caught.value.reason


@pytest.mark.parametrize("how", ["tls", "starttls"])
async def test_the_mailbox_opens_for_a_token_over_tls(provider, session, redis, imap, how):
    async with connected(account(imap, how), Tokens(provider.sign_in(), session, redis)) as opened:
        await opened.command(opened.client.select("INBOX"))
        assert opened.client.protocol.transport.get_extra_info("ssl_object") is not None


async def test_a_password_goes_over_starttls_too(imap):
    given = replace(imap_account(f"imap://kim:secret@localhost:{imap.port}"), starttls=True)
    async with connected(given) as opened:
        await opened.command(opened.client.select("INBOX"))
    with pytest.raises(Lost, match="refused the log-in"):
        async with connected(replace(given, password="wrong")):
            pass


async def test_a_token_that_the_mail_server_refuses_is_told_and_the_next_one_asked_for(provider, session, redis, imap):
    tokens = Tokens(provider.sign_in(), session, redis)
    await tokens.token()
    provider.tokens.clear()
    with pytest.raises(Lost, match="refused the token"):
        async with connected(account(imap, "tls"), tokens):
            pass
    async with connected(account(imap, "tls"), tokens):
        assert len(provider.asked) == 2


async def test_a_server_that_cannot_prove_its_name_is_told_nothing(provider, session, redis, imap, monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE")
    for how in ("tls", "starttls"):
        with pytest.raises(ssl.SSLCertVerificationError):
            async with connected(account(imap, how), Tokens(provider.sign_in(), session, redis)):
                pass


@pytest.mark.parametrize(
    "lines",
    [
        b"* OK hello\r\n",
        b"* BYE go away\r\n",
        b"* OK hello\r\ns1 NO not here\r\n",
        b"x" * 9000,
        b"* OK hello\r\ns1 OK begin\r\n* PREAUTH welcome\r\n",
    ],
)
async def test_who_stands_between_gets_no_sign_in(provider, session, redis, lines):
    """No STARTTLS, or words that came in before it: nothing is said on such a line."""
    heard: list[bytes] = []

    async def serve(reader, writer):
        writer.write(lines)
        while data := await reader.read(1000):
            heard.append(data)
            if lines == b"* OK hello\r\n":
                break
        writer.close()

    server = await asyncio.start_server(serve, "localhost", free_port())
    port = server.sockets[0].getsockname()[1]
    given = replace(imap_account(f"imap://u@localhost:{port}"), starttls=True)
    with pytest.raises(StartTlsFailed):
        async with connected(given, Tokens(provider.sign_in(), session, redis)):
            pass
    server.close()
    assert b"".join(heard) in (b"", b"s1 STARTTLS\r\n") and provider.asked == []


def test_elsewhere_than_on_this_machine_starttls_is_a_must():
    assert imap_account("imap://u@mail.shop.example").starttls
    assert (
        not imap_account("imap://u:p@127.0.0.1").starttls and not imap_account("imaps://u@mail.shop.example").starttls
    )


class TokenMail:
    """An SMTP server's side: takes tokens that the provider knows."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        self.mails: list[bytes] = []

    async def auth_XOAUTH2(self, server, args):  # noqa: N802
        told = base64.b64decode(args[1]).decode() if len(args) > 1 else ""
        user, _, token = told.removeprefix("user=").partition("\x01auth=Bearer ")
        if user == BOX and token.rstrip("\x01") in self.provider.tokens:
            return AuthResult(success=True)
        await server.challenge_auth(json.dumps({"status": "401", "schemes": "Bearer"}))
        return AuthResult(success=False, handled=False)

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        self.mails.append(envelope.content)
        return "250 Ok"


@pytest.fixture
async def smtp(provider, certificate, monkeypatch):
    """Starts a server over TLS or STARTTLS: ``how -> (url, taken)``."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "cert"))
    servers = []

    async def start(how: str):
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate / "cert", certificate / "key")
        taken = TokenMail(provider)
        more = {"tls_context": context, "require_starttls": True} if how == "starttls" else {"auth_require_tls": False}

        def made() -> SMTP:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return SMTP(taken, auth_required=True, auth_exclude_mechanism=["LOGIN", "PLAIN"], **more)

        port = free_port()
        own = context if how == "tls" else None
        servers.append(await asyncio.get_running_loop().create_server(made, "localhost", port, ssl=own))
        return f"{'smtps' if how == 'tls' else 'smtp'}://help%40shop.example@localhost:{port}", taken

    yield start
    for server in servers:
        server.close()


@pytest.mark.parametrize("how", ["tls", "starttls"])
async def test_mails_go_out_with_a_token(provider, session, redis, smtp, how):
    url, taken = await smtp(how)
    tokens = Tokens(provider.sign_in(), session, redis)
    for _ in range(2):
        await deliver(smtp_account(url), BOX, KIM, outgoing(), tokens)
    assert len(taken.mails) == 2 and len(provider.asked) == 1


async def test_a_token_that_ended_before_its_time_is_renewed_and_the_mail_goes_out(provider, session, redis, smtp):
    url, taken = await smtp("starttls")
    tokens = Tokens(provider.sign_in(), session, redis)
    await tokens.token()
    provider.tokens.clear()
    await deliver(smtp_account(url), BOX, KIM, outgoing(), tokens)
    assert len(taken.mails) == 1 and len(provider.asked) == 2


async def test_mails_that_nobody_may_send_are_dead_letters_with_the_reason(provider, session, redis, smtp):
    url, taken = await smtp("starttls")
    wrong = Tokens(provider.sign_in(client_secret="nope-nope"), session, redis)
    with pytest.raises(ChannelError) as caught:
        await deliver(smtp_account(url), BOX, KIM, outgoing(), wrong)
    assert caught.value.permanent and "invalid_client" in caught.value.reason and "nope-nope" not in caught.value.reason
    provider.away = 1
    with pytest.raises(ChannelError) as caught:
        await deliver(smtp_account(url), BOX, KIM, outgoing(), Tokens(provider.sign_in(), session, redis))
    assert not caught.value.permanent and taken.mails == []


async def test_the_service_reads_and_answers_by_its_settings_and_logs_no_secret(make_service, provider, imap, smtp):
    url, taken = await smtp("starttls")
    settings = {
        "PLAYGROUND": "off",
        "EMAIL_ADDRESS": BOX,
        "EMAIL_SMTP_URL": url,
        "EMAIL_IMAP_URL": f"imaps://help%40shop.example@localhost:{imap.tls_port}/INBOX",
        "EMAIL_OAUTH_TOKEN_URL": f"{provider.url}/token",
        "EMAIL_OAUTH_CLIENT_ID": "app",
        "EMAIL_OAUTH_CLIENT_SECRET": SECRET,
        "EMAIL_OAUTH_REFRESH_TOKEN": REFRESH,
    }
    with structlog.testing.capture_logs() as logs:
        await asyncio.to_thread(imap.put, mail(1))
        provider.away = 1
        service = await make_service(**settings)
        assert await said(service, 1) == ["message 1"]
        customer = await service.customer("email", KIM)
        await service.reply(customer, "email", "an answer")

        async def arrived():
            return taken.mails

        await until(arrived)
    assert b"an answer" in taken.mails[0]
    told = json.dumps(logs, default=str)
    assert "mailbox.away" in told and "identity provider" in told
    assert not any(secret in told for secret in (SECRET, REFRESH, *provider.tokens))
