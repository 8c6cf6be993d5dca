"""The shop's mailbox on a real IMAP server: what arrives is taken once, whatever dies in between."""

from __future__ import annotations

import asyncio
import base64
import shutil
import ssl
import tempfile
from functools import partial
from pathlib import Path

import pytest

from bot.channels import email_mailbox
from bot.channels.email_mailbox import ImapSession, Lost, MailboxWatcher, connected, imap_account
from bot.web.messengers import take_mail
from runtime.ending import end
from tests.contract.service import until
from tests.contract.test_vendors import PNG
from tests.imap_server import ImapServer, self_signed

KIM = "kim@example.org"
OUT = {"EMAIL_ADDRESS": "help@shop.example", "EMAIL_SMTP_URL": "smtp://127.0.0.1:9", "PLAYGROUND": "off"}


def mail(number: int, text: str = "") -> bytes:
    head = (
        f"From: Kim <{KIM}>\r\nTo: help@shop.example\r\nSubject: Re: parcel\r\n"
        f"Message-ID: <m{number}@example.org>\r\n\r\n"
    )
    return (head + (text or f"message {number}") + "\r\n").encode()


@pytest.fixture(scope="module")
def server():
    # A short name, for the server's sockets have their place in the folder.
    folder = Path(tempfile.mkdtemp(prefix="fdn"))
    server = ImapServer(folder, self_signed(folder))
    server.start()
    yield server
    server.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def imap(server):
    server.empty()
    return server


@pytest.fixture
async def watch(make_service, imap):
    """Starts a watcher of the mailbox: ``await watch(**settings of it) -> (service, task)``."""
    tasks, services = [], []

    async def start(take=None, **more):
        service = services[0] if services else await make_service(workers=False, EMAIL_WEBHOOK_KEY="k" * 20, **OUT)
        services[:] = [service]
        taking = partial(take_mail, service.channel("email"), service.messengers.inbox)
        settings = {"pauses": (0.05,), "poll_seconds": 0.1, **more}
        watcher = MailboxWatcher(imap_account(imap.url), take(taking) if take else taking, service.redis, **settings)
        tasks.append(asyncio.create_task(watcher.run()))
        return service, tasks[-1]

    yield start
    await end(tasks)


async def said(service, count: int) -> list[str]:
    """The texts of the thread, once there are so many."""

    async def there():
        found = [one.text for one in await service.thread("email", KIM)]
        return found if len(found) >= count else None

    return await until(there, 20)


async def test_the_service_watches_the_mailbox_of_its_settings(make_service, imap):
    imap.put(mail(1))
    service = await make_service(workers=False, EMAIL_IMAP_URL=imap.url, **OUT)
    assert await said(service, 1) == ["message 1"]


async def test_over_tls_only_a_server_that_proves_its_name_is_told_the_password(make_service, imap, monkeypatch):
    imap.put(mail(1))
    url = f"imaps://kim:secret@localhost:{imap.tls_port}/INBOX"
    with pytest.raises(ssl.SSLCertVerificationError):
        async with connected(imap_account(url)):
            pass
    monkeypatch.setenv("SSL_CERT_FILE", str(imap.folder / "cert"))
    service = await make_service(workers=False, EMAIL_IMAP_URL=url, **OUT)
    assert await said(service, 1) == ["message 1"]


async def test_a_wrong_password_is_told(imap):
    account = imap_account(imap.url.replace("secret", "wrong"))
    with pytest.raises(Lost, match="refused the log-in"):
        async with connected(account):
            pass


async def test_mails_are_taken_in_order_as_they_come_and_marked(watch, imap):
    await asyncio.to_thread(imap.put, mail(1), mail(2))
    service, _ = await watch()
    assert await said(service, 2) == ["message 1", "message 2"]
    await asyncio.to_thread(imap.put, mail(3), mail(4))
    assert await said(service, 4) == [f"message {number}" for number in range(1, 5)]

    async def marked():
        return all("FadenTaken" in one and "Seen" in one for one in await asyncio.to_thread(imap.flags))

    await until(marked)


async def test_what_was_read_before_the_first_start_is_left_alone(watch, imap):
    def put():
        client = imap.client()
        client.append("INBOX", r"(\Seen)", None, mail(1))
        client.append("INBOX", "", None, mail(2))
        client.logout()

    await asyncio.to_thread(put)
    service, _ = await watch()
    await asyncio.to_thread(imap.put, mail(3))
    assert await said(service, 2) == ["message 2", "message 3"]


async def test_a_large_mail_is_fetched_whole(watch, imap):
    picture = base64.encodebytes(PNG + b"\0" * 6_000_000).replace(b"\n", b"\r\n")
    parts = (
        b"--b\r\nContent-Type: text/plain\r\n\r\nSee the picture\r\n--b\r\nContent-Type: image/png\r\n"
        b"Content-Disposition: attachment; filename=a.png\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    )
    head = mail(1).partition(b"\r\n\r\n")[0] + b"\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    await asyncio.to_thread(imap.put, head + parts + picture + b"--b--\r\n", mail(2))
    service, _ = await watch()
    assert await said(service, 2) == ["See the picture", "message 2"]
    [kept] = (await service.thread("email", KIM))[0].attachments

    async def stored():
        return await service.messengers.files.described(kept.id)

    file = await until(stored)
    path = next((service.settings.var_dir / "mail").glob("*/*"))
    assert file["kind"] == "image" and path.stat().st_size == len(PNG) + 6_000_000


async def test_a_server_that_dies_again_and_again_loses_and_repeats_nothing(watch, imap):
    service, _ = await watch()
    for round in range(2):
        await asyncio.to_thread(imap.put, *(mail(number) for number in range(round * 8, round * 8 + 8)))
        await said(service, round * 8 + 3)
        await asyncio.to_thread(imap.stop)
        await asyncio.to_thread(imap.start)
    assert await said(service, 16) == [f"message {number}" for number in range(16)]


async def test_a_mail_that_was_stored_and_not_marked_comes_again_and_is_stored_once(watch, imap, monkeypatch):
    settle, died = ImapSession.settle, []

    async def dies_first(self, uid, archive):
        if uid not in died:
            died.append(uid)
            raise Lost("died before the mark")
        await settle(self, uid, archive)

    monkeypatch.setattr(ImapSession, "settle", dies_first)
    await asyncio.to_thread(imap.put, *(mail(number) for number in range(4)))
    service, _ = await watch()

    async def marked():
        return all("FadenTaken" in one for one in await asyncio.to_thread(imap.flags))

    await until(marked)
    assert died and await said(service, 4) == [f"message {number}" for number in range(4)]


async def test_a_mailbox_that_is_numbered_anew_repeats_nothing(watch, imap):
    await asyncio.to_thread(imap.put, mail(1), mail(2))
    service, _ = await watch()
    await said(service, 2)
    await asyncio.to_thread(imap.stop)
    for path in (imap.folder / "mail").glob("dovecot*"):
        path.unlink()
    await asyncio.to_thread(imap.start)
    await asyncio.to_thread(imap.put, mail(3))
    assert await said(service, 3) == ["message 1", "message 2", "message 3"]

    async def marked():
        return all("FadenTaken" in one for one in await asyncio.to_thread(imap.flags))

    await until(marked)
    assert await said(service, 3) == ["message 1", "message 2", "message 3"]


async def test_taken_mails_are_moved_where_a_folder_is_named(watch, imap):
    await asyncio.to_thread(imap.put, mail(1))
    service, _ = await watch(archive="Taken by Faden")

    async def moved():
        return len(await asyncio.to_thread(imap.flags)) == 0

    assert await said(service, 1) == ["message 1"]
    await until(moved)
    assert len(await asyncio.to_thread(imap.flags, '"Taken by Faden"')) == 1


async def test_without_idle_the_mailbox_is_asked_again_and_again(watch, imap, monkeypatch):
    monkeypatch.setattr(ImapSession, "can_idle", False)
    service, _ = await watch()
    await asyncio.to_thread(imap.put, mail(1))
    assert await said(service, 1) == ["message 1"]
    await asyncio.to_thread(imap.put, mail(2))
    assert await said(service, 2) == ["message 1", "message 2"]


async def test_idle_is_renewed_before_servers_end_it(watch, imap):
    service, _ = await watch(idle_seconds=0.2)
    for number in range(1, 3):
        await asyncio.sleep(0.3)
        await asyncio.to_thread(imap.put, mail(number))
        await said(service, number)
    assert "Disconnected: IDLE" not in (imap.folder / "dovecot.log").read_text()


async def test_one_mail_that_cannot_be_taken_stays_unmarked_and_does_not_stop_the_others(watch, imap):
    def refusing(take):
        async def wrapped(raw):
            if b"poison" in raw:
                raise ZeroDivisionError
            await take(raw)

        return wrapped

    await asyncio.to_thread(imap.put, mail(1), mail(2, "poison"), mail(3))
    service, _ = await watch(take=refusing)
    assert await said(service, 2) == ["message 1", "message 3"]

    async def marks():
        found = ["FadenTaken" in one for one in await asyncio.to_thread(imap.flags)]
        return found == [True, False, True]

    await until(marks)


async def test_while_the_store_is_away_mails_stay_and_come_in_order_afterwards(watch, imap):
    away = [True, True, False]

    def losing(take):
        async def wrapped(raw):
            if away.pop(0) if len(away) > 1 else False:
                raise ConnectionError("away")
            await take(raw)

        return wrapped

    await asyncio.to_thread(imap.put, mail(1), mail(2))
    service, _ = await watch(take=losing)
    assert await said(service, 2) == ["message 1", "message 2"]


async def test_two_processes_do_not_work_on_one_mailbox_and_one_takes_over(watch, imap, monkeypatch):
    monkeypatch.setattr(email_mailbox, "RENEW_SECONDS", 0.1)
    service, first = await watch()
    await asyncio.to_thread(imap.put, mail(1))
    await said(service, 1)
    _, second = await watch()
    await end([first])
    await asyncio.to_thread(imap.put, mail(2))
    assert await said(service, 2) == ["message 1", "message 2"]
    assert not second.done()


async def test_of_a_mail_without_measure_the_beginning_is_taken(watch, imap, monkeypatch):
    monkeypatch.setattr(email_mailbox, "LARGEST", 20_000)
    monkeypatch.setattr(email_mailbox, "BEGINNING", 5_000)
    await asyncio.to_thread(imap.put, mail(1, "\r\n".join(["a line of many"] * 3000)), mail(2))
    service, _ = await watch()
    first, second = await said(service, 2)
    assert second == "message 2" and first.startswith("a line of many\n") and 3000 < len(first) < 6000
