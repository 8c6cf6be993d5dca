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
            "boundary": "out_of_bounds",
            "other_language": "other_language",
            "question": "ask_question",
            #: A clear answer from the articles outweighs an intent that is less sure than this.
            "sure": 0.75,
            #: Intents that it outweighs only below a confidence of their own.
            "surer": {"off_topic": 0.5},
            #: A wish for a person is no anger where nothing but the score says so.
            "person": "ask_for_person",
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
        boundary = (known.get("boundary") or {}).get("kind")
        # Orders to the machine sound like anger to a model of anger.
        if boundary == "command":
            return "boundary"
        if (known.get("anger") or {}).get("escalate") and not self._asks_calmly(message, known):
            return "anger"
        if boundary:
            return "boundary"
        # A number is no language: whoever only gives their order number is understood.
        if known.get("other_language") and not message.get(ENTITIES):
            return "other_language"
        return "question" if self._is_question(message, known) else ""

    def _asks_calmly(self, message: Message, known: Dict[str, Any]) -> bool:
        intent = message.get(INTENT) or {}
        surely = intent.get("name") == self._config["person"] and intent.get("confidence", 0.0) >= self._config["sure"]
        return surely and not known["anger"].get("evidence")

    def _is_question(self, message: Message, known: Dict[str, Any]) -> bool:
        """Whether the articles know better than an unsure intent."""
        intent = message.get(INTENT) or {}
        needed = self._config["surer"].get(intent.get("name"), self._config["sure"])
        found = known.get("knowledge") or {}
        # What is only found with the question before it may be a thank you to its answer.
        return intent.get("confidence", 0.0) < needed and found.get("outcome") == "answer" and not found.get("follows")
