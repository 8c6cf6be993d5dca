"""Messages that ask more than one thing, and such that only seem to, on the project's own help centre."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot.knowledge.base import KnowledgeBase
from bot.knowledge.search import Found
from bot.understanding.encoders import Encoders
from runtime.settings import Settings

ROWS = [line.split("\t") for line in Path("tests/data/several_questions.tsv").read_text("utf-8").splitlines()[1:]]


@pytest.fixture(scope="module")
def encoders() -> Encoders:
    return Encoders.load(Settings.load({}, env_file="/dev/null").encoder_model, Path("var/encoder"))


@pytest.fixture(scope="module")
def base(encoders: Encoders) -> KnowledgeBase:
    return asyncio.run(KnowledgeBase.open(Path("data/knowledge"), encoders, Path("var/vectors")))


def answered(found: Found) -> set[str]:
    return {one.hits[0].slug for one in (found, *found.also) if one.outcome == "answer"}


@pytest.mark.parametrize("language", ["de", "en"])
async def test_two_questions_get_two_answers(base: KnowledgeBase, language: str) -> None:
    rows = [(text, set(slugs.split(","))) for lang, asks, slugs, text in ROWS if (lang, asks) == (language, "two")]
    found = {text: answered(await base.search(text, language)) for text, _ in rows}  # type: ignore[arg-type]
    missed = [text for text, wanted in rows if found[text] != wanted]
    assert len(missed) <= 0.15 * len(rows), missed


@pytest.mark.parametrize("language", ["de", "en"])
async def test_one_question_with_its_story_gets_one_answer(base: KnowledgeBase, language: str) -> None:
    rows = [text for lang, asks, _, text in ROWS if (lang, asks) == (language, "one")]
    found = {text: await base.search(text, language) for text in rows}  # type: ignore[arg-type]
    assert len(rows) >= 50
    assert [text for text in rows if found[text].also] == []


@pytest.mark.parametrize(
    ("language", "text", "slug"),
    [
        ("en", "When is the lamp back? And are there spare parts for it?", "spare-parts"),
        ("de", "Gibt es Ersatzteile? Und wann ist das Ding wieder da?", "spare-parts"),
    ],
)
async def test_where_one_question_is_unsure_choices_stand_beside_the_answer(
    base: KnowledgeBase, language: str, text: str, slug: str
) -> None:
    found = await base.search(text, language)  # type: ignore[arg-type]
    assert answered(found) == {slug}
    assert [one.outcome for one in found.also] in ([], ["choices"])
    assert all(slug not in {hit.slug for hit in one.hits} for one in found.also)


@pytest.mark.parametrize(
    ("language", "text", "after", "slug"),
    [
        ("en", "How do I reset my password? And do you ship to Rome?", "how long does it take?", "delivery-time"),
        ("de", "Passwort vergessen, was nun? Und liefert ihr nach Rom?", "wie lange dauert das?", "delivery-time"),
        ("en", "Can I return a lamp? And do you have gift cards?", "how long are they valid?", "gift-cards"),
        ("de", "Kann ich das zurückgeben? Und habt ihr Geschenkkarten?", "wie lange sind die gültig", "gift-cards"),
    ],
)  # fmt: skip
async def test_what_is_asked_after_two_questions_takes_up_the_last_one(
    base: KnowledgeBase, language: str, text: str, after: str, slug: str
) -> None:
    found = await base.search(after, language, [text])  # type: ignore[arg-type]
    assert found.hits[0].slug == slug
