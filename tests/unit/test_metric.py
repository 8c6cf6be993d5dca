"""The map of embeddings: what tells the intents apart comes forward, also for examples that it was not learnt from."""

import numpy as np

from bot.learning.metric import COMPARED, STEPS, learned

TOPICS = np.random.default_rng(1).normal(size=(6, 48)) * (np.arange(48) < 8)


def examples(each, seed):
    """Of six intents that differ in 8 of 48 directions; in the others they differ by chance, and by more."""
    numbers = np.repeat(np.arange(6), each)
    noise = np.random.default_rng(seed).normal(size=(6 * each, 48))
    return unit(TOPICS[numbers] + noise).astype(np.float32), numbers


def unit(vectors):
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def apart(vectors, numbers):
    """How much nearer (cosine) examples of one intent are to each other than to the others."""
    near, alike = unit(vectors) @ unit(vectors).T, numbers[:, None] == numbers[None]
    return near[alike & ~np.eye(len(numbers), dtype=bool)].mean() - near[~alike].mean()


def test_intents_are_further_apart_under_the_map_also_in_unseen_examples():
    turn = learned(*examples(20, seed=2), np.random.default_rng(7))
    unseen, numbers = examples(20, seed=3)
    assert apart(unseen @ turn, numbers) > 1.02 * apart(unseen, numbers)


def test_the_map_stays_near_the_identity():
    turn = learned(*examples(20, seed=2), np.random.default_rng(7))
    assert 0 < np.abs(turn - np.eye(48)).max() < 0.001 * STEPS


def test_of_many_examples_each_step_takes_some():
    turn = learned(*examples(COMPARED // 6 + 50, seed=2), np.random.default_rng(7))
    unseen, numbers = examples(20, seed=3)
    assert apart(unseen @ turn, numbers) > 1.02 * apart(unseen, numbers)


def test_examples_without_company_or_without_embedding_move_nothing():
    alone = learned(
        unit(np.random.default_rng(1).normal(size=(5, 8))).astype(np.float32), np.arange(5), np.random.default_rng(7)
    )
    assert np.array_equal(alone, np.eye(8))
    unknown = learned(np.zeros((6, 8), dtype=np.float32), np.arange(6) // 2, np.random.default_rng(7))
    assert np.array_equal(unknown, np.eye(8))
