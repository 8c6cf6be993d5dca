"""How long files are kept: as long as the operator says, and whoever looks for one afterwards is told."""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.channels import retention
from bot.channels.files import Files
from bot.channels.retention import DAY, GRACE, Retention
from bot.channels.uploads import Uploads
from bot.threads import message
from bot.web.chat import _as_frame
from bot.web.files import FileRoutes
from bot.web.server import tell_errors
from runtime import file_links
from runtime.redis import Redis
from tests.contract.test_outward_files import PNG
from tickets.contracts import Attachment

SECRET = "session secret that is long enough"
KEPT = 30


class Shelf:
    def __init__(self, redis: Redis, folder: Path) -> None:
        self.files = Files(redis, None, folder, {}, {})  # type: ignore[arg-type]
        self.app = web.Application(middlewares=[tell_errors])
        FileRoutes(self.files, SECRET).add_routes(self.app)

    async def put(self, id: str, days: float) -> Path:
        """A file that has been on the shelf for so many days."""
        known = {"name": "cup.png", "kind": "image", "media_type": "image/png", "channel": "web"}
        await self.files.store(id, PNG, known)
        then = time.time() - days * DAY
        os.utime(self.files.path(id), (then, then))
        return self.files.path(id)

    async def look(self, kept_days: int) -> None:
        await Retention(self.files, Uploads(self.files), kept_days).look()


@pytest.fixture
async def shelf(redis: Redis, tmp_path: Path) -> AsyncIterator[Shelf]:
    yield Shelf(redis, tmp_path / "files")


OLD, FRESH = "0" * 32, "f" * 32


async def test_old_files_go_and_fresh_ones_stay(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "AT_ONCE", 2)
    old = [await shelf.put(f"{number:032x}", KEPT + GRACE / DAY + 0.1) for number in range(5)]
    fresh = await shelf.put(FRESH, KEPT + GRACE / DAY - 0.1)
    for _ in range(2):
        await shelf.look(KEPT)
        assert [path.exists() for path in old] == [False] * 5
        assert fresh.exists()
    assert (await shelf.files.described(FRESH))["state"] == "stored"


async def test_without_a_limit_files_are_kept_for_ever(shelf: Shelf) -> None:
    path = await shelf.put(OLD, 10_000)
    await shelf.look(0)
    assert path.exists()


async def test_a_shelf_that_nobody_has_used_yet_is_no_trouble(shelf: Shelf) -> None:
    await shelf.look(KEPT)


async def test_whoever_opens_an_address_of_before_is_told(shelf: Shelf) -> None:
    await shelf.put(OLD, KEPT * 2)
    await shelf.look(KEPT)
    server = TestServer(shelf.app)
    await server.start_server()
    async with aiohttp.ClientSession() as session:
        async with session.get(server.make_url(file_links.link("", SECRET, OLD))) as answer:
            assert (answer.status, (await answer.json())["error"]["code"]) == (410, "file_expired")
        short = file_links.short_link("", SECRET, OLD, life=900, now=time.time())
        async with session.get(server.make_url(short)) as answer:
            assert answer.status == 404
    await server.close()


def test_a_message_says_that_its_file_is_gone_before_it_goes() -> None:
    file = Attachment(id=OLD, kind="image", name="cup.png", media_type="image/png", size=9)
    place = Attachment(id=FRESH, kind="location", latitude=1.0, longitude=2.0)
    for days, gone in ((KEPT + 0.1, True), (KEPT - 0.1, False)):
        said = message("customer", "look", id="m1", channel="web", attachments=(file, place))
        said = said.model_copy(update={"at": datetime.now(UTC) - timedelta(days=days)})
        shown, where = _as_frame(said, SECRET, KEPT)["attachments"]
        assert (shown.get("gone", False), "url" in shown, shown["name"]) == (gone, not gone, "cup.png")
        assert where["latitude"] == 1.0 and "gone" not in where
        assert "url" in _as_frame(said, SECRET, 0)["attachments"][0]
