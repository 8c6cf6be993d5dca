"""The intent heads as a component of Rasa's pipeline, one for each encoder; their mathematics is in `bot.learning`.

Each learns from the examples that its encoder has read; a message is ranked by the head of its language's encoder.
"""

from __future__ import annotations

import json
import logging
from typing import Any, Dict, List, Type

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.nlu.featurizers.featurizer import Featurizer
from rasa.shared.nlu.constants import INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped,unused-ignore]

from bot.learning import names, training
from bot.learning.head import LinearHead
from bot.rasa.features import decoded, features_file, made_by, stored

logger = logging.getLogger(__name__)

NAMES, FILE = "encoders.json", "head-{}.npz"
RANKING = 5
#: Of a message: the intents of its parts.
PARTS = "parts"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class LinearIntentClassifier(IntentClassifier, GraphComponent):
    @classmethod
    def required_components(cls) -> List[Type[Any]]:
        return [Featurizer]

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        return {}

    def __init__(
        self,
        config: Dict[str, Any],
        storage: ModelStorage,
        resource: Resource,
        heads: Dict[str, LinearHead] | None = None,
    ) -> None:
        self._config = config
        self._storage = storage
        self._resource = resource
        #: By encoder; the first one ranks by words alone where no embedding is known.
        self._heads = heads or {}

    @classmethod
    def create(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> LinearIntentClassifier:
        return cls(config, model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        examples = [one for one in training_data.intent_examples if _is_written(one)]
        encoders = list(dict.fromkeys(name for one in examples for name in _encoders(one))) or [""]
        known = stored(features_file())
        for encoder in encoders:
            read = [one for one in examples if encoder in _encoders(one)] or examples
            texts, labels = [str(one.get(TEXT)) for one in read], [str(one.get(INTENT)) for one in read]
            dense = _stacked([_dense(one, encoder) for one in read])
            said = [known.get(saying, {}).get(encoder, np.zeros(0)) for saying in names.sayings(labels)]
            fits = all(len(vector) == dense.shape[1] for vector in said)
            spoken = names.embedded(np.stack(said)) if fits else None
            self._heads[encoder] = training.train(texts, dense, labels, names=spoken)
        with self._storage.write_to(self._resource) as folder:
            (folder / NAMES).write_text(json.dumps(encoders))
            for place, encoder in enumerate(encoders):
                self._heads[encoder].save(folder / FILE.format(place))
        return self._resource

    @classmethod
    def load(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> LinearIntentClassifier:
        # Threads for products this small only wait for each other.
        threadpool_limits(limits=1, user_api="blas")
        with model_storage.read_from(resource) as folder:
            encoders = json.loads((folder / NAMES).read_text())
            heads = {name: LinearHead.load(folder / FILE.format(place)) for place, name in enumerate(encoders)}
            return cls(config, model_storage, resource, heads)

    def process(self, messages: List[Message]) -> List[Message]:
        for message in messages:
            ranking = self._ranking(message)
            message.set(INTENT, dict(ranking[0]), add_to_output=True)
            message.set(INTENT_RANKING_KEY, ranking, add_to_output=True)
            message.set(PARTS, self._parts(message), add_to_output=True)
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        self.process(training_data.training_examples)
        return training_data

    def _ranking(self, message: Message) -> List[Dict[str, Any]]:
        text = str((message.get("metadata") or {}).get("meant") or message.get(TEXT) or "")
        encoder = next((name for name in _encoders(message) if name in self._heads), "")
        return self._ranked(text, encoder, _dense(message, encoder))

    def _parts(self, message: Message) -> List[Dict[str, Any]]:
        """The likeliest intent of each part of the message, in their order."""
        metadata = message.get("metadata") or {}
        texts = [str(one.get("text") or "") for one in metadata.get("parts") or []]
        vectors = map(decoded, metadata.get("part_embeddings") or [])
        encoder = str(metadata.get("encoder") or "")
        return [self._ranked(text, encoder, vector)[0] for text, vector in zip(texts, vectors, strict=False)]

    def _ranked(self, text: str, encoder: str, vector: np.ndarray) -> List[Dict[str, Any]]:
        if not self._heads or not text.strip():
            return [{"name": None, "confidence": 0.0}]
        head = self._heads.get(encoder) or next(iter(self._heads.values()))
        return [{"name": name, "confidence": chance} for name, chance in head.rank(text, vector)[:RANKING]]


def _is_written(example: Message) -> bool:
    """A payload such as ``/choose_article`` comes from a button; no words lead to it."""
    return bool(example.get(TEXT)) and not str(example.get(TEXT)).startswith("/")


def _sentence_features(message: Message) -> List[Features]:
    return [one for one in message.features if one.is_dense() and one.type == "sentence" and one.attribute == TEXT]


def _encoders(message: Message) -> List[str]:
    return [name for name in map(made_by, _sentence_features(message)) if name]


def _dense(message: Message, encoder: str) -> np.ndarray:
    """The vector by this encoder, and after it what components without an encoder say."""
    found = [one.features for one in _sentence_features(message) if made_by(one) in ("", encoder)]
    return np.concatenate([one.reshape(-1) for one in found]) if found else np.zeros(0, dtype=np.float32)


def _stacked(rows: List[np.ndarray]) -> np.ndarray:
    """Zeros for an example whose vector is not known."""
    size = max(len(row) for row in rows)
    return np.stack([row if len(row) == size else np.zeros(size, dtype=np.float32) for row in rows])
