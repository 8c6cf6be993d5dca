"""Turns the embedding that came with a message into Rasa's dense features; Rasa's environment has no encoder.

Each language may have an encoder of its own. In training an example gets the vectors of all that learn from it, a
message that of its language's; the origin of a feature says which encoder made it, so that no component compares them.
"""

from __future__ import annotations

import base64
import logging
import os
import time
from pathlib import Path
from typing import Any, Dict, List, NamedTuple

import numpy as np
import requests
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.constants import FEATURIZER_CLASS_ALIAS
from rasa.nlu.featurizers.dense_featurizer.dense_featurizer import DenseFeaturizer
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

logger = logging.getLogger(__name__)

#: An unreachable `bot` is not asked again for so long, so that it can't slow down every message.
PAUSE_SECONDS = 10.0
BATCH = 64
#: Stands between this component's name and the encoder's in the origin of a feature.
BY = ":"


class Read(NamedTuple):
    """A text's vectors by encoder, and which encoder is that of its language."""

    encoder: str
    vectors: Dict[str, np.ndarray]


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class MessageFeaturizer(DenseFeaturizer, GraphComponent):
    """From the metadata; in training from a file; where neither has it, `bot` is asked over HTTP; else zeros."""

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        return {
            **DenseFeaturizer.get_default_config(),
            #: Empty: features.npz in VAR_DIR.
            "file": "",
            "url": "",
        }

    @classmethod
    def create(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> GraphComponent:
        return cls(config, execution_context.node_name)

    def __init__(self, config: Dict[str, Any], name: str) -> None:
        super().__init__(name, config)
        self._alias = config.get(FEATURIZER_CLASS_ALIAS) or name
        self._file = features_file(config["file"])
        port = os.environ.get("BOT_PORT", "8080")
        self._url = (config["url"] or os.environ.get("BOT_URL") or f"http://127.0.0.1:{port}").rstrip("/")
        self._away_until = 0.0

    @classmethod
    def validate_config(cls, config: Dict[str, Any]) -> None:
        """Nothing to check: every value has a working default."""

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        known = stored(self._file)
        missing = [text for text in _texts(training_data.training_examples) if text not in known]
        known.update(zip(missing, (one.vectors for one in self._asked(missing)), strict=False))
        for message in training_data.training_examples:
            for encoder, vector in known.get(message.get(TEXT), {}).items():
                self._set(message, encoder, vector)
        return training_data

    def process(self, messages: List[Message]) -> List[Message]:
        for message in messages:
            for read in carried(message) or self._asked([str(message.get(TEXT) or "")]):
                self._set(message, read.encoder, read.vectors[read.encoder])
        return messages

    def _set(self, message: Message, encoder: str, vector: np.ndarray) -> None:
        message.add_features(Features(vector[None, :], FEATURE_TYPE_SENTENCE, TEXT, f"{self._alias}{BY}{encoder}"))

    def _asked(self, texts: List[str]) -> List[Read]:
        """By `bot`; nothing where it does not answer."""
        if time.monotonic() >= self._away_until:
            try:
                found: List[Read] = []
                for start in range(0, len(texts), BATCH):
                    found += self._ask(texts[start : start + BATCH])
                return found
            except (requests.RequestException, ValueError, KeyError) as error:
                self._away_until = time.monotonic() + PAUSE_SECONDS
                logger.warning(
                    f"No embedding came with the message and bot at {self._url} gave none ({type(error).__name__}); "
                    "only words and letters count now. Start bot, or run make train for the examples."
                )
        return []

    def _ask(self, texts: List[str]) -> List[Read]:
        answer = requests.post(f"{self._url}/internal/encode", json={"texts": texts}, timeout=5)
        answer.raise_for_status()
        found = answer.json()
        return [
            Read(encoder, {name: decoded(vectors[place]) for name, vectors in found["embeddings"].items()})
            for place, encoder in enumerate(found["readers"])
        ]


def decoded(embedding: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(embedding), dtype="<f4")


def carried(message: Message) -> List[Read]:
    """What came with the message, if anything did."""
    metadata = message.get("metadata") or {}
    if not metadata.get("embedding"):
        return []
    encoder = str(metadata.get("encoder") or "")
    return [Read(encoder, {encoder: decoded(metadata["embedding"])})]


def made_by(feature: Features) -> str:
    """The encoder that a feature comes from; empty for one of another component."""
    return str(feature.origin).partition(BY)[2]


def features_file(configured: str = "") -> Path:
    return Path(configured or Path(os.environ.get("VAR_DIR", "var")) / "features.npz")


def stored(path: Path) -> Dict[str, Dict[str, np.ndarray]]:
    """The vectors of each text by encoder, of those that learn from it."""
    found: Dict[str, Dict[str, np.ndarray]] = {}
    if path.exists():
        with np.load(path) as file:
            for place, encoder in enumerate(file["encoders"].tolist()):
                for text, vector in zip(file[f"texts.{place}"].tolist(), file[f"vectors.{place}"], strict=True):
                    found.setdefault(text, {})[encoder] = vector
    return found


def _texts(messages: List[Message]) -> List[str]:
    return list(dict.fromkeys(str(message.get(TEXT)) for message in messages if message.get(TEXT)))
