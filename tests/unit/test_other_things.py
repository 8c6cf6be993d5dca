"""Questions about other things: what an operator's own articles answer is not held against them."""

from typing import get_args

import numpy as np
import pytest

from bot.knowledge.articles import Article
from bot.knowledge.index import Index
from bot.knowledge.other_things import about_anything, asked_of_shops, unanswered
from tickets.contracts import Language

WORDS = ("engrave", "initials", "name", "glass", "return", "refund", "parcel", "send", "rent", "chairs", "party")
ENGRAVING = ("do you engrave a name", "engrave initials", "engrave glass", "initials engrave", "name engrave glass")
RETURNS = ("return parcel", "refund return", "send parcel return", "return send", "parcel refund send")


def vectors(texts):
    """Bags of a few words, and a little that all texts share."""
    counted = np.array([[0.1, *(float(word in text.lower().split()) for word in WORDS)] for text in texts])
    return (counted / np.linalg.norm(counted, axis=1, keepdims=True)).astype(np.float32)


def article(slug, *phrasings):
    return Article(slug, "en", slug, phrasings, "Text that says what is to be said.")


@pytest.mark.parametrize("language", get_args(Language))
def test_every_question_stands_in_one_place_and_every_theme_has_some(language):
    themes = asked_of_shops(language)
    every = [*about_anything(language), *(question for theme in themes for question in theme)]
    assert len({question.casefold() for question in every}) == len(every)
    assert all(question.strip() and not question.startswith("#") for question in every)
    assert min(len(theme) for theme in themes) >= 5


def test_a_theme_that_an_article_is_about_is_no_other_thing():
    themes = (("engrave my initials", "engrave a glass"), ("rent chairs party", "rent a party"))
    told = [vectors(ENGRAVING), vectors(RETURNS)]
    kept = unanswered(told, [vectors(theme) for theme in themes])
    assert kept.tolist() == [False, False, True, True]


def test_what_lies_between_two_articles_is_neithers_theme():
    theme = ("engrave glass return", "return engrave glass")
    told = [vectors(ENGRAVING), vectors(ENGRAVING), vectors(RETURNS)]
    assert unanswered(told, [vectors(theme)]).any()


def test_the_questions_nearest_to_what_the_articles_say_are_left_out():
    theme = ("rent chairs", "rent party", "rent chairs party", "party chairs send parcel return")
    assert unanswered([vectors(ENGRAVING), vectors(RETURNS)], [vectors(theme)]).tolist() == [True, True, True, False]


@pytest.mark.parametrize("themed", [True, False])
def test_an_index_leaves_out_what_its_articles_answer(monkeypatch, themed):
    themes = (("could you engrave my initials", "is it possible to engrave glass"), ("can I rent chairs", "rent party"))
    monkeypatch.setattr("bot.knowledge.ways.asked_of_shops", lambda language: themes)
    # Few phrasings teach nothing, and would be silenced by so many questions.
    many = slice(None) if themed else slice(2)
    index = Index("en", [article("engraving", *ENGRAVING[many]), article("returns", *RETURNS[many])], vectors)
    asked = set(index.texts)
    assert not asked & set(themes[0])
    assert (set(themes[1]) <= asked) == themed
    assert len(index.vectors) == len(index.texts)
