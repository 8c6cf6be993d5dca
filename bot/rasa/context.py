"""What `bot` understood becomes visible where a Rasa engineer looks for it: as intents and entities.

Danger and anger replace the intent, as `FallbackClassifier` does with `nlu_fallback`; the language becomes an entity that
fills the slot `language`, on which the conditions of the responses in `domain.yml` depend.
"""

from __future__ import annotations

from typing import Any, Dict, List, Text, Type

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import ENTITIES, INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class ThreadContext(GraphComponent, IntentClassifier):
    @classmethod
    def required_components(cls) -> List[Type]:
        return [IntentClassifier]

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        #: A clear answer from the knowledge base outweighs an unsure small-talk intent.
        return {"sure": 0.75, "asks": "ask_question", "danger": "report_danger", "anger": "express_anger"}

    def __init__(self, config: Dict[Text, Any]) -> None:
        self._config = config

    @classmethod
    def create(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> ThreadContext:
        return cls(config)

    def process(self, messages: List[Message]) -> List[Message]:
        for message in messages:
            known = message.get("metadata") or {}
            if known.get("language"):
                self._add_language(message, known["language"])
            if known.get("danger"):
                _set_intent(message, self._config["danger"])
            elif (known.get("anger") or {}).get("escalate"):
                _set_intent(message, self._config["anger"])
            elif self._is_question(message, known):
                _set_intent(message, self._config["asks"])
        return messages

    def _is_question(self, message: Message, known: Dict[Text, Any]) -> bool:
        """Whether the articles know better than an unsure intent."""
        unsure = (message.get(INTENT) or {}).get("confidence", 0.0) < self._config["sure"]
        return unsure and (known.get("knowledge") or {}).get("outcome") == "answer"

    def _add_language(self, message: Message, language: Text) -> None:
        entity = {"entity": "language", "value": language, "start": 0, "end": len(message.get(TEXT) or "")}
        entity["extractor"] = type(self).__name__
        message.set(ENTITIES, [*(message.get(ENTITIES) or []), entity], add_to_output=True)


def _set_intent(message: Message, name: Text) -> None:
    intent = {"name": name, "confidence": 1.0}
    message.set(INTENT, intent, add_to_output=True)
    message.set(INTENT_RANKING_KEY, [intent, *(message.get(INTENT_RANKING_KEY) or [])], add_to_output=True)
