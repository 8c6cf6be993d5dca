"""Files that a customer brings through the web chat, over HTTP and its socket, against a real Redis."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from redis.asyncio import Redis

from bot.channels import uploads as rules
from bot.channels.files import Files
from bot.channels.retention import Retention
from bot.channels.uploads import Uploads
from bot.handoff import Handoffs
from bot.identity import Identities
from bot.keys import FILES_UNSENT
from bot.mailbox import Mailbox
from bot.threads import Threads
from bot.web import uploads as doors
from bot.web.chat import Chat
from bot.web.files import FileRoutes
from bot.web.live import Live
from bot.web.server import tell_errors
from bot.web.uploads import UploadRoutes
from tests.chat_client import Customer, Frame, said_by
from tests.contract.test_outward_files import PDF, PNG

SECRET = "session secret that is long enough"


class Door:
    """The web chat's part of `bot` with its shelf, without an assistant."""

    url: str
    port: int
    session: aiohttp.ClientSession

    def __init__(self, redis: Redis, folder: Path) -> None:
        self.redis = redis
        threads = Threads(redis, Mailbox(redis, "mailbox"), Mailbox(redis, "outbox"))
        identities, self.live = Identities(redis, SECRET, ""), Live(redis)
        handoffs = Handoffs(redis, threads, identities, "Europe/Berlin")
        self.files = Files(redis, None, folder, {}, {})  # type: ignore[arg-type]
        self.app = web.Application(middlewares=[tell_errors], client_max_size=1024)
        uploads = Uploads(self.files)
        chat = Chat(identities, threads, handoffs, self.live, [], file_secret=SECRET, uploads=uploads)
        chat.add_routes(self.app)
        UploadRoutes(identities, uploads, chat.origins, SECRET).add_routes(self.app)
        FileRoutes(self.files, SECRET).add_routes(self.app)

    async def customer(self, language: str = "de") -> Customer:
        return await Customer(self.session, self.url).open(language=language)

    async def bring(
        self, token: str, content: bytes, name: str = "cup.png", **headers: str
    ) -> tuple[int, dict[str, Any]]:
        form = aiohttp.FormData(quote_fields=False)  # as browsers write names
        form.add_field("token", token)
        form.add_field("file", content, filename=name)
        async with self.session.post(f"{self.url}/chat/files", data=form, headers=headers) as answer:
            return answer.status, await answer.json()


@pytest.fixture
async def door(redis: Redis, tmp_path: Path) -> AsyncIterator[Door]:
    door = Door(redis, tmp_path)
    server = TestServer(door.app)
    await server.start_server()
    listening = asyncio.create_task(door.live.run())
    async with aiohttp.ClientSession() as session:
        door.session, door.url, door.port = session, str(server.make_url("")).rstrip("/"), server.port or 0
        yield door
    listening.cancel()
    await server.close()


async def say(customer: Customer, text: str, *files: str, id: str = "") -> Frame:
    start, id = len(customer.frames), id or str(uuid.uuid4())
    await customer.send({"type": "message", "id": id, "text": text, "files": list(files)})
    return await customer.wait(lambda frame: frame["type"] in ("accepted", "error"), start=start)


async def test_a_picture_and_a_document_stand_in_the_thread_and_can_be_fetched(door: Door) -> None:
    kim = await door.customer()
    status, cup = await door.bring(kim.token, PNG, "../Fotos/Tasse: <schön>.png")
    assert (status, cup["kind"], cup["media_type"], cup["name"]) == (201, "image", "image/png", "Tasse_ _schön_.png")
    _, bill = await door.bring(kim.token, PDF, "Rechnung.pdf")
    assert (await say(kim, "", cup["id"], bill["id"]))["type"] == "accepted"
    seen = await kim.wait(said_by("customer"))
    assert seen["text"] == "[Bild]"
    assert [one["name"] for one in seen["attachments"]] == ["Tasse_ _schön_.png", "Rechnung.pdf"]
    for url in (cup["url"], seen["attachments"][0]["url"]):
        async with door.session.get(door.url + url) as answer:
            assert (answer.status, await answer.read(), answer.content_type) == (200, PNG, "image/png")


async def test_a_message_that_comes_again_stands_once_with_its_file(door: Door) -> None:
    kim = await door.customer()
    cup, id = (await door.bring(kim.token, PNG))[1], str(uuid.uuid4())
    for _ in range(2):
        assert (await say(kim, "look", cup["id"], id=id))["type"] == "accepted"
    await say(kim, "that was all")
    await kim.wait(lambda frame: frame.get("text") == "that was all")
    assert [(one["text"], len(one["attachments"])) for one in kim.messages] == [("look", 1), ("that was all", 0)]


async def test_nobody_sends_another_s_file_and_a_stranger_leaves_none(door: Door) -> None:
    kim, eve = await door.customer(), await door.customer()
    cup = (await door.bring(kim.token, PNG))[1]
    told = await say(eve, "mine", cup["id"])
    assert (told["type"], told["code"]) == ("error", "unknown_file")
    assert (await say(kim, "x", *["a" * 32] * 2))["code"] == "unknown_file"
    assert (await say(kim, "x", *[f"{n:032x}" for n in range(11)]))["code"] == "too_many_files"
    assert (await door.bring("forged", PNG))[0] == 401
    assert (await door.bring(kim.token, PNG, Origin="https://evil.example"))[0] == 403
    assert len(list(door.files.folder.rglob("*/*"))) == 1


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [(b"<html><script>1</script>", 400, "file_type"), (b"MZ" + bytes(90), 400, "file_type"), (b"", 400, "file_type")],
)
async def test_what_is_not_kept_is_told(door: Door, content: bytes, status: int, code: str) -> None:
    kim = await door.customer()
    told, body = await door.bring(kim.token, content)
    assert (told, body["error"]["code"]) == (status, code)
    assert not list(door.files.folder.rglob("*/*"))


async def test_too_much_is_refused(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.web.uploads.MAX_BYTES", 200_000)
    monkeypatch.setattr(rules, "MOST_IN_HOUR", 2)
    kim = await door.customer()
    assert (await door.bring(kim.token, PNG + bytes(300_000)))[0] == 413
    assert (await door.bring(kim.token, PNG))[0] == 201
    assert (await door.bring(kim.token, PNG))[0] == 429
    async with door.session.post(f"{door.url}/chat/files", data=b"x") as answer:
        assert (answer.status, (await answer.json())["error"]["code"]) == (400, "bad_form")


async def test_a_disk_that_is_nearly_full_takes_no_more_files(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    customer = await door.customer()
    monkeypatch.setattr(rules, "LEAST_FREE", 2**60)
    status, answer = await door.bring(customer.token, PNG)
    assert (status, answer["error"]["code"]) == (507, "no_room")
    await customer.disconnect()


async def test_who_sends_too_slowly_gives_the_place_to_others(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    customer = await door.customer()
    monkeypatch.setattr(doors, "READ_SECONDS", 0.3)
    reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
    form = b"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 900\r\n\r\n--b\r\n"
    writer.write(b"POST /chat/files HTTP/1.1\r\nHost: x\r\n" + form)
    assert b" 408 " in await asyncio.wait_for(reader.readline(), 10)
    writer.close()
    assert (await door.bring(customer.token, PNG))[0] == 201
    await customer.disconnect()


async def test_what_was_never_sent_is_removed_and_what_was_sent_stays(door: Door) -> None:
    kim = await door.customer()
    sent, unsent = [(await door.bring(kim.token, PNG))[1]["id"] for _ in range(2)]
    await say(kim, "one of two", sent)
    assert list(await door.redis.zrange(FILES_UNSENT, 0, -1)) == [unsent]
    await door.redis.zadd(FILES_UNSENT, {unsent: time.time() - rules.UNSENT_SECONDS - 1})
    await Retention(door.files, Uploads(door.files), 0).look()
    assert door.files.path(sent).exists() and not door.files.path(unsent).exists()
    assert (await say(kim, "too late", unsent))["code"] == "unknown_file"


@pytest.mark.parametrize("head", ["", "no header at all\r\n\r\n", "X: " + "y" * 20_000 + "\r\n\r\n"])
async def test_a_broken_form_is_told(door: Door, head: str) -> None:
    typed = {"Content-Type": "multipart/form-data; boundary=a"}
    async with door.session.post(f"{door.url}/chat/files", data=f"--a\r\n{head}x\r\n--a--", headers=typed) as answer:
        assert (answer.status, (await answer.json())["error"]["code"]) == (400, "bad_form")


@pytest.mark.parametrize("files", [[{}], [None], [[]], [1], [""]])
async def test_what_is_no_id_is_told_and_the_line_stays_open(door: Door, files: list[Any]) -> None:
    kim = await door.customer()
    assert (await say(kim, "x", *files))["code"] == "unknown_file"
    assert (await say(kim, "words"))["type"] == "accepted"


async def test_a_file_of_a_message_that_is_refused_can_go_with_another(door: Door) -> None:
    kim = await door.customer()
    cup = (await door.bring(kim.token, PNG))[1]
    assert (await say(kim, "x" * 8001, cup["id"]))["code"] == "message_too_long"
    assert list(await door.redis.zrange(FILES_UNSENT, 0, -1)) == [cup["id"]]
    assert (await say(kim, "x", cup["id"]))["type"] == "accepted"


async def test_the_count_of_an_hour_ends_with_it(door: Door) -> None:
    kim = await door.customer()
    await door.bring(kim.token, PNG)
    (count,) = [key async for key in door.redis.scan_iter("file-count:*")]
    assert 0 < await door.redis.ttl(count) <= 3600
