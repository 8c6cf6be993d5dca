"""Makes anger and danger, which `bot` has understood, visible as intents; data/rules.yml says what follows."""

from __future__ import annotations

from typing import Any, Dict, List, Text, Type

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import INTENT, INTENT_RANKING_KEY
from rasa.shared.nlu.training_data.message import Message


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class Escalation(IntentClassifier, GraphComponent):
    @classmethod
    def required_components(cls) -> List[Type]:
        return [IntentClassifier]

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        return {"anger_intent": "express_anger", "danger_intent": "report_danger"}

    def __init__(self, config: Dict[Text, Any]) -> None:
        self._config = config

    @classmethod
    def create(
        cls, config: Dict[Text, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext
    ) -> Escalation:
        return cls(config)

    def process(self, messages: List[Message]) -> List[Message]:
        for message in messages:
            intent = self._intent(message.get("metadata") or {})
            if intent:
                message.set(INTENT, dict(intent), add_to_output=True)
                ranking = [intent, *(message.get(INTENT_RANKING_KEY) or [])]
                message.set(INTENT_RANKING_KEY, ranking, add_to_output=True)
        return messages

    def _intent(self, metadata: Dict[Text, Any]) -> Dict[Text, Any]:
        """Danger goes before anger: whoever is in danger may well be angry too."""
        anger = metadata.get("anger") or {}
        if metadata.get("danger"):
            return {"name": self._config["danger_intent"], "confidence": 1.0}
        if anger.get("escalate"):
            return {"name": self._config["anger_intent"], "confidence": float(anger.get("score") or 1.0)}
        return {}
