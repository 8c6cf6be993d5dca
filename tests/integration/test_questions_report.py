"""From questions to a report, a draft and an article, through the API on SQLite and PostgreSQL."""

from __future__ import annotations

import asyncio
import itertools
import uuid
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from bot.knowledge.articles import load
from runtime.redis import connect
from tests.desk import Client, Service, appended, handoff, message, push
from tests.integration.conftest import _create
from tickets.contracts import QuestionAsked, partition


@pytest.fixture(scope="module")
def knowledge(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("knowledge")
    for language in ("de", "en"):
        (folder / language).mkdir()
    return folder


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def service(
    request: pytest.FixtureRequest, redis_url: str, tmp_path_factory: pytest.TempPathFactory, knowledge: Path
) -> Iterator[Service]:
    """The running service on either database, publishing into a folder of its own."""
    url = asyncio.run(_create(request.getfixturevalue("postgres_url"))) if request.param == "postgresql" else ""
    # Streams of its own, as the report counts all that was ever asked.
    own_redis = redis_url.replace("/0", "/2" if url else "/3")
    running = Service(own_redis, tmp_path_factory.mktemp("tickets"), url, KNOWLEDGE_DIR=str(knowledge))
    running.start()
    try:
        asyncio.run(running.ready())
        yield running
    finally:
        running.stop()


@pytest.fixture
async def streams(service: Service) -> AsyncIterator[Redis]:
    """Not emptied: the service of the module reads on."""
    client = connect(service.redis_url)
    yield client
    await client.aclose()


def asked(text: str, customer: str, outcome: Any = "declined", language: Any = "de", **more: Any) -> QuestionAsked:
    said = message(text)
    values = {"cursor": said.cursor, "at": said.at, "channel": "web", **more}
    return QuestionAsked(customer_id=customer, language=language, text=text, outcome=outcome, **values)


def own() -> str:
    """A word that no other test uses, as every test's questions must form clusters of their own."""
    return "z" + uuid.uuid4().hex[:7].translate(str.maketrans("0123456789", "ghijklmnop")) + "x"


async def cluster_of(agent: Client, word: str) -> dict[str, Any]:
    report = await agent.get("/questions/report?days=7")
    found = [one for one in report["clusters"] if word in one["title"].casefold()]
    return dict(found[0]) if found else {}


def used(report: dict[str, Any], slug: str) -> tuple[int, int]:
    """How often an article of the report was an answer, and how often rejected."""
    found = {one["slug"]: (one["answered"], one["rejected"]) for one in report["used"]}
    return found[slug]


def customers(word: str, count: int) -> list[str]:
    """Customers whose events are read one after the other: when the last one is there, all are."""
    ids = (f"cus_{number}_{word}" for number in itertools.count())
    return list(itertools.islice((one for one in ids if partition(one) == partition("cus_anna")), count))


async def ask_about(agent: Client, streams: Redis, word: str, ref: str) -> None:
    """Three customers in two languages ask about the same thing; one reaches an agent, who answers."""
    (anna, second, third), said = customers(word, 3), f"{word.capitalize()} {word[::-1].capitalize()}"
    questions = [
        asked(f"Hallo, ich bin Anna Müller. Kann ich {said} bei euch kaufen?", anna),
        asked(f"Do you sell {said}?", second, "asked_back", "en"),
        asked(f"verkauft ihr auch {said.lower()}?", third, "rejected", articles=("vat",)),
    ]
    first = questions[0]
    done = first.model_copy(update={"outcome": "handed_off", "ticket_ref": ref, "at": first.at + timedelta(seconds=9)})
    reply = (
        f"Hallo Frau Müller, {said} gibt es ab März im Lager in Halle. Schreiben Sie an anna@web.de.\nViele Grüße\n"
        "Berta"
    )
    await push(
        streams,
        *questions,
        done,
        first,
        appended(ref, message(reply, "agent", author_name="Berta"), anna),
        handoff(ref, anna),
    )
    await agent.arrived(ref)


async def test_a_cluster_tells_who_asked_and_what_was_replied(
    service: Service, agent: Client, streams: Redis, new_ref: Any
) -> None:
    word = own()
    await ask_about(agent, streams, word, ref := new_ref())
    cluster = await cluster_of(agent, word)
    assert cluster["customers"] == 3
    assert cluster["languages"] == {"de": 2, "en": 1}
    assert cluster["outcomes"] == {"handed_off": 1, "asked_back": 1, "rejected": 1}, (
        "a late repetition takes nothing back"
    )
    assert [one["ref"] for one in cluster["replies"]] == [ref]
    assert cluster["trend"][-1] + cluster["trend"][-2] == 3
    assert "Anna" not in str([cluster["title"], cluster["examples"]])


async def test_a_draft_is_edited_published_and_ends_the_cluster(
    service: Service, agent: Client, other: Client, streams: Redis, new_ref: Any, knowledge: Path
) -> None:
    word = own()
    await ask_about(agent, streams, word, new_ref())
    cluster = await cluster_of(agent, word)
    draft = await other.post("/questions/drafts", {"questions": cluster["questions"], "language": "de"}, 201)
    assert {word in one.casefold() for one in draft["phrasings"]} == {True}
    assert not [one for one in ("Anna", "Müller", "Berta", "anna@web.de", "Grüße", "Hallo") if one in str(draft)]
    assert "gibt es ab März" in draft["body"]
    assert (await cluster_of(agent, word))["drafts"] == {"de": draft["id"]}
    one = f"/questions/drafts/{draft['id']}"
    status, changed = await other.call("PATCH", one, {"title": f"Gibt es {word}?", "slug": f"about-{word}"})
    assert (status, changed["problems"]) == (200, [])
    published = await other.post(f"{one}/publish")
    assert published["published_at"]
    article = load(knowledge / "de" / f"about-{word}.md", "de")
    assert (article.title, list(article.phrasings)) == (f"Gibt es {word}?", draft["phrasings"])

    left = await cluster_of(agent, word)
    assert left["languages"] == {"en": 1}, "who asked in the other language still has no answer"
    await other.call("PATCH", one, {"body": "Ab April."})
    await other.post(f"{one}/publish")
    assert load(knowledge / "de" / f"about-{word}.md", "de").body_markdown == "Ab April."
    english = await other.post("/questions/drafts", {"questions": left["questions"], "language": "en"}, 201)
    assert english["slug"] == f"about-{word}", "the same address in both languages"
    await other.post(f"/questions/drafts/{english['id']}/publish")
    assert await cluster_of(agent, word) == {}


async def test_an_article_that_breaks_a_rule_or_takes_an_address_is_refused(
    service: Service, agent: Client, streams: Redis, new_ref: Any, knowledge: Path
) -> None:
    word = own()
    await ask_about(agent, streams, word, new_ref())
    cluster = await cluster_of(agent, word)
    draft = await agent.post("/questions/drafts", {"questions": cluster["questions"], "language": "en"}, 201)
    one = f"/questions/drafts/{draft['id']}"
    await agent.call("PATCH", one, {"slug": "Nicht so", "body": " ", "phrasings": []})
    refused = await agent.post(f"{one}/publish", status=400)
    assert refused["code"] == "not_an_article"
    assert refused["problems"] == ["slug", "phrasings", "body"]
    (knowledge / "en" / f"taken-{word}.md").write_text("somebody else's")
    await agent.call(
        "PATCH", one, {"slug": f"taken-{word}", "body": "Yes.", "phrasings": ["is it?"], "title": "Is it?"}
    )
    assert (await agent.post(f"{one}/publish", status=409))["code"] == "slug_taken"
    assert (knowledge / "en" / f"taken-{word}.md").read_text() == "somebody else's"
    assert (await agent.call("PATCH", one, {"slug": "../../etc/passwd"}))[0] == 200
    assert (await agent.post(f"{one}/publish", status=400))["problems"] == ["slug"]
    assert not list(knowledge.glob("**/.*"))
    assert (await agent.call("PATCH", one, {"title": "\x00Is\nit?", "phrasings": ["\x00", "a\x07 b"]}))[1][
        "phrasings"
    ] == ["a b"]
    assert (await agent.call("POST", "/questions/drafts", {"questions": [2**70], "language": "de"}))[0] == 400
    assert (await agent.call("POST", "/questions/drafts", {"questions": [2**40], "language": "de"}))[0] == 404
    assert (await agent.call("DELETE", one))[0] == 204
    assert (await agent.call("GET", one))[0] == 404


async def test_the_report_counts_what_needed_no_person_and_which_articles_help(
    service: Service, agent: Client, streams: Redis, new_ref: Any
) -> None:
    word, earlier, ref = own(), datetime.now(UTC) - timedelta(days=2), new_ref()
    for number, customer in enumerate(customers(word, 5)):
        outcome = "answered" if number else "rejected"
        await push(streams, asked(f"Frage {word}", customer, outcome, articles=(f"a-{word}",), at=earlier))
    await push(streams, handoff(ref))
    await agent.arrived(ref)
    report = await agent.get("/questions/report?days=7&language=de")
    assert used(report, f"a-{word}") == (4, 1)
    assert f"a-{word}" in [one["slug"] for one in report["rejected"]]
    day = report["trend"][-3]
    assert (day["matters"], day["resolved"]) == (5, 4)
    assert len(report["trend"]) == 7
    assert (await agent.call("GET", "/questions/report?days=0"))[0] == 400
    weeks = await agent.get("/questions/report?days=90")
    assert weeks["by_week"] and 13 <= len(weeks["trend"]) <= 14
    async with service.client() as stranger:
        assert (await stranger.call("GET", "/questions/report"))[0] == 401


async def test_each_answer_to_a_message_with_several_questions_is_counted(
    agent: Client, streams: Redis, new_ref: Any
) -> None:
    word, ref = own(), new_ref()
    one, other = f"one-{word}", f"other-{word}"
    told = [
        ("answered", (one, other), ()),
        ("asked_back", (one,), ()),
        ("rejected", (other,), (one,)),
        ("handed_off", (other,), (one,)),
    ]
    for customer, (outcome, given, rejected) in zip(customers(word, 4), told, strict=True):
        both = {"articles": (one, other), "given": given, "rejected": rejected}
        await push(streams, asked(f"Frage {word}? Und {word}?", customer, outcome, **both))
    await push(streams, handoff(ref))
    await agent.arrived(ref)
    report = await agent.get("/questions/report?days=7&language=de")
    assert used(report, one) == (2, 2), "an answer beside choices is one; a person takes no rejection back"
    assert used(report, other) == (2, 0)
