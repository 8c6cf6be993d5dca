from collections.abc import AsyncIterator

import pytest
from aiohttp.test_utils import TestClient, TestServer

from tests.browser.widget_server import ChatServer


@pytest.fixture
async def client() -> AsyncIterator[TestClient]:  # type: ignore[type-arg]
    async with TestClient(TestServer(ChatServer().app())) as client:
        yield client


@pytest.mark.parametrize("path", ["/", "/help/de/", "/help/en/", "/help/de/versand", "/help/de/?q=versand"])
async def test_pages_allow_no_inline_and_no_foreign_code(client: TestClient, path: str) -> None:  # type: ignore[type-arg]
    response = await client.get(path)
    assert response.status == 200
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    body = await response.text()
    assert " style=" not in body
    assert "<script>" not in body


async def test_an_article_is_cleaned_markdown(client: TestClient) -> None:  # type: ignore[type-arg]
    body = await (await client.get("/help/de/versand")).text()
    assert "<strong>drei</strong>" in body
    assert "<td>DE</td>" in body
    assert "<script>alert" not in body


async def test_search_works_without_scripts(client: TestClient) -> None:  # type: ignore[type-arg]
    found = await (await client.get("/help/de/", params={"q": "Versand?"})).text()
    assert "Zwei bis drei Werktage." in found
    assert "**" not in found
    nothing = await (await client.get("/help/de/", params={"q": "<b>zebra</b>"})).text()
    assert "&lt;b&gt;zebra&lt;/b&gt;" in nothing
    assert "nichts gefunden" in nothing


async def test_an_unknown_article_is_a_kind_404(client: TestClient) -> None:  # type: ignore[type-arg]
    response = await client.get("/help/en/nothing")
    assert response.status == 404
    assert "This page does not exist" in await response.text()
    assert (await client.get("/help/fr/")).status == 404


async def test_feedback_thanks_and_refuses_nonsense(client: TestClient) -> None:  # type: ignore[type-arg]
    thanked = await client.post("/help/de/versand/feedback", data={"helped": "yes"})
    assert "Danke" in await thanked.text()
    assert (await client.post("/help/de/versand/feedback", data={"helped": "x"})).status == 400
    assert (await client.post("/help/de/nothing/feedback", data={"helped": "yes"})).status == 404


async def test_the_language_follows_the_browser_and_the_address(client: TestClient) -> None:  # type: ignore[type-arg]
    german = {"Accept-Language": "fr, de-AT;q=0.8, en;q=0.5"}
    assert 'lang="de"' in await (await client.get("/", headers=german)).text()
    assert '<html lang="en">' in await (await client.get("/?lang=en", headers=german)).text()


async def test_an_unchanged_widget_is_not_sent_again(client: TestClient) -> None:  # type: ignore[type-arg]
    first = await client.get("/widget.js")
    again = await client.get("/widget.js", headers={"If-None-Match": first.headers["ETag"]})
    assert (first.status, again.status) == (200, 304)


@pytest.mark.parametrize("name", ["tokens.css", "pages.css", "playground.js", "icons.svg"])
async def test_assets_are_served_by_name_and_nothing_else(client: TestClient, name: str) -> None:  # type: ignore[type-arg]
    assert (await client.get(f"/assets/{name}")).status == 200
    assert (await client.get("/assets/..%2Fbundle.py")).status == 404
