"""Shared fixtures: real servers on free ports, each ended by its own process id."""

from __future__ import annotations

import itertools
import os
import shutil
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import structlog
from redis.asyncio import Redis

from runtime.redis import connect

if TYPE_CHECKING:
    from tests.stack import Stack

TESTS = Path(__file__).parent


#: Files of tests run on two cores: those that take long begin, so that no core waits for the other's last file.
LONG_FIRST = ("acceptance", "browser", "integration", "contract", "unit")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """By group; inside a group the order stays random."""
    items.sort(key=lambda item: LONG_FIRST.index(item.path.relative_to(TESTS).parts[0]))


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def tool(name: str) -> str:
    """The path of a program; without it a visible skip for a newcomer, and a failure in CI."""
    found = shutil.which(name)
    if found is None:
        message = f"{name} is not installed"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    return str(found)


@pytest.fixture(autouse=True)
def own_logs() -> Iterator[None]:
    """A test that starts a process's wiring in here must not leave its log settings to the next one."""
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    port = free_port()
    folder = tmp_path_factory.mktemp("redis")
    command = [
        tool("redis-server"),
        "--port",
        str(port),
        "--bind",
        "127.0.0.1",
        "--save",
        "",
        "--dir",
        str(folder),
        "--databases",
        "64",
    ]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        wait_for_port(port)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        server.terminate()
        server.wait(10)


#: The first ones are for tests that name them.
_DATABASES = itertools.count(10)


@pytest.fixture(scope="module")
def own_redis_url(redis_url: str) -> str:
    """A database that no other module has used: what others left behind would reach this module's service."""
    return redis_url.replace("/0", f"/{next(_DATABASES)}")


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    """A client on an empty database of the session's Redis."""
    client = connect(redis_url)
    await client.flushall()
    yield client
    await client.aclose()


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """All five processes as `make run` starts them, trained, on free ports; shared by the tests of the whole story."""
    from tests.stack import ROOT, Stack

    if not (ROOT / "models" / "faden.tar.gz").exists():
        message = "the assistant is not trained; run `make train`"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    tool("redis-server")
    folder = tmp_path_factory.mktemp("stack")
    # A copy, as articles are published into it.
    articles = str(shutil.copytree(ROOT / "data" / "knowledge", folder / "knowledge"))
    running = Stack(folder, RASA_GIVE_UP_SECONDS="20", OPENING_HOURS="Mo-Su 00:00-24:00", KNOWLEDGE_DIR=articles)
    try:
        running.start()
        running.wait_ready()
        yield running
    finally:
        running.stop()


def wait_for_port(port: int) -> None:
    for _ in range(100):
        with closing(socket.socket()) as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError(f"nothing listens on port {port}")
