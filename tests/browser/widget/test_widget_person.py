"""Several people at one browser: what one of them wrote is neither shown to another nor sent by them."""

from __future__ import annotations

import base64
import json

import pytest
from playwright.async_api import Page, expect

from tests.browser.widget.room import BUBBLES, TEXT, open_chat, texts, write
from tests.browser.widget_server import ChatServer

#: One browser for all tests here; each has pages and storage of its own.
pytestmark = pytest.mark.asyncio(loop_scope="module")


async def visit(page: Page, server: ChatServer, account: str = "", **claims: int) -> None:
    """The shop's page, where its customer is logged in or not; an open chat stays open."""
    payload = base64.urlsafe_b64encode(json.dumps({"sub": account, **claims}).encode()).decode().rstrip("=")
    await page.goto(f"{server.url}/shop" + (f"?identity=e30.{payload}.sig" if account else ""))
    await expect(page.locator("faden-chat")).to_be_attached()


async def offline(server: ChatServer) -> None:
    server.down = True
    await server.hang_up()


async def back(server: ChatServer, customer_id: str) -> None:
    """The service is there again, where the next session is this customer's."""
    server.messages.clear()
    server.customer_id, server.down = customer_id, False


async def test_what_could_not_be_sent_waits_for_its_writer_and_is_nobody_elses(page: Page, server: ChatServer) -> None:
    await visit(page, server, "anna", exp=1)
    await open_chat(page)
    await write(page, "hello")
    await expect(page.locator("faden-chat .sent")).to_be_visible()
    await offline(server)
    await write(page, "my secret")
    await page.fill(TEXT, "half a secr")

    await visit(page, server)
    await expect(page.locator(TEXT)).to_be_visible()
    assert await texts(page) == []
    assert await page.input_value(TEXT) == ""
    await back(server, "cus_2")
    await write(page, "who am I?")
    await expect(page.locator("faden-chat .sent")).to_be_visible()
    assert [one["text"] for one in server.messages] == ["who am I?"]

    await back(server, "cus_3")
    await visit(page, server, "bert", exp=1)
    await write(page, "it is me")
    await expect(page.locator("faden-chat .sent")).to_be_visible()
    assert [one["text"] for one in server.messages] == ["it is me"]

    await back(server, "cus_1")
    await visit(page, server, "anna", exp=2)
    await expect(page.locator(BUBBLES)).to_have_text(["my secret"])
    await expect(page.locator("faden-chat .sent")).to_be_visible()
    assert [one["text"] for one in server.messages] == ["my secret"]


async def test_who_signs_in_takes_along_what_they_wrote_and_could_not_send(page: Page, server: ChatServer) -> None:
    await visit(page, server)
    await open_chat(page)
    await write(page, "hello")
    await expect(page.locator("faden-chat .sent")).to_be_visible()
    await offline(server)
    await write(page, "later")
    await visit(page, server, "anna")
    await expect(page.locator(BUBBLES)).to_have_text(["hello", "later"])
    await visit(page, server)
    await expect(page.locator(TEXT)).to_be_visible()
    assert await texts(page) == [], "they are hers by now"
    await back(server, "cus_1")
    await visit(page, server, "anna")
    await expect(page.locator("faden-chat .sent")).to_be_visible()
    assert [one["text"] for one in server.messages] == ["later"]


async def test_a_new_token_for_the_same_account_changes_nothing(page: Page, server: ChatServer) -> None:
    await visit(page, server, "anna", exp=1)
    await open_chat(page)
    await write(page, "hello")
    await expect(page.locator("faden-chat .sent")).to_be_visible()
    await page.fill(TEXT, "a draft")
    await offline(server)
    await visit(page, server, "anna", exp=2)
    await expect(page.locator(BUBBLES)).to_have_text(["hello"])
    assert await page.input_value(TEXT) == "a draft"
