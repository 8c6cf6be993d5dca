"""The intent head: right on what it has not seen, unsure about strangers, the same after a reload."""

import numpy as np
import pytest

from bot.learning.chances import THRESHOLD
from bot.learning.head import LinearHead
from bot.learning.known_grams import KnownGrams
from bot.learning.names import SAYINGS, embedded, sayings, spelled
from bot.learning.training import train

WORDS = {
    "return": ["send back", "return", "rücksendung", "retoure"],
    "invoice": ["invoice", "bill", "rechnung", "beleg"],
    "voucher": ["voucher", "gift card", "gutschein", "code"],
    "delivery": ["delivery", "parcel", "lieferung", "paket"],
}
FRAMES = [
    "i have a question about {}",
    "{} please",
    "where is my {}",
    "wo finde ich {}",
    "{} geht nicht",
    "help with {}",
]


def data():
    """Texts with embeddings that know the topic only roughly."""
    draw = np.random.default_rng(1)
    texts = [(frame.format(word), label) for label, words in WORDS.items() for word in words for frame in FRAMES]
    topics = dict(zip(WORDS, draw.normal(size=(len(WORDS), 16)), strict=True))
    dense = np.stack([topics[label] + draw.normal(size=16) for _, label in texts]).astype(np.float32)
    return [text for text, _ in texts], dense, [label for _, label in texts]


@pytest.fixture(scope="module")
def head():
    return train(*data())


def test_what_was_not_seen_is_understood_by_its_words_alone(head):
    nothing = np.zeros(16, dtype=np.float32)
    assert head.rank("retour meines pakets, die rücksendung", nothing)[0][0] == "return"
    assert head.rank("die rechung bitte", nothing)[0][0] == "invoice"


def test_the_chances_are_sorted_and_sum_to_no_more_than_one(head):
    texts, dense, _ = data()
    ranked = head.rank(texts[5], dense[5])
    chances = [chance for _, chance in ranked]
    assert {label for label, _ in ranked} == set(WORDS)
    assert chances == sorted(chances, reverse=True)
    assert 0 < sum(chances) <= 1.0001


def test_most_of_the_training_texts_reach_the_threshold_and_a_stranger_does_not(head):
    texts, dense, labels = data()
    ranked = [head.rank(text, vector)[0] for text, vector in zip(texts, dense, strict=True)]
    accepted = [
        label for label, (name, chance) in zip(labels, ranked, strict=True) if name == label and chance >= THRESHOLD
    ]
    assert len(accepted) > 0.95 * len(labels)
    assert head.rank("xylophone qwzy", np.zeros(16, dtype=np.float32))[0][1] < THRESHOLD


def test_a_stored_head_answers_as_before(head, tmp_path):
    texts, dense, _ = data()
    head.save(tmp_path / "head.npz")
    again = LinearHead.load(tmp_path / "head.npz")
    assert again.rank(texts[3], dense[3]) == head.rank(texts[3], dense[3])
    assert again.dimension == 16


def test_training_is_repeatable():
    assert train(*data()).rank("my bill", np.ones(16)) == train(*data()).rank("my bill", np.ones(16))


def test_two_intents_with_one_example_each_are_enough_and_one_intent_is_refused():
    two = train(["yes please", "no thanks"], np.eye(2, dtype=np.float32), ["affirm", "deny"])
    assert two.rank("yes", np.array([1.0, 0.0], dtype=np.float32))[0][0] == "affirm"
    with pytest.raises(ValueError, match="two intents"):
        train(["yes"], np.eye(1, dtype=np.float32), ["affirm"])


def few(names):
    """A head that learnt three noisy examples of each of ten intents, whose texts say nothing."""
    labels = np.repeat([f"topic_{number}" for number in range(10)], 3)
    noise = np.random.default_rng(3).normal(size=(30, 16))
    return train(["..."] * 30, np.repeat(topics(), 3, axis=0) + noise, labels.tolist(), names=names)


def topics():
    return np.random.default_rng(2).normal(size=(10, 16)).astype(np.float32)


def right(head):
    """Share of unseen examples that are understood."""
    asked = np.repeat(topics(), 20, axis=0) + np.random.default_rng(4).normal(size=(200, 16))
    return np.mean([head.rank("", vector)[0][0] == f"topic_{at // 20}" for at, vector in enumerate(asked)])


def test_the_names_of_intents_help_where_examples_are_few():
    assert right(few(topics())) > right(few(None)) + 0.03


def test_names_that_mislead_are_left_aside():
    alone, misled = few(None), few(np.roll(topics(), 1, axis=0))
    assert misled.rank("", topics()[0]) == alone.rank("", topics()[0])


def test_names_are_read_as_words_one_for_each_intent():
    assert spelled(["cardArrival", "ask_faq/returns", "cardArrival", "PIN-blocked", "3rd_party"]) == [
        "3rd party",
        "PIN blocked",
        "ask faq returns",
        "card Arrival",
    ]
    texts, dense, labels = data()
    with pytest.raises(ValueError, match="one of 16 for each intent"):
        train(texts, dense, labels, names=dense[:2])


def test_a_name_stands_for_all_that_a_customer_may_say_of_it():
    said = sayings(["lost_card", "Refund"])
    assert len(said) == 2 * len(SAYINGS)
    assert [text for text in said if "Refund" in text] == said[: len(SAYINGS)]
    vectors = np.zeros((len(said), 4), dtype=np.float32)
    vectors[: len(SAYINGS), 0] = 1
    vectors[len(SAYINGS) :, [1, 2, 3]] = np.eye(3)
    assert embedded(vectors) == pytest.approx(np.array([[1, 0, 0, 0], [0, *[3**-0.5] * 3]]))


@pytest.mark.parametrize("text", ["", " ", "😀😀", "\u200b\u202e", "a" * 100_000, "\ud800", "<script>", "\x00"])
def test_hostile_text_is_ranked_like_any_other(head, text):
    assert len(head.rank(text, np.zeros(16, dtype=np.float32))) == len(WORDS)
    assert len(head.rank(text, np.ones(3, dtype=np.float32))) == len(WORDS)


def test_rare_grams_count_more_and_unknown_ones_only_dilute():
    grams, rows = KnownGrams.learn(["the lamp", "the chair", "the table"])
    assert rows.shape[0] == 3
    _, alone = grams.of("lamp")
    _, diluted = grams.of("lamp zzzzz")
    assert alone.sum() > diluted.sum()
    assert grams.of("")[0].size == 0
