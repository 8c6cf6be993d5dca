"""What all phrasings together teach."""

import numpy as np
import pytest

from bot.knowledge.taught import Taught, teaches

TEXTS = [
    "red lamp broken",
    "blue lamp broken",
    "lamp broke",
    "red lamp cost",
    "blue lamp price",
    "lamp costs",
    "rain",
    "snow",
]
OWNERS = np.array([0, 0, 0, 1, 1, 1, 2, 2])


def vectors(texts):
    words = sorted({word for text in TEXTS for word in text.split()})
    counted = np.array([[1.0, *(float(word in text.split()) for word in words)] for text in texts], dtype=np.float32)
    return counted / np.linalg.norm(counted, axis=1, keepdims=True)


def lesson(keep=None):
    keep = list(range(len(TEXTS))) if keep is None else keep
    return Taught([TEXTS[row] for row in keep], vectors([TEXTS[row] for row in keep]), OWNERS[keep])


def scores(taught, text, keep=None):
    own = vectors(TEXTS if keep is None else [TEXTS[row] for row in keep])
    return taught.scores(text, own @ vectors([text])[0])


@pytest.mark.parametrize(("text", "owner"), [("red broken", 0), ("the price", 1), ("snow and rain", 2)])
def test_what_divides_the_articles_decides_and_not_what_they_share(text, owner):
    assert scores(lesson(), text).argmax() == owner


def test_leaving_out_by_formula_is_what_learning_without_them_gives():
    out, keep = [0, 3], [1, 2, 4, 5, 6, 7]
    told = lesson().left_out(out)
    # Rare words weigh a little otherwise without the two texts.
    again = np.stack([scores(lesson(keep), TEXTS[row], keep) for row in out])
    assert np.abs(told - again).max() < 0.1
    assert (told.argmax(axis=1) == again.argmax(axis=1)).all()


def test_it_serves_without_what_only_the_calibration_needs():
    taught = lesson()
    before = scores(taught, "red broken")
    taught.forget()
    assert (scores(taught, "red broken") == before).all()


@pytest.mark.parametrize("text", ["", "😀", "\x00", "\ud800", "word " * 2000])
def test_any_text_gets_finite_scores(text):
    assert np.isfinite(scores(lesson(), text)).all()


def test_few_phrasings_and_very_many_teach_nothing():
    assert not teaches(10, 30) and teaches(10, 100) and not teaches(1, 100) and not teaches(1000, 100_000)
