"""What `bot` understood becomes visible where a Rasa engineer looks for it: as intents.

As `FallbackClassifier` does with `nlu_fallback`, this component replaces the intent; data/rules.yml says what follows.
"""

from __future__ import annotations

from typing import Any, Dict, List, Type

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import ENTITIES, INTENT, INTENT_RANKING_KEY
from rasa.shared.nlu.training_data.message import Message


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class ThreadContext(GraphComponent, IntentClassifier):
    @classmethod
    def required_components(cls) -> List[Type[Any]]:
        return [IntentClassifier]

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        return {
            "danger": "report_danger",
            "anger": "express_anger",
            "other_language": "other_language",
            "question": "ask_question",
            #: A clear answer from the articles outweighs an intent that is less sure than this.
            "sure": 0.75,
        }

    def __init__(self, config: Dict[str, Any]) -> None:
        self._config = config

    @classmethod
    def create(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> ThreadContext:
        return cls(config)

    def process(self, messages: List[Message]) -> List[Message]:
        for message in messages:
            name = self._intent(message, message.get("metadata") or {})
            if name:
                intent = {"name": self._config[name], "confidence": 1.0}
                message.set(INTENT, intent, add_to_output=True)
                ranking = [intent, *(message.get(INTENT_RANKING_KEY) or [])]
                message.set(INTENT_RANKING_KEY, ranking, add_to_output=True)
        return messages

    def _intent(self, message: Message, known: Dict[str, Any]) -> str:
        """Danger goes first: whoever is in danger may well be angry too, in whatever language."""
        if known.get("danger"):
            return "danger"
        if (known.get("anger") or {}).get("escalate"):
            return "anger"
        # A number is no language: whoever only gives their order number is understood.
        if known.get("other_language") and not message.get(ENTITIES):
            return "other_language"
        return "question" if self._is_question(message, known) else ""

    def _is_question(self, message: Message, known: Dict[str, Any]) -> bool:
        """Whether the articles know better than an unsure intent."""
        unsure = (message.get(INTENT) or {}).get("confidence", 0.0) < self._config["sure"]
        return unsure and (known.get("knowledge") or {}).get("outcome") == "answer"
