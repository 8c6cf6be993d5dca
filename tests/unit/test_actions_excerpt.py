"""An answer quotes the article's own words, and only as many as the question needs."""

from pathlib import Path

import pytest

from actions.articles import read
from actions.excerpt import ENOUGH, excerpt

SECTIONS = """We deliver with two carriers.

## Costs

Delivery costs 4.90 euro.

## Abroad

Parcels to Denmark take five days:

- by road: five days
- by air: two days

Customs is paid by you.
"""


def test_without_a_better_fit_the_beginning_is_quoted():
    assert excerpt(SECTIONS, "hello") == "We deliver with two carriers."


def test_the_section_that_fits_the_question_is_quoted():
    assert excerpt(SECTIONS, "parcels abroad to denmark").startswith("Parcels to Denmark take five days:\n\n- by road")


def test_the_passage_that_search_found_decides():
    assert excerpt(SECTIONS, "and then?", "Delivery costs 4.90 euro.") == "Delivery costs 4.90 euro."


def test_every_word_is_the_articles_own_and_long_ones_end_with_a_paragraph():
    paragraphs = [f"Paragraph {number} " + "word " * 60 for number in range(9)]
    quoted = excerpt("\n\n".join(paragraphs), "word")
    assert quoted.split("\n\n") == [one.strip() for one in paragraphs[: len(quoted.split("\n\n"))]]
    assert len(quoted) <= ENOUGH + 10


def test_one_long_paragraph_is_not_cut():
    assert excerpt("x" * 3 * ENOUGH, "") == "x" * 3 * ENOUGH


@pytest.mark.parametrize("markdown", ["", "   ", "## Only a heading"])
def test_an_article_almost_without_text_breaks_nothing(markdown):
    assert excerpt(markdown, "anything") == markdown.strip(" #")


def test_an_article_is_read_from_the_folder_and_never_from_beside_it(tmp_path: Path):
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "returns.md").write_text("---\ntitle: Returns\nphrasings: [a]\n---\nSend it back.\n")
    (tmp_path / "secret.md").write_text("---\ntitle: Secret\n---\nhidden\n")
    found = read("en", "returns", "https://shop.example", tmp_path)
    assert found and (found.title, found.text) == ("Returns", "Send it back.")
    assert found.url == "https://shop.example/help/en/returns"
    assert read("en", "../secret", "", tmp_path) is None and read("en", "nothing", "", tmp_path) is None
    (tmp_path / "en" / "broken.md").write_text("no front matter")
    assert read("en", "broken", "", tmp_path) is None


TABLE = (
    "Shipping costs €5.\n\n| Where | Cost | free from |\n|---|---|---|\n| Germany | €5 | €49 |\n| Austria | €7 | – |"
)


def test_a_table_is_quoted_as_a_list():
    assert excerpt(TABLE, "how much is it").splitlines()[2:] == [
        "- **Germany:** €5, free from €49",
        "- **Austria:** €7",
    ]


def test_of_a_table_only_the_rows_asked_for_are_quoted():
    assert excerpt(TABLE, "shipping to austria?").splitlines()[2:] == ["- **Austria:** €7"]


def test_no_answer_ends_with_the_heading_of_what_was_left_out():
    text = f"First.\n\n**Good to know**\n\n- {'long ' * ENOUGH}"
    assert excerpt(text, "") == "First."
