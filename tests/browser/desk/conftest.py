"""The desk in Chromium against the real service: one service and one browser for each file of tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import redis as redis_sync
from playwright.sync_api import Browser, sync_playwright

from tests.browser.desk.room import FLAGS, Push
from tests.conftest import tool
from tests.desk import Service
from tickets.contracts import AnyEvent, partition


@pytest.fixture(scope="module")
def streams(own_redis_url: str) -> Iterator[redis_sync.Redis]:
    """A database of Redis of its own: other modules' desks must stay empty."""
    client = redis_sync.Redis.from_url(own_redis_url, decode_responses=True)
    yield client
    client.close()


@pytest.fixture(scope="module")
def service(own_redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    running = Service(own_redis_url, tmp_path_factory.mktemp("desk"))
    running.start()
    try:
        running.wait_until_ready()
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=tool("chromium"), args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(autouse=True)
def close_pages(browser: Browser) -> Iterator[None]:
    """An open page would hold its socket, and with it the service, until the module ends."""
    yield
    for context in browser.contexts:
        context.close()


@pytest.fixture
def push(streams: redis_sync.Redis) -> Push:
    def events(*all_of_them: AnyEvent) -> None:
        for event in all_of_them:
            streams.xadd(f"events:{partition(event.customer_id)}", {"event": event.model_dump_json()})

    return events
