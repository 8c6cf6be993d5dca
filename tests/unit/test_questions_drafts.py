"""Questions in the same words belong together; a draft holds what was asked and replied, and nothing of courtesy."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.knowledge.articles import SLUG, load
from tickets.domain import drafts
from tickets.domain.asked import Asked
from tickets.domain.clusters import clusters
from tickets.storage.knowledge import Folder, SlugTaken

LABELLED = Path(__file__).parents[1] / "data" / "questions_labelled.tsv"


def asked(*texts: str) -> list[Asked]:
    """``de: …`` or ``en: …``."""
    return [Asked(number, text[:2], text[4:]) for number, text in enumerate(texts)]


def groups(questions: list[Asked]) -> list[set[int]]:
    return [set(one.ids) for one in clusters(questions)]


def test_the_same_matter_is_one_cluster_in_both_languages() -> None:
    questions = asked(
        "de: Kann ich mit Bitcoin bezahlen?",
        "en: Do you accept bitcoin?",
        "de: Liefert ihr auch samstags?",
        "de: bitcoin als Zahlungsart?",
        "en: Is a mobile app available?",
        "de: Lieferung samstags möglich?",
    )
    assert groups(questions) == [{0, 1, 3}, {2, 5}, {4}]


def test_the_nearest_articles_bring_languages_together_that_share_no_word() -> None:
    near = ("cat-sofas", "care-textiles", "vat")
    questions = [Asked(1, "de", "Halten die Bezüge Krallen aus?", near), Asked(2, "en", "Will claws ruin it?", near)]
    others = [Asked(3, "de", "Wo ist der Eingang?", ("contact",)), Asked(4, "en", "Are you hiring?", ("jobs",))]
    assert {1, 2} in groups([*questions, *others])


def test_a_cluster_is_named_by_its_clearest_question() -> None:
    long = (
        "Hallo, ich habe da mal eine Frage zu eurem Shop und zwar ob man dort mit Bitcoin bezahlen kann weil ich "
        + "so gern " * 12
    )
    found = clusters(
        asked(f"de: {long}", "de: bitcoin", "de: Kann man mit Bitcoin bezahlen?", "en: Can I pay with bitcoin?")
    )
    assert found[0].ids[0] in (2, 3)
    assert found[0].clearest == {"de": 2, "en": 3}


def test_order_and_repetition_change_nothing() -> None:
    rows = [line.split("\t") for line in LABELLED.read_text("utf-8").splitlines()]
    questions = [Asked(number, language, text) for number, (_, language, text) in enumerate(rows)]
    once = {frozenset(one.ids) for one in clusters(questions)}
    assert once == {frozenset(one.ids) for one in clusters(list(reversed(questions)))}
    assert once == {frozenset(one.ids) for one in clusters(questions)}


def test_clusters_are_pure_by_words_alone() -> None:
    rows = [line.split("\t") for line in LABELLED.read_text("utf-8").splitlines()]
    found = clusters([Asked(number, language, text) for number, (_, language, text) in enumerate(rows)])
    right = sum(Counter(rows[number][0] for number in one.ids).most_common(1)[0][1] for one in found)
    assert len(rows) >= 120
    assert right / len(rows) >= 0.9
    assert len(found) <= len(rows) * 0.65


@pytest.mark.parametrize(
    "texts", [[], ["de: ???"], ["de: ???", "en: !!!", "de: ???"], ["en: the"], ["en: 🙂", "de: 🙂"]]
)
def test_questions_without_words_are_taken(texts: list[str]) -> None:
    assert sorted(number for one in clusters(asked(*texts)) for number in one.ids) == list(range(len(texts)))


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("Hallo, ich bin Anna Müller, kann ich mit Bitcoin zahlen?", "kann ich mit Bitcoin zahlen?"),
        ("Guten Tag! Mein Name ist Uwe Baum. Verkauft ihr Lampen?", "Verkauft ihr Lampen?"),
        ("Hi there, do you sell lamps?", "do you sell lamps?"),
        ("Do you sell lamps?\nBest regards\nJohn Smith", "Do you sell lamps?"),
        ("my mail is a@b.de and my number 0171 2345678", ""),
        ("NL-20417", ""),
        ("???", ""),
    ],
)
def test_a_phrasing_is_the_question_alone(said: str, left: str) -> None:
    assert drafts.question(said) == left


def test_the_body_is_what_was_replied_without_courtesy_and_names() -> None:
    replies = [
        (
            "Sehr geehrte Frau Müller,\n\n"
            "vielen Dank für Ihre Nachricht. Samstags liefern wir gegen einen Aufpreis von 12 €.\n\n"
            "Mit freundlichen Grüßen\nBerta Beispiel"
        ),
        "Samstags liefern wir gegen einen Aufpreis von 12 €.",
        "Hello Anna,\nthe surcharge is shown in the basket. Let me know if there is anything else.\nKind regards, Cem",
        "ok",
    ]
    assert drafts.body(replies, ["Berta Beispiel"]) == (
        "Samstags liefern wir gegen einen Aufpreis von 12 €.\n\nThe surcharge is shown in the basket."
    )


def test_courtesy_is_taken_out_whole_and_only_where_a_sentence_begins_with_it() -> None:
    reply = (
        "Es tut mir leid, dass Sie warten. Warten Sie einen Moment, bis die Lampe leuchtet, "
        "und drücken Sie dann die Taste."
    )
    assert (
        drafts.reply_text(reply) == "Warten Sie einen Moment, bis die Lampe leuchtet, und drücken Sie dann die Taste."
    )


def test_addresses_are_free_and_readable() -> None:
    assert (
        drafts.slug("Können Sie Stoffmuster für große Sofas schicken?") == "koennen-stoffmuster-grosse-sofas-schicken"
    )
    assert drafts.slug("Bitcoin?", {"bitcoin", "bitcoin-2"}) == "bitcoin-3"
    assert drafts.slug("我可以", set()) == "article"


@settings(max_examples=60, deadline=None)
@given(st.text(), st.lists(st.text(), max_size=4), st.text(max_size=400))
def test_what_keeps_the_rules_here_is_an_article_there(title: str, phrasings: list[str], body: str) -> None:
    title, body, phrasings = drafts.one_line(title), drafts.printable(body), [drafts.one_line(one) for one in phrasings]
    slug = drafts.slug(title)
    assert SLUG.fullmatch(slug)
    if drafts.problems(slug, title, phrasings, body):
        return
    with tempfile.TemporaryDirectory() as folder:
        Folder(Path(folder)).write("de", slug, drafts.as_file(title, phrasings, body))
        article = load(Path(folder) / "de" / f"{slug}.md", "de")
    assert article.title == title
    assert list(article.phrasings) == phrasings


def test_a_file_is_replaced_by_its_own_draft_only(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    version = folder.write("de", "lampen", "eins")
    assert folder.write("de", "lampen", "eins") == version, "an interrupted publication can be repeated"
    with pytest.raises(SlugTaken):
        folder.write("de", "lampen", "zwei")
    assert folder.write("de", "lampen", "zwei", replaces=version)
    (tmp_path / "de" / "lampen.md").write_text("by hand")
    with pytest.raises(SlugTaken):
        folder.write("de", "lampen", "drei", replaces=version)
    assert [one.name for one in (tmp_path / "de").iterdir()] == ["lampen.md"]
