"""The demo shop's help centre: complete, the same in both languages, and sound enough to search and to trust."""

import re
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import get_args

import pytest

from bot.knowledge.articles import Article, load_folder
from tickets.contracts import Language

FOLDER = Path(__file__).parents[2] / "data" / "knowledge"
LANGUAGES = get_args(Language)
SHOP = "nordlicht.example"
HOST = re.compile(r"\b(?:[a-z0-9-]+\.)+(?:com|net|org|de|at|ch|uk|ie|eu|io|shop|info|example)\b", re.IGNORECASE)
CLOCK = re.compile(r"\d+(?:(?:–| bis )\d+)? Uhr|\d+ (?:am|pm|noon)")
AMOUNT = re.compile(r"\d+(?:[.,]\d+)*")

ARTICLES, ERRORS = load_folder(FOLDER)


def of(language: str) -> dict[str, Article]:
    return {article.slug: article for article in ARTICLES if article.language == language}


def plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))


def named(articles: list[Article]) -> list:
    return [pytest.param(article, id=f"{article.language}/{article.slug}") for article in articles]


def figures(article: Article) -> Counter[str]:
    """Digits only, so that 4,90 and 4.90, 1.500 and 1,500 are the same. Clock times are left out: 14 Uhr is 2 pm."""
    return Counter(re.sub(r"\D", "", found) for found in AMOUNT.findall(CLOCK.sub("", article.body_markdown)))


def test_every_file_is_sound():
    assert ERRORS == []


def test_every_topic_is_told_in_every_language():
    topics = [set(of(language)) for language in LANGUAGES]
    assert all(one == topics[0] for one in topics)
    assert len(topics[0]) >= 35


def test_the_emergency_advice_is_there_and_begins_with_the_number_to_call():
    for language in LANGUAGES:
        first = re.split(r"(?<=[.!?])\s", of(language)["emergency-advice"].body_markdown)[0]
        assert "112" in first


@pytest.mark.parametrize("article", named(ARTICLES))
def test_an_article_knows_how_customers_ask(article):
    assert len({plain(one) for one in article.phrasings}) >= 6
    assert all(1 <= len(plain(one).split()) <= 30 for one in article.phrasings)


@pytest.mark.parametrize("article", named(ARTICLES))
def test_an_article_says_enough_and_not_too_much(article):
    assert 40 <= len(article.body_markdown.split()) <= 260
    assert 1 <= len(article.tags) <= 4


@pytest.mark.parametrize("article", named(ARTICLES))
def test_related_articles_exist_and_are_others(article):
    assert article.related
    assert set(article.related) <= set(of(article.language)) - {article.slug}


@pytest.mark.parametrize("article", named(ARTICLES))
def test_a_review_is_planned_within_about_a_year(article):
    assert article.reviewed_at is not None
    assert article.review_by is not None
    assert date(2026, 9, 1) <= article.reviewed_at
    assert timedelta(days=180) <= article.review_by - article.reviewed_at <= timedelta(days=400)


@pytest.mark.parametrize("article", named(ARTICLES))
def test_only_the_shops_own_example_domain_is_named(article):
    text = " ".join([article.title, *article.phrasings, article.body_markdown, *(link.url for link in article.links)])
    assert {host.lower() for host in HOST.findall(text)} <= {SHOP}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_question_is_asked_twice(language):
    asked = Counter(plain(one) for article in of(language).values() for one in (article.title, *article.phrasings))
    assert [question for question, count in asked.items() if count > 1] == []


@pytest.mark.parametrize("slug", sorted(of("en")))
def test_both_languages_tell_the_same_figures_and_lead_to_the_same_places(slug):
    german, english = of("de")[slug], of("en")[slug]
    assert (german.tags, german.related) == (english.tags, english.related)
    assert (german.reviewed_at, german.review_by) == (english.reviewed_at, english.review_by)
    if slug != "emergency-advice":  # It begins with the numbers that speakers of the language are likely to need.
        assert figures(german) == figures(english)
