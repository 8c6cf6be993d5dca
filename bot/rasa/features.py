"""Turns the embedding that came with a message into Rasa's dense features; Rasa's environment has no encoder."""

from __future__ import annotations

import base64
import logging
import os
import time
from pathlib import Path
from typing import Any, Dict, List

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


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class MessageFeaturizer(DenseFeaturizer, GraphComponent):
    """From the metadata; in training from a file; where neither has it, `bot` is asked over HTTP; else zeros."""

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        return {
            **DenseFeaturizer.get_default_config(),
            "file": "var/features.npz",
            "url": "",
            "dimension": 384,
        }

    @classmethod
    def create(
        cls, config: Dict[str, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext
    ) -> GraphComponent:
        return cls(config, execution_context.node_name)

    def __init__(self, config: Dict[str, Any], name: str) -> None:
        super().__init__(name, config)
        self._alias = config.get(FEATURIZER_CLASS_ALIAS) or name
        self._dimension = int(config["dimension"])
        self._file = Path(os.environ.get("VAR_DIR", "var")) / "features.npz" if config["file"] == "var/features.npz" else Path(config["file"])
        port = os.environ.get("BOT_PORT", "8080")
        self._url = (config["url"] or os.environ.get("BOT_URL") or f"http://127.0.0.1:{port}").rstrip("/")
        self._away_until = 0.0

    @classmethod
    def validate_config(cls, config: Dict[str, Any]) -> None:
        """Nothing to check: every value has a working default."""

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        known = _stored(self._file)
        if known:
            self._dimension = len(next(iter(known.values())))
        missing = [text for text in _texts(training_data.training_examples) if text not in known]
        known.update(zip(missing, self._asked(missing), strict=True))
        for message in training_data.training_examples:
            if message.get(TEXT):
                self._set(message, known[message.get(TEXT)])
        return training_data

    def process(self, messages: List[Message]) -> List[Message]:
        for message in messages:
            vector = carried(message)
            if vector is None:
                vector = self._asked([str(message.get(TEXT) or "")])[0]
            self._set(message, vector)
        return messages

    def _set(self, message: Message, vector: np.ndarray) -> None:
        message.add_features(Features(vector[None, :], FEATURE_TYPE_SENTENCE, TEXT, self._alias))

    def _asked(self, texts: List[str]) -> List[np.ndarray]:
        if time.monotonic() >= self._away_until:
            try:
                found: List[np.ndarray] = []
                for start in range(0, len(texts), BATCH):
                    found += self._ask(texts[start : start + BATCH])
                return found
            except (requests.RequestException, ValueError, KeyError) as error:
                self._away_until = time.monotonic() + PAUSE_SECONDS
                logger.warning(
                    f"No embedding came with the message and bot at {self._url} gave none ({type(error).__name__}); "
                    "only words and letters count now. Start bot, or run make train for the examples."
                )
        return [np.zeros(self._dimension, dtype=np.float32) for _ in texts]

    def _ask(self, texts: List[str]) -> List[np.ndarray]:
        answer = requests.post(f"{self._url}/internal/encode", json={"texts": texts}, timeout=5)
        answer.raise_for_status()
        return [decoded(one) for one in answer.json()["embeddings"]]


def decoded(embedding: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(embedding), dtype="<f4")


def carried(message: Message) -> np.ndarray | None:
    embedding = (message.get("metadata") or {}).get("embedding")
    return decoded(embedding) if embedding else None


def _stored(path: Path) -> Dict[str, np.ndarray]:
    if not path.exists():
        return {}
    with np.load(path) as file:
        return dict(zip(file["texts"].tolist(), file["vectors"], strict=True))


def _texts(messages: List[Message]) -> List[str]:
    return list(dict.fromkeys(str(message.get(TEXT)) for message in messages if message.get(TEXT)))
