"""The examples that the anger model is trained on: enough, balanced, each of its own, none of them held out."""

from __future__ import annotations

import csv
from collections import Counter
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from bot.understanding.hashed_grams import _word_buckets, hashed_grams
from bot.understanding.train_anger import LABELS, Example, corrected, gaussian, gram_matrix, in_common, rarities, read

ROOT = Path(__file__).parents[2]
#: From this share of common words on, two messages are one: a test of words, since n-grams of all pairs take minutes.
SAME = 0.9


@cache
def examples(language: str) -> list[Example]:
    return read(ROOT / "data" / "anger", language)


def words(text: str) -> frozenset[str]:
    letters = "".join(character if character.isalnum() else " " for character in text.casefold())
    return frozenset(letters.split())


def twins(texts: list[str], others: list[str]) -> list[tuple[str, str]]:
    """Pairs of nearly the same words; only messages that share a rare word are compared."""
    bags = [words(text) for text in others]
    common = Counter(word for bag in bags for word in bag)
    by_word: dict[str, list[int]] = {}
    for place, bag in enumerate(bags):
        for word in sorted(bag, key=lambda word: common[word])[:3]:
            by_word.setdefault(word, []).append(place)
    pairs = []
    for text in texts:
        bag = words(text)
        near = {place for word in bag for place in by_word.get(word, ()) if text is not others[place]}
        pairs += [
            (text, others[place]) for place in near if len(bag & bags[place]) >= SAME * len(bag | bags[place]) > 3
        ]
    return pairs


@pytest.mark.parametrize("language", ["de", "en"])
def test_there_are_enough_of_every_kind(language: str) -> None:
    counts = Counter(example.label for example in examples(language))
    assert set(counts) == set(LABELS)
    assert sum(counts.values()) >= 1500
    assert min(counts.values()) >= 300
    assert max(counts.values()) <= 5 * min(counts.values())


@pytest.mark.parametrize("language", ["de", "en"])
def test_what_does_not_place_the_scale_is_calm_and_little(language: str) -> None:
    drama = [example for example in examples(language) if not example.placing]
    assert {example.label for example in drama} == {"calm"}
    assert len(drama) <= 0.1 * len(examples(language))


@pytest.mark.parametrize("language", ["de", "en"])
def test_no_message_is_there_twice_or_nearly(language: str) -> None:
    texts = [example.text for example in examples(language)]
    assert twins(texts, texts) == []
    assert [text for text, count in Counter(text.casefold() for text in texts).items() if count > 1] == []


@pytest.mark.parametrize("language", ["de", "en"])
def test_messages_come_in_all_lengths(language: str) -> None:
    lengths = [len(example.text.split()) for example in examples(language)]
    assert sum(length <= 3 for length in lengths) >= 50
    assert sum(length >= 40 for length in lengths) >= 15


@pytest.mark.parametrize("language", ["de", "en"])
def test_what_is_held_out_is_not_trained_on(language: str) -> None:
    held_out = []
    for name in (
        "anger_held_out",
        *(f"anger_held_out_{one}" for one in ("de", "voices", "strangers")),
        "anger_requests",
    ):
        with (ROOT / "tests" / "data" / f"{name}.tsv").open(encoding="utf-8", newline="") as file:
            held_out += [row["text"] for row in csv.DictReader(file, delimiter="\t") if row["lang"] == language]
    known = [example.text for example in examples(language)]
    assert len(held_out) >= 150
    assert twins(held_out, known) == []
    # One-word messages ("ok thx") may be the same.
    assert [text for text in held_out if text in known and len(text.split()) > 3] == []


def test_a_correction_replaces_what_it_corrects_and_weighs_more(tmp_path: Path) -> None:
    (tmp_path / "en.tsv").write_text("label\ttext\nangry\tfetch my boss\n", encoding="utf-8")
    (tmp_path / "desk").mkdir()
    (tmp_path / "desk" / "en.tsv").write_text("label\ttext\ncalm\tFetch my boss\n", encoding="utf-8")
    known = corrected(read(tmp_path, "en"), read(tmp_path / "desk", "en", 3.0))
    assert [(example.label, example.weight) for example in known] == [("calm", 3.0)]


def test_no_corrections_yet_are_no_error(tmp_path: Path) -> None:
    assert read(tmp_path / "nowhere", "en") == []


def test_grams_are_of_one_length_whatever_the_text() -> None:
    assert [round(float((hashed_grams(text).values ** 2).sum()), 4) for text in ("ok", "?!", "ok " * 500)] == [
        1.0,
        1.0,
        1.0,
    ]


def test_rare_words_count_more_than_those_in_every_message() -> None:
    rarity = rarities(["die Frechheit", "die Lampe", "die Rechnung", "die Farbe"])
    said = hashed_grams("die lampe", rarity)
    values = dict(zip(said.buckets.tolist(), said.values.tolist(), strict=True))
    assert values[word_bucket("lampe")] > values[word_bucket("die")]


def test_all_pairs_are_compared_as_each_pair_is() -> None:
    # The first word is in all messages, the number in one: both ways of counting are taken.
    texts = [f"lampe {number} ist {'kaputt' if number % 60 else 'prima'}" for number in range(120)]
    rarity = rarities(texts)
    rows = [hashed_grams(text, rarity) for text in texts]
    pairs = in_common(gram_matrix(texts, rarity), 3.0)
    for one, other in ((0, 0), (0, 1), (0, 60), (17, 18)):
        shared = np.intersect1d(rows[one].buckets, rows[other].buckets, assume_unique=True, return_indices=True)
        wanted = 3.0 * float(rows[one].values[shared[1]] @ rows[other].values[shared[2]])
        assert pairs[one, other] == pytest.approx(wanted, abs=1e-5)


def test_nearness_falls_with_the_squared_distance() -> None:
    near = gaussian(np.array([[0, 0], [3, 4], [0, 0]], dtype=np.float32), width=0.1, weight=2.0)
    assert near[0].tolist() == pytest.approx([2.0, 2.0 * np.exp(-2.5), 2.0])


def test_a_mark_or_an_umlaut_makes_no_other_word() -> None:
    assert word_bucket("unverschaemt") in hashed_grams("Unverschämt!").buckets


def word_bucket(word: str) -> int:
    return _word_buckets(word)[0]
