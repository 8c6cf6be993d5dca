"""A real PostgreSQL, and the desk's records on it or on SQLite."""

from __future__ import annotations

import asyncio
import itertools
import os
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from runtime.redis import connect
from tests.conftest import free_port
from tests.desk import Client, Service
from tickets.domain.hours import parse
from tickets.services.changes import Changes
from tickets.services.work import Records
from tickets.storage.database import Database, address

_numbers = itertools.count(1)


def postgres_programs() -> Path:
    """Where initdb is; without it a visible skip for a newcomer, and a failure in CI."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    if found := shutil.which("initdb"):
        folders.append(Path(found).parent)
    if not folders:
        pytest.fail("PostgreSQL is not installed") if os.environ.get("CI") else pytest.skip(
            "PostgreSQL is not installed"
        )
    return folders[0]


def as_owner(command: list[str]) -> list[str]:
    """PostgreSQL refuses to run as root."""
    return ["runuser", "-u", "postgres", "--", *command] if os.geteuid() == 0 else command


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A server on a free port that forgets everything; the address has no database name yet."""
    programs, port = postgres_programs(), free_port()
    folder = Path(tempfile.mkdtemp(prefix="faden-postgres-"))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
    data = str(folder / "data")
    setup = [str(programs / "initdb"), "-D", data, "-U", "faden", "--auth=trust", "-E", "UTF8", "--no-sync"]
    subprocess.run(as_owner(setup), check=True, stdout=subprocess.DEVNULL, cwd="/")
    options = ["-p", str(port), "-h", "127.0.0.1", "-k", str(folder), "-c", "fsync=off"]
    server = subprocess.Popen(
        as_owner([str(programs / "postgres"), "-D", data, *options]), stderr=subprocess.DEVNULL, cwd="/"
    )
    try:
        asyncio.run(_until_it_answers(port))
        yield f"postgresql://faden@127.0.0.1:{port}"
    finally:
        pid = int((folder / "data" / "postmaster.pid").read_text().split()[0])
        # At once: nothing of it is kept.
        os.kill(pid, signal.SIGQUIT)
        server.wait(20)
        shutil.rmtree(folder, ignore_errors=True)


async def _until_it_answers(port: int) -> None:
    for _ in range(200):
        try:
            connection = await asyncpg.connect(host="127.0.0.1", port=port, user="faden", database="postgres")
        except (OSError, asyncpg.PostgresError):
            await asyncio.sleep(0.05)
        else:
            await connection.close()
            return
    raise TimeoutError("PostgreSQL does not answer")


async def _create(postgres_url: str, template: str = "template1") -> str:
    name = f"faden_{next(_numbers)}_{time.monotonic_ns()}"
    connection = await asyncpg.connect(f"{postgres_url}/postgres")
    await connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    await connection.close()
    return f"{postgres_url}/{name}"


@pytest.fixture(scope="session")
def postgres_template(postgres_url: str) -> str:
    """A database with all tables, to be copied."""

    async def make() -> str:
        url = await _create(postgres_url)
        database = Database(address(url, Path()))
        await database.upgrade()
        await database.close()
        return url.rpartition("/")[2]

    return asyncio.run(make())


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A database with all tables; empty for the default SQLite file."""
    if request.param == "sqlite":
        return ""
    server = request.getfixturevalue("postgres_url")
    return asyncio.run(_create(server, request.getfixturevalue("postgres_template")))


@pytest.fixture
async def records(database_url: str, tmp_path: Path) -> AsyncIterator[Records]:
    database = Database(address(database_url, tmp_path))
    if database.is_sqlite:
        await database.upgrade()
    yield Records(database, parse("Mo-Su 00:00-24:00", "Europe/Berlin"), Changes())
    await database.close()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def service(
    request: pytest.FixtureRequest, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    """The running service on either database."""
    url = ""
    if request.param == "postgresql":
        url = asyncio.run(_create(request.getfixturevalue("postgres_url")))
    # What modules before this one left in the streams is not for this service.
    asyncio.run(_empty(redis_url))
    running = Service(redis_url, tmp_path_factory.mktemp("tickets"), url)
    running.start()
    try:
        asyncio.run(running.ready())
        yield running
    finally:
        running.stop()


async def _empty(redis_url: str) -> None:
    client = connect(redis_url)
    await client.flushdb()
    await client.aclose()


@dataclass(frozen=True)
class Staff:
    """API tokens of agents of the running service: logging in again for each test would cost a hash each time."""

    tokens: dict[str, str]
    agents: dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def staff(service: Service) -> Staff:
    async def make() -> Staff:
        tokens, agents = {}, {}
        async with service.client() as admin:
            agents["Admin"] = (await admin.log_in()).agent
            tokens["Admin"] = (await admin.post("/tokens", {"name": "tests"}, status=201))["token"]
            for name in ("Berta", "Cem"):
                agents[name] = await admin.post("/agents", {"email": f"{name}@example.com", "name": name}, status=201)
        for name in ("Berta", "Cem"):
            async with service.client() as browser:
                await browser.log_in(agents[name]["email"], agents[name]["password"])
                tokens[name] = (await browser.post("/tokens", {"name": "tests"}, status=201))["token"]
        return Staff(tokens, agents)

    return asyncio.run(make())


@pytest.fixture
async def desks(service: Service, staff: Staff) -> AsyncIterator[dict[str, Client]]:
    """What each agent works with, by name."""
    async with service.client() as client:
        yield {
            name: Client(client.http, client.url, {"Authorization": f"Bearer {token}"}, agent=staff.agents[name])
            for name, token in staff.tokens.items()
        }


@pytest.fixture
def agent(desks: dict[str, Client]) -> Client:
    """An admin."""
    return desks["Admin"]


@pytest.fixture
def other(desks: dict[str, Client]) -> Client:
    """An agent who is no admin."""
    return desks["Berta"]


@pytest.fixture
def new_ref() -> Callable[[], str]:
    """References that no other test uses."""
    return lambda: f"F-{90_000 + next(_numbers)}"


@pytest.fixture
def ref(new_ref: Callable[[], str]) -> str:
    return new_ref()


@pytest.fixture
def customer_id() -> str:
    return f"cus_{uuid.uuid4().hex}"
