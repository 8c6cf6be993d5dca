"""An unknown question becomes an article at the desk, and from then on the assistant answers it."""

from __future__ import annotations

import asyncio
import time

import aiohttp
import pytest

from tests.chat_client import Customer
from tests.desk_client import Agent
from tests.stack import ADMIN, PASSWORD, ROOT, Stack

QUESTION = "Verleiht ihr auch Zeppeline für Kindergeburtstage?"
ANSWER = "Zeppeline verleihen wir nicht, aber Heißluftballons: Sie kosten 12 € am Tag und fassen vier Kinder."


@pytest.mark.timeout(300)
async def test_a_question_without_an_answer_is_answered_after_its_article_is_published(stack: Stack) -> None:
    agent = await Agent(stack.desk_url).log_in(ADMIN, PASSWORD)
    async with aiohttp.ClientSession() as session:
        first = await Customer(session, stack.bot_url).open(language="de")
        told = await first.ask(QUESTION, timeout=60)
        assert told["article"] is None
        await first.ask("Ich möchte mit einem Menschen schreiben", timeout=60)
        ref = (await agent.ticket_of(first.id, 60))["ref"]
        await agent.act(ref, "claim")
        await agent.reply(ref, f"Guten Tag,\n\n{ANSWER}\n\nViele Grüße\nIhr Team")
        cluster = await _cluster(agent)
        assert cluster["outcomes"] == {"handed_off": 1}, "the question is told of, not the call for a person"
        assert [one["ref"] for one in cluster["replies"]] == [ref]
        draft = await agent.call("POST", "/questions/drafts", {"questions": cluster["questions"], "language": "de"})
        assert (draft["phrasings"], draft["body"]) == ([QUESTION], ANSWER)
        await agent.call("POST", f"/questions/drafts/{draft['id']}/publish", {})
        answer = await _answered(session, stack, draft["slug"])
        assert "Heißluftballons" in answer["text"]
        await first.disconnect()
    await agent.close()
    assert not (ROOT / "data" / "knowledge" / "de" / f"{draft['slug']}.md").exists()


async def _cluster(agent: Agent) -> dict:  # type: ignore[type-arg]
    """Once the reply has joined the thread."""
    async with asyncio.timeout(60):
        while True:
            found = (await agent.call("GET", "/questions/report?days=7"))["clusters"]
            mine = [one for one in found if QUESTION in one["title"]]
            if mine and mine[0]["replies"]:
                return dict(mine[0])
            await asyncio.sleep(0.5)


async def _answered(session: aiohttp.ClientSession, stack: Stack, slug: str) -> dict:  # type: ignore[type-arg]
    """The answer from the new article, within seconds; each try by somebody else, as nobody likes to ask twice."""
    end = time.monotonic() + 40
    while True:
        customer = await Customer(session, stack.bot_url).open(language="de")
        told = await customer.ask("verleiht ihr zeppeline für kindergeburtstage", timeout=30)
        await customer.disconnect()
        if told["article"] and told["article"]["url"].endswith(slug):
            return dict(told)
        assert time.monotonic() < end, told
        await asyncio.sleep(1)
