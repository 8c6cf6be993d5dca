"""The tables: migrations and models agree on both databases, and settings that can't work are told in one line."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, select, text

from runtime.settings import NAMES, SettingsError
from tickets.__main__ import main
from tickets.services.work import Records
from tickets.storage.database import Database, address
from tickets.storage.models import Agent, Base


def differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True, "target_metadata": Base.metadata})
    return list(compare_metadata(context, Base.metadata))


async def test_the_migrations_make_the_tables_of_the_models(records: Records) -> None:
    async with records.database.engine.connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_upgrading_twice_or_at_once_is_harmless(records: Records) -> None:
    await asyncio.gather(*(records.database.upgrade() for _ in range(3)))
    async with records.read() as session:
        assert (await session.scalars(select(Agent))).all() == []


async def test_sqlite_keeps_what_it_confirmed_and_lets_readers_through(tmp_path: Path) -> None:
    database = Database(address("", tmp_path))
    await database.upgrade()
    async with database.write() as writing, database.read() as reading:
        await writing.execute(text("INSERT INTO positions VALUES ('{p00}', '1-0')"))
        assert (await reading.execute(text("SELECT count(*) FROM positions"))).scalar_one() == 0
        assert (await reading.execute(text("PRAGMA journal_mode"))).scalar_one() == "wal"
        assert (await reading.execute(text("PRAGMA synchronous"))).scalar_one() == 2
    await database.close()


@pytest.mark.parametrize(
    ("url", "driver"),
    [
        ("postgresql://a:b@c/d", "postgresql+asyncpg"),
        ("postgres://a:b@c/d", "postgresql+asyncpg"),
        ("sqlite:////tmp/x", "sqlite+aiosqlite"),
    ],
)
def test_usual_addresses_get_a_driver_that_fits(url: str, driver: str) -> None:
    assert address(url, Path()).drivername == driver


@pytest.mark.parametrize("url", ["nonsense", "mysql://a/b"])
def test_an_address_that_cannot_work_is_refused_without_telling_it(url: str) -> None:
    with pytest.raises(SettingsError, match="DATABASE_URL"):
        address(url, Path())


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("OPENING_HOURS", "Mo-Fr 8-18", "OPENING_HOURS: 'Mo-Fr 8-18' has no times"),
        ("DATABASE_URL", "mysql://x/y", "DATABASE_URL: mysql is not supported"),
        ("DESK_ADMIN_PASSWORD", "short", "DESK_ADMIN_PASSWORD: A password has 10"),
    ],
)
def test_a_bad_setting_stops_the_start_with_one_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
    value: str,
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    for setting in NAMES:
        monkeypatch.delenv(setting, raising=False)
    monkeypatch.setenv(name, value)
    assert main([]) == 2
    told = capsys.readouterr().err
    assert told.startswith(said) and told.count("\n") == 1
