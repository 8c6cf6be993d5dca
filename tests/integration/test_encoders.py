"""Each language has its encoder: what the German one hears, what it makes of hostile text,
and how wrong names are told."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from bot.understanding import packed_e5
from bot.understanding.encoder import BATCH, TOGETHER, EncoderError, _batches
from bot.understanding.encoders import Encoders, parse
from bot.understanding.written import Written
from runtime.settings import Settings


@pytest.fixture(scope="module")
def encoders() -> Encoders:
    return Encoders.load(Settings.load({}, env_file="/dev/null").encoder_model, Path("var/encoder"))


def test_german_that_says_the_same_in_other_words_is_near(encoders: Encoders) -> None:
    german = encoders.of("de")
    asked, same, other = german.encode(
        ["Wo bleibt mein Paket?", "Die Sendung ist nicht angekommen", "Wie ändere ich mein Kennwort?"]
    )
    assert asked @ same > asked @ other + 0.2


def test_german_and_english_of_one_meaning_are_near_for_the_german_encoder(encoders: Encoders) -> None:
    german, english, other = encoders.of("de").encode(
        ["Ich möchte meine Bestellung stornieren", "I want to cancel my order", "What are your opening hours?"]
    )
    assert german @ english > german @ other + 0.1


def test_shouting_and_small_letters_are_the_same_words(encoders: Encoders) -> None:
    shouted, quiet = encoders.of("de").encode(["WO BLEIBT MEIN PAKET", "wo bleibt mein paket"])
    assert shouted @ quiet > 0.999


def test_articles_are_read_with_their_capitals_where_the_model_minds_them(encoders: Encoders) -> None:
    texts = ["Die Reise nach Kiel", "die reise nach kiel"]
    german = encoders.of("de")
    written, small = Written(german), german.encode(texts[1:])[0]
    with_capitals, without = written.encode(texts)
    assert np.allclose(without, small, atol=1e-3)
    assert 0.7 < with_capitals @ small < 0.999
    assert np.allclose(np.linalg.norm(written.encode(texts), axis=1), 1, atol=1e-5)
    assert written.name != german.name


def test_a_model_without_capitals_reads_articles_as_it_reads_questions(encoders: Encoders) -> None:
    english = encoders.of("en")
    assert Written(english).name == english.name
    assert np.array_equal(Written(english).encode(["A Trip to Kiel"]), english.encode(["a trip to kiel"]))


def test_vectors_of_unlike_texts_do_not_crowd_in_a_cone(encoders: Encoders) -> None:
    texts = [
        "Wo bleibt mein Paket?",
        "Danke!",
        "Ich ziehe um",
        "Habt ihr Gutscheine?",
        "Das Wetter ist schön",
        "Rechnung bitte",
    ]
    vectors = encoders.of("de").encode(texts)
    assert np.abs(vectors.mean(axis=0)).max() < 0.3
    assert np.median((vectors @ vectors.T)[np.triu_indices(len(texts), 1)]) < 0.4


@pytest.mark.parametrize(
    "text", ["", " ", "ﷺ" * 5000, "a" * 100_000, "😀" * 500, "\u202e\u200b", "\ud800", "\x00", "漢字かな", "﷽" * 300]
)
def test_hostile_text_has_a_vector_in_every_language(encoders: Encoders, text: str) -> None:
    for encoder in encoders.distinct.values():
        vector = encoder.encode([text])[0]
        assert vector.shape == (encoder.dimension,) and np.isfinite(vector).all()


def test_one_name_is_for_all_languages_and_another_may_stand_for_one() -> None:
    assert parse("some/model") == {"de": "some/model", "en": "some/model"}
    assert parse("small, de=/models/german") == {"de": "/models/german", "en": "small"}
    assert parse("de=one,en=two") == {"de": "one", "en": "two"}


@pytest.mark.parametrize(
    ("setting", "reason"),
    [
        ("", "no model is named for de, en"),
        ("en=one", "for de"),
        ("one,two", "one model for all"),
        ("one,fr=two", "fr is none of"),
    ],
)
def test_a_setting_that_names_too_little_or_too_much_is_told(setting: str, reason: str) -> None:
    with pytest.raises(EncoderError, match=f"ENCODER_MODEL={setting}.*{reason}"):
        parse(setting)


@pytest.mark.parametrize(
    "content", [b"PK something else", packed_e5.MAGIC, packed_e5.MAGIC + struct.pack("<8ifi", *range(1, 10), 16)]
)
def test_a_file_that_is_no_packed_model_is_told_with_its_place(tmp_path: Path, content: bytes) -> None:
    (tmp_path / packed_e5.FILE).write_bytes(content)
    with pytest.raises(packed_e5.PackedError, match=packed_e5.FILE):
        packed_e5.read(tmp_path / packed_e5.FILE)


def test_long_texts_are_encoded_few_at_a_time_and_none_is_left_out() -> None:
    lengths = [5, TOGETHER + 1, 200, 1, *[100] * 50, *[10] * 100]
    batches = list(_batches(lengths))
    assert sorted(number for batch in batches for number in batch) == list(range(len(lengths)))
    assert all(len(batch) <= BATCH for batch in batches)
    assert all(len(batch) * max(lengths[number] for number in batch) <= TOGETHER for batch in batches if len(batch) > 1)


def test_a_vector_depends_on_no_text_beside_it(encoders: Encoders) -> None:
    texts = ["Wo bleibt mein Paket?", "hi", "DANKE!!!", "Where is it? " * 30, "😀" * 50, "ß"]
    for encoder in encoders.distinct.values():
        together = encoder.encode(texts * 8)
        alone = np.concatenate([encoder.encode([text]) for text in texts])
        assert np.allclose(together, np.tile(alone, (8, 1)), atol=1e-3)
