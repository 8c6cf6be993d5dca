"""Opens the database, brings its tables up to date, and hands out transactions."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from runtime.settings import SettingsError

MIGRATIONS = Path(__file__).parents[1] / "migrations"
_DRIVERS = {"postgresql": "postgresql+asyncpg", "postgres": "postgresql+asyncpg", "sqlite": "sqlite+aiosqlite"}
#: Names of PostgreSQL's advisory locks; any numbers, as long as they differ.
MIGRATION_LOCK, EVENTS_LOCK = 46_330_001, 46_330_002
_WRITES = {"writes": True}


def address(database_url: str, var_dir: Path) -> URL:
    """Where the data is, with an async driver. Raises `SettingsError`."""
    if not database_url:
        var_dir.mkdir(parents=True, exist_ok=True)
        return make_url(f"sqlite+aiosqlite:///{(var_dir / 'tickets.sqlite3').absolute()}")
    try:
        url = make_url(database_url)
    except ArgumentError as error:
        raise SettingsError(
            "DATABASE_URL: can't be read; write for example postgresql://user:password@host/name"
        ) from error
    if url.drivername not in (*_DRIVERS, *_DRIVERS.values()):
        raise SettingsError(f"DATABASE_URL: {url.drivername} is not supported; use postgresql:// or sqlite:///")
    return url.set(drivername=_DRIVERS.get(url.drivername, url.drivername))


class Database:
    """SQLite or PostgreSQL behind one way to read and one to write."""

    def __init__(self, url: URL) -> None:
        self.is_sqlite = url.get_backend_name() == "sqlite"
        self.engine = (
            _sqlite(url)
            if self.is_sqlite
            else create_async_engine(url, pool_pre_ping=True, pool_size=10, hide_parameters=True)
        )
        self._sessions = async_sessionmaker(self.engine, expire_on_commit=False)
        # SQLite has one writer; waiting here is fair, waiting in SQLite is polling.
        self._writer: Any = asyncio.Lock() if self.is_sqlite else nullcontext()

    async def upgrade(self) -> None:
        """Brings the tables up to date. Processes that start at once do it one after the other."""
        async with self.engine.execution_options(**_WRITES).begin() as connection:
            if not self.is_sqlite:
                await connection.execute(text(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})"))
            await connection.run_sync(migrate)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        async with self._sessions() as session:
            yield session

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncSession]:
        """A transaction that is committed at the end, or rolled back by an exception."""
        async with self._writer, self._sessions() as session, session.begin():
            await session.connection(execution_options=_WRITES)
            yield session

    async def lock_events(self, session: AsyncSession) -> None:
        """Until the commit nobody else numbers desk events: a reader must never see a number before a lower one."""
        if not self.is_sqlite:
            await session.execute(text(f"SELECT pg_advisory_xact_lock({EVENTS_LOCK})"))

    async def close(self) -> None:
        await self.engine.dispose()


def migrate(connection: Connection, revision: str = "head") -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def _sqlite(url: URL) -> AsyncEngine:
    # An error must not carry what was stored into the log.
    engine = create_async_engine(url, hide_parameters=True)

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: Any, record: Any) -> None:
        # The driver's own BEGIN is late and deferred; ours comes below.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=10000"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Connection) -> None:
        # A transaction that reads first and writes later would fail when somebody else wrote in between.
        writes = connection.get_execution_options().get("writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine
