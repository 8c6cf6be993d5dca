"""Handing mails over to real SMTP servers: TLS, log-in, refusals and broken lines."""

from __future__ import annotations

import asyncio
import ssl
import time
import warnings

import pytest
from aiosmtpd.smtp import SMTP, AuthResult

from bot.channels.email_sending import Conversation, Postmark, Sender, compose, deliver, smtp_account
from bot.channels.protocol import Outgoing, Unanswered
from bot.channels.rich import spans_of
from bot.errors import ChannelError
from tests.conftest import free_port
from tests.imap_server import self_signed

KIM = "kim@example.org"
KEY = "cus_1 1795532402983-0 0"
POSTMARK = Postmark("secret", "help@shop.example")


def mail(text: str = "Grüße", ids: tuple[str, ...] = (), key: str = KEY, author="bot", sender=None):
    part = Outgoing(spans_of(text), key=key, author=author)
    return compose(
        part,
        KIM,
        part.text,
        Conversation("Re: Größe", ids),
        sender or Sender("help@shop.example", "Größe & Co."),
        POSTMARK,
    )


class Taken:
    """What the server was given, and what it says to the next mail."""

    def __init__(self) -> None:
        self.mails: list[bytes] = []
        self.logins: list[bytes] = []
        self.answer = "250 Ok"
        self.drop = False

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        if address.startswith("nobody@"):
            return "550 5.1.1 No such user"
        envelope.rcpt_tos.append(address)
        return "250 Ok"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        if self.drop:
            server.transport.abort()
        self.mails.append(envelope.content)
        return self.answer

    def authenticate(self, server, session, envelope, mechanism, data):
        self.logins.append(data.password)
        return AuthResult(success=data.password == b"p@ss", handled=False)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return self_signed(tmp_path_factory.mktemp("tls"))


@pytest.fixture
async def serve(certificate):
    """Starts a server: ``(how, taken) -> port``; how is plain, starttls or tls."""
    servers = []

    async def start(how: str, taken: Taken) -> int:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate / "cert", certificate / "key")
        more = {"tls_context": context, "require_starttls": True} if how == "starttls" else {"auth_require_tls": False}

        def made() -> SMTP:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return SMTP(taken, authenticator=taken.authenticate, auth_required=True, **more)

        port = free_port()
        servers.append(
            await asyncio.get_running_loop().create_server(
                made, "localhost", port, ssl=context if how == "tls" else None
            )
        )
        return port

    yield start
    for server in servers:
        server.close()


@pytest.mark.parametrize("how", ["starttls", "tls"])
async def test_over_tls_the_mail_is_handed_over_after_the_log_in(serve, certificate, monkeypatch, how):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "cert"))
    taken = Taken()
    port = await serve(how, taken)
    scheme = "smtps" if how == "tls" else "smtp"
    await deliver(smtp_account(f"{scheme}://help:p%40ss@localhost:{port}"), "help@shop.example", KIM, mail())
    assert taken.logins == [b"p@ss"] and len(taken.mails) == 1


@pytest.mark.parametrize("how", ["starttls", "tls"])
async def test_a_server_that_cannot_prove_its_name_is_told_no_password(serve, how):
    taken = Taken()
    port = await serve(how, taken)
    with pytest.raises(ChannelError) as caught:
        await deliver(
            smtp_account(f"{'smtps' if how == 'tls' else 'smtp'}://help:p%40ss@localhost:{port}"),
            "help@shop.example",
            KIM,
            mail(),
        )
    assert not caught.value.permanent and taken.logins == taken.mails == []


def test_elsewhere_than_on_this_machine_starttls_is_a_must():
    assert smtp_account("smtp://u:p@mail.shop.example").starttls is True
    assert smtp_account("smtp://127.0.0.1:25").starttls is None
    far = smtp_account("smtps://u%40x:p%2Fq@mail.shop.example")
    assert (far.tls, far.port, far.username, far.password) == (True, 465, "u@x", "p/q") and "p/q" not in repr(far)


async def test_a_refusal_says_whether_trying_again_is_of_use(serve):
    taken = Taken()
    account = smtp_account(f"smtp://help:p%40ss@localhost:{await serve('plain', taken)}")

    async def refusal(to: str = KIM, account=account) -> ChannelError:
        with pytest.raises(ChannelError) as caught:
            await deliver(account, "help@shop.example", to, mail())
        return caught.value

    gone = await refusal("nobody@example.org")
    assert gone.permanent and "550" in gone.reason and "No such user" in gone.reason
    taken.answer = "451 4.3.0 Later"
    assert not (await refusal()).permanent
    taken.answer = "450 4.2.0 Greylisted"
    assert (await refusal()).retry_after == 60
    taken.answer = "552 5.3.4 Too big"
    assert (await refusal()).permanent
    wrong = await refusal(account=smtp_account(f"smtp://help:wrong@localhost:{account.port}"))
    assert wrong.permanent and "wrong" not in wrong.reason
    nobody = await refusal(account=smtp_account(f"smtp://localhost:{free_port()}"))
    assert not nobody.permanent and not isinstance(nobody, Unanswered)
    taken.drop = True
    assert isinstance(await refusal(), Unanswered)


def test_the_same_part_makes_the_same_mail_and_another_one_another():
    assert mail()["Message-ID"] == mail()["Message-ID"] != mail(key="cus_1 1795532402983-1 0")["Message-ID"]
    assert mail(key="")["Message-ID"] != mail(key="")["Message-ID"]


def test_long_ids_are_neither_folded_nor_encoded():
    ids = tuple(f"<{'x' * 180}{number}@mail.example.org>" for number in range(12))
    raw = mail(ids=ids).as_bytes()
    [references] = [line for line in raw.split(b"\r\n") if line.startswith(b"References:")]
    assert references.split()[1:] == [one.encode() for one in (ids[0], *ids[-3:])]
    assert f"\r\nIn-Reply-To: {ids[-1]}\r\n".encode() in raw


def test_a_mark_proves_its_address_for_a_while(monkeypatch):
    fresh = f"cus_1 {int(time.time() * 1000)}-0 0"
    shown = [str(mail(key=fresh)["Message-ID"]), str(mail(key=fresh)["Reply-To"]).partition("@")[0].partition("+")[2]]
    assert all(POSTMARK.proves(KIM, [one]) for one in shown) and POSTMARK.proves("KIM@example.org", shown)
    assert not POSTMARK.proves("other@example.org", shown)
    assert not Postmark("another secret", "help@shop.example").proves(KIM, shown)
    assert not POSTMARK.proves(KIM, [shown[1][:-1] + ("0" if shown[1][-1] != "0" else "1"), "", "<x@y>"])
    later = time.time() + 61 * 24 * 3600
    monkeypatch.setattr(time, "time", lambda: later)
    assert not POSTMARK.proves(KIM, shown)


def test_without_plus_addresses_and_with_a_long_name_answers_come_to_the_address_itself():
    assert "Reply-To" not in mail(sender=Sender("help@shop.example", plus=False))
    assert Postmark("s", "a" * 40 + "@shop.example").reply_address("m" * 34) == "a" * 40 + "@shop.example"
