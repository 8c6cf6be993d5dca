"""Texts to vectors: a sentence-transformers model, served by ONNX Runtime.

The model is exported once, in a process of its own (`export.py`), so that torch never stays in the memory of `bot`.
Weights are int8 when that keeps the vectors (cosine >= `FAITHFUL` on sample sentences), else float32.
"""

from __future__ import annotations

import asyncio
import hashlib
import importlib
import json
import subprocess
import sys
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Tokenizer

from bot.understanding import packed_e5
from runtime.memory import give_back
from runtime.settings import SettingsError

Vectors = NDArray[np.float32]

MODEL = "model.onnx"
#: Below, the order of what is near changes: MiniLM in int8 keeps .995 of each vector and loses right answers.
FAITHFUL = 0.998
CACHED = 4096
#: Grows when the export makes other vectors, so that what older versions left behind is not used.
EXPORT = 6
BATCH = 32
#: Tokens that are encoded together at most, padding included: more are no faster, and take memory.
TOGETHER = 512
#: Texts whose tokens are counted at once.
COUNTED = 256
#: Characters that can still matter: the model reads some hundred tokens.
LONGEST = 4000


class EncoderError(SettingsError):
    """The encoder can't be loaded; the message says which setting to mend."""


@dataclass(frozen=True)
class Card:
    """What the export writes down about a model."""

    name: str
    dimension: int
    max_tokens: int
    pooling: str  # mean | cls
    prefix: str
    normalise: bool
    weights: str  # int8 | float32
    #: The mean of all vectors, where they crowd in a narrow cone: taken off, so that unlike texts are far apart (Mu and
    #: Viswanath, All-but-the-Top, 2018). Empty where they do not.
    centre: tuple[float, ...] = ()


class Encoder:
    def __init__(self, folder: Path, card: Card, model: str = MODEL) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.enable_cpu_mem_arena = False
        self._session = onnxruntime.InferenceSession(str(folder / model), options, ["CPUExecutionProvider"])
        self._inputs = [one.name for one in self._session.get_inputs()]
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(card.max_tokens)
        self._tokenizer.no_padding()
        #: Whether "Reise" and "reise" are two words to the model.
        self.minds_capitals = self._tokenizer.encode("A").ids != self._tokenizer.encode("a").ids
        self.card = card
        self._centre = np.array(card.centre or [0.0] * card.dimension, dtype=np.float32)
        self._cache: OrderedDict[str, Vectors] = OrderedDict()
        self._waiting: list[tuple[str, asyncio.Future[Vectors]]] = []
        self._working: asyncio.Task[None] | None = None

    @classmethod
    def load(cls, name: str, cache_dir: Path) -> Encoder:
        """Loads a model by name or folder; the first time it is exported. Raises `EncoderError`."""
        folder = exported(name, cache_dir)
        return cls(folder, Card(**json.loads((folder / "card.json").read_text())))

    @property
    def name(self) -> str:
        """Vectors made under one name can be compared with each other, and with no others."""
        return f"{self.card.name}/{self.card.weights}/{EXPORT}"

    @property
    def dimension(self) -> int:
        return self.card.dimension

    def knows(self, word: str) -> bool:
        """Whether a word, however it is written, is one piece to the model, as common ones are."""
        return any(
            len(self._tokenizer.encode(one, add_special_tokens=False).ids) == 1
            for one in {word, word.lower(), word.capitalize()}
        )

    def encode(self, texts: list[str], *, as_written: bool = False) -> Vectors:
        """Vectors of length 1, float32 of shape (texts, dimension); of the texts in small letters, or as written.

        What is of one length goes together, so little is padding.
        """
        read = [_readable(text) if as_written else _small(text) for text in texts]
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for numbers in _batches(self._lengths(read)):
            vectors[numbers] = self._encode_batch([read[number] for number in numbers])
        if len(texts) > BATCH:
            give_back()
        return vectors

    async def encode_one(self, text: str) -> Vectors:
        """The vector of one text. What was asked lately is remembered; what is asked at once is encoded together."""
        if (known := self._cache.get(text)) is not None:
            self._cache.move_to_end(text)
            return known
        future: asyncio.Future[Vectors] = asyncio.get_running_loop().create_future()
        self._waiting.append((text, future))
        if self._working is None or self._working.done():
            self._working = asyncio.create_task(self._work())
        return await future

    async def _work(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:BATCH], self._waiting[BATCH:]
            try:
                vectors = await asyncio.to_thread(self._encode_batch, [_small(text) for text, _ in batch])
            except Exception as error:
                for _, future in batch:
                    if not future.done():
                        future.set_exception(error)
                continue
            for (text, future), vector in zip(batch, vectors, strict=True):
                self._remember(text, vector)
                if not future.done():
                    future.set_result(vector)

    def _remember(self, text: str, vector: Vectors) -> None:
        self._cache[text] = vector
        if len(self._cache) > CACHED:
            self._cache.popitem(last=False)

    def _encode_batch(self, texts: list[str]) -> Vectors:
        given = self.feed(texts)
        hidden = self._session.run(None, {name: given[name] for name in self._inputs})[0]
        return unit(unit(self._pool(hidden, given["attention_mask"])) - self._centre)

    def feed(self, texts: list[str]) -> dict[str, NDArray[np.int64]]:
        """What the model is given for these texts, by the name of its input: shape (texts, tokens of the longest)."""
        encoded = [one.ids for one in self._tokens(texts)]
        ids = np.zeros((len(texts), max(1, *map(len, encoded))), dtype=np.int64)
        mask = np.zeros_like(ids)
        for row, one in enumerate(encoded):
            ids[row, : len(one)] = one
            mask[row, : len(one)] = 1
        return {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}

    def _tokens(self, texts: list[str]) -> list[Any]:
        return cast("list[Any]", self._tokenizer.encode_batch([self.card.prefix + text for text in texts]))

    def _lengths(self, texts: list[str]) -> list[int]:
        """In tokens.

        They are counted anew when a text is encoded: a hundredth of its time, and all at once would take memory.
        """
        parts = (texts[start : start + COUNTED] for start in range(0, len(texts), COUNTED))
        return [len(one.ids) for part in parts for one in self._tokens(part)]

    def _pool(self, hidden: Vectors, mask: NDArray[np.int64]) -> Vectors:
        if self.card.pooling == "cls":
            return hidden[:, 0]
        weights = mask[:, :, None].astype(np.float32)
        return cast(Vectors, (hidden * weights).sum(axis=1) / np.maximum(weights.sum(axis=1), 1))


def _batches(lengths: list[int]) -> Iterator[list[int]]:
    """Which texts are encoded together, the short ones first: few long ones, as memory grows with all their tokens."""
    batch: list[int] = []
    for number in sorted(range(len(lengths)), key=lambda number: lengths[number]):
        if batch and (len(batch) == BATCH or (len(batch) + 1) * lengths[number] > TOGETHER):
            yield batch
            batch = []
        batch.append(number)
    if batch:
        yield batch


def exported(name: str, cache_dir: Path) -> Path:
    """Where a model lies, by name or folder; the first time it is exported into `cache_dir`.

    Raises `EncoderError` when there is no such model.
    """
    source = find_model(name)
    folder = cache_dir / hashlib.sha256(f"{EXPORT}|{name}|{source}".encode()).hexdigest()[:16]
    if not (folder / "card.json").exists():
        _export(name, source, folder)
    return folder


def find_model(name: str) -> str:
    """Folder of a model: a folder itself, a package that carries one, else the name as a hub knows it."""
    if Path(name).is_dir():
        return str(Path(name).resolve())
    try:
        package = importlib.import_module(name.replace("-", "_"))
    except ImportError:
        return name
    if hasattr(package, "get_model_path"):
        return str(package.get_model_path())
    if package.__file__ and packed_e5.is_packed(Path(package.__file__).parent):
        return str(Path(package.__file__).parent)
    raise EncoderError(
        f"ENCODER_MODEL={name}: the package carries no model. Name a sentence-transformers model or a folder."
    )


def _export(name: str, source: str, folder: Path) -> None:
    command = [sys.executable, "-m", "bot.understanding.export", name, source, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no reason was given"])[-1]
        raise EncoderError(
            f"ENCODER_MODEL={name} can't be loaded ({reason[:200]}). "
            "Name a sentence-transformers model that can be reached, or a folder with one."
        )


def _small(text: str) -> str:
    """In small letters: a cased model takes a shouted or carelessly written word for another one."""
    return _readable(text).lower()


def _readable(text: str) -> str:
    return text[:LONGEST].encode("utf-8", "replace").decode("utf-8")


def unit(vectors: Vectors) -> Vectors:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return cast(Vectors, (vectors / np.maximum(lengths, 1e-12)).astype(np.float32))
