"""The desk behind a proxy: each office is throttled by itself, cookies are for https,
and files open for agents only."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import aiohttp
import pytest
from redis.asyncio import Redis

from runtime import file_links
from tests.desk import EMAIL, PASSWORD, Service, handoff, message, push
from tickets.contracts import Attachment
from tickets.services.accounts import PER_ADDRESS

SECRET = "a-secret-of-both-processes"
FILE = "f" * 32


@pytest.fixture(scope="module")
def service(own_redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    settings = {"TRUSTED_PROXIES": "127.0.0.1", "SESSION_SECRET": SECRET, "PUBLIC_URL": "https://chat.example"}
    settings["FILES_KEPT_DAYS"] = "30"
    running = Service(own_redis_url, tmp_path_factory.mktemp("proxied"), **settings)
    running.start()
    try:
        asyncio.run(running.ready())
        yield running
    finally:
        running.stop()


async def test_one_office_that_guesses_does_not_shut_out_another(service: Service) -> None:
    async with service.client() as client:
        for number in range(PER_ADDRESS):
            # No such account: the address alone is counted, and an unknown name costs no second hash here.
            body = {"email": f"n{number}@example.com", "password": "x"}
            await client.call("POST", "/session", body, headers={"X-Forwarded-For": "198.51.100.1"})
        right = {"email": EMAIL, "password": PASSWORD}
        status, answer = await client.call("POST", "/session", right, headers={"X-Forwarded-For": "198.51.100.1"})
        assert (status, answer["code"]) == (429, "too_many_attempts")
        headers = {"X-Forwarded-For": "198.51.100.1, 203.0.113.7", "X-Forwarded-Proto": "https"}
        async with client.http.post(f"{client.url}/api/v1/session", json=right, headers=headers) as answered:
            assert answered.status == 200
            assert answered.cookies["faden_desk"]["secure"]


async def test_the_desk_knows_how_long_files_are_kept(service: Service) -> None:
    async with service.client() as agent:
        await agent.log_in()
        assert (await agent.get("/session"))["files_kept_days"] == 30


async def test_a_file_of_the_thread_opens_for_an_agent_through_a_short_lived_address(service: Service) -> None:
    redis: Redis = Redis.from_url(service._settings["REDIS_URL"])
    picture = message("", attachments=(Attachment(id=FILE, kind="image", name="lamp.jpg"),))
    async with service.client() as agent, service.client() as stranger:
        await push(redis, handoff("F-91001", "cus_file", thread=(picture,)))
        await agent.log_in()
        await agent.arrived("F-91001")
        at = f"{service.url}/api/v1/tickets/F-91001/files"
        assert (await stranger.call("GET", f"/tickets/F-91001/files/{FILE}"))[0] == 401
        assert (await agent.call("GET", f"/tickets/F-91001/files/{'0' * 32}"))[1]["code"] == "unknown_file"
        async with agent.http.get(f"{at}/{FILE}", allow_redirects=False) as answer:
            assert (answer.status, answer.headers["Cache-Control"]) == (302, "no-store")
            address = aiohttp.client.URL(answer.headers["Location"])
        assert str(address).startswith(f"https://chat.example/files/{FILE}?")
        assert file_links.is_good(SECRET, FILE, address.query["until"], address.query["sig"])
    await redis.aclose()
