"""The intent head as a component of Rasa's pipeline; its mathematics is in `linear`."""

from __future__ import annotations

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
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped,unused-ignore]

from bot.rasa.linear import LinearHead

logger = logging.getLogger(__name__)

FILE = "head.npz"
RANKING = 5


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class LinearIntentClassifier(IntentClassifier, GraphComponent):
    @classmethod
    def required_components(cls) -> List[Type[Any]]:
        return [Featurizer]

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        return {}

    def __init__(
        self, config: Dict[str, Any], storage: ModelStorage, resource: Resource, head: LinearHead | None = None
    ) -> None:
        self._config = config
        self._storage = storage
        self._resource = resource
        self._head = head

    @classmethod
    def create(
        cls, config: Dict[str, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext
    ) -> LinearIntentClassifier:
        return cls(config, model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        examples = [one for one in training_data.intent_examples if _is_written(one)]
        texts = [str(one.get(TEXT)) for one in examples]
        dense = np.stack([_dense(one) for one in examples])
        labels = [str(one.get(INTENT)) for one in examples]
        self._head = LinearHead.train(texts, dense, labels)
        with self._storage.write_to(self._resource) as folder:
            self._head.save(folder / FILE)
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
            return cls(config, model_storage, resource, LinearHead.load(folder / FILE))

    def process(self, messages: List[Message]) -> List[Message]:
        for message in messages:
            ranking = self._ranking(message)
            message.set(INTENT, dict(ranking[0]), add_to_output=True)
            message.set(INTENT_RANKING_KEY, ranking, add_to_output=True)
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        self.process(training_data.training_examples)
        return training_data

    def _ranking(self, message: Message) -> List[Dict[str, Any]]:
        text = str(message.get(TEXT) or "")
        if self._head is None or not text.strip():
            return [{"name": None, "confidence": 0.0}]
        ranked = self._head.rank(text, _dense(message))[:RANKING]
        return [{"name": name, "confidence": chance} for name, chance in ranked]


def _is_written(example: Message) -> bool:
    """A payload such as ``/choose_article`` comes from a button; no words lead to it."""
    return bool(example.get(TEXT)) and not str(example.get(TEXT)).startswith("/")


def _dense(message: Message) -> np.ndarray:
    found = [one.features for one in message.features if one.is_dense() and one.type == "sentence" and one.attribute == TEXT]
    return np.concatenate([one.reshape(-1) for one in found]) if found else np.zeros(0, dtype=np.float32)
