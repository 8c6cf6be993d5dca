"""A broken article is refused with file, line and reason."""

import pytest

from bot.knowledge.articles import load_folder, paragraphs

GOOD = """---
title: Wie kann ich zurücksenden?
phrasings:
  - "Retoure wie?"
tags: [returns]
reviewed_at: 2026-10-01
---
Sie haben 30 Tage Zeit.
"""


def load(tmp_path, text, name="return-item.md"):
    (tmp_path / "de").mkdir(exist_ok=True)
    (tmp_path / "de" / name).write_bytes(text.encode() if isinstance(text, str) else text)
    return load_folder(tmp_path)


def test_a_sound_article_is_read(tmp_path):
    (article,), errors = load(tmp_path, GOOD)
    assert errors == []
    assert (article.slug, article.title, article.phrasings) == (
        "return-item",
        "Wie kann ich zurücksenden?",
        ("Retoure wie?",),
    )
    assert article.body_markdown == "Sie haben 30 Tage Zeit."


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("no front matter", 1, "front matter"),
        ("---\ntitle: x\n", 2, "not closed"),
        ("---\ntags: [a]\ntitle: [x\n---\nbody", 3, "YAML"),
        ("---\ntitle: x\nphrasings: yes\n---\nbody", 3, "list"),
        ("---\ntitle: x\nphrasings: []\n---\nbody", 3, "at least one"),
        ("---\ntitle: x\nphrasings: [a]\ntagz: [b]\n---\nbody", 4, "tagz"),
        ("---\ntitle: x\nphrasings: [a, 12]\n---\nbody", 3, "quotes"),
        ("---\ntitle: x\nphrasings: [a]\n---\n\n", 5, "no text"),
        ("---\nphrasings: [a]\n---\nbody", 1, "`title` is missing"),
        ("---\ntitle: x\nphrasings: [a]\nreviewed_at: soon\n---\nbody", 4, "date"),
        ("---\ntitle: x\nphrasings: [a]\nlinks: [{title: t, url: 'javascript:1'}]\n---\nbody", 4, "begin with"),
        (b"---\ntitle: \xff\n---\nbody", 1, "UTF-8"),
    ],
)
def test_a_broken_article_is_told_with_its_line(tmp_path, text, line, reason):
    articles, (error,) = load(tmp_path, text)
    assert articles == []
    assert error.line == line, error
    assert reason in error.reason
    assert error.file.endswith("return-item.md")


def test_a_name_that_is_no_address_is_refused(tmp_path):
    _, (error,) = load(tmp_path, GOOD, name="Return Item.md")
    assert "address" in error.reason


def test_short_blocks_join_the_next_paragraph():
    assert list(
        paragraphs(
            "# Heading\n\nA sentence that is long enough to stand for itself, since it has more than eighty letters."
        )
    ) == ["Heading A sentence that is long enough to stand for itself, since it has more than eighty letters."]
