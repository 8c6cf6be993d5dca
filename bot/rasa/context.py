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
from rasa.shared.nlu.constants import ENTITIES, INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.rasa.classifier import PARTS


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
            "order": "ask_order",
            #: A message that asks about the order in one part, and in another what the articles answer.
            "both": "ask_question_and_order",
            #: A clear answer from the articles outweighs an intent that is less sure than this.
            "sure": 0.75,
            #: Intents that it outweighs only below a confidence of their own.
            "surer": {"off_topic": 0.5, "out_of_bounds": 0.9, "ask_order": 0.5},
            #: From this confidence on a part of a message is about an order.
            "clear": 0.5,
            #: Below this confidence articles to choose from are enough: to be turned away for an ordinary wish is worse
            #: than to be offered an article for a bold one.
            #: Clear cases have a pattern in `bot` and don't come this far.
            "doubtful": {"out_of_bounds": 0.9},
            #: A message that says nothing else, but gives this entity, is about an order.
            "fallback": "nlu_fallback",
            "number": "order_number",
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
        question = self._is_question(message, known)
        if (question or self._asks(message)) and self._asks_both(message, known):
            return "both"
        if question:
            return "question"
        return "order" if self._only_gives_number(message) else ""

    def _asks_calmly(self, message: Message, known: Dict[str, Any]) -> bool:
        intent = message.get(INTENT) or {}
        surely = intent.get("name") == self._config["person"] and intent.get("confidence", 0.0) >= self._config["sure"]
        return surely and not known["anger"].get("evidence")

    def _is_question(self, message: Message, known: Dict[str, Any]) -> bool:
        """Whether the articles know better than an unsure intent."""
        intent = message.get(INTENT) or {}
        name, confidence = intent.get("name"), intent.get("confidence", 0.0)
        found = known.get("knowledge") or {}
        # What is only found with the question before it may be a thank you to its answer.
        if found.get("follows"):
            return False
        if found.get("outcome") == "choices":
            return bool(confidence < self._config["doubtful"].get(name, 0.0))
        return found.get("outcome") == "answer" and confidence < self._config["surer"].get(name, self._config["sure"])

    def _asks(self, message: Message) -> bool:
        names = ("question", "order", "fallback")
        return (message.get(INTENT) or {}).get("name") in [self._config[name] for name in names]

    def _asks_both(self, message: Message, known: Dict[str, Any]) -> bool:
        """Whether one part is about the order and another is answered by an article."""
        parts = list(zip(known.get("parts") or [], message.get(PARTS) or [], strict=False))
        if not parts:
            return False
        numbers = [str(message.get(TEXT))[one["start"] : one["end"]] for one in self._numbers(message)]
        told = [self._of_part(part, intent, numbers) for part, intent in parts]
        message.set(PARTS, told, add_to_output=True)
        ordered = [one["name"] == self._config["order"] for one in told]
        clear = [one["confidence"] >= self._config["clear"] for one in told]
        answered = [part["knowledge"]["outcome"] == "answer" for part, _ in parts]
        pairs = list(zip(ordered, clear, answered, strict=True))
        return any(order and sure for order, sure, _ in pairs) and any(
            answer and not order for order, _, answer in pairs
        )

    def _of_part(self, part: Dict[str, Any], intent: Dict[str, Any], numbers: List[str]) -> Dict[str, Any]:
        """Its intent; what gives an order's number and is answered by no article is about the order."""
        gives = any(number in part["text"] for number in numbers)
        if gives and part["knowledge"]["outcome"] != "answer":
            return {"name": self._config["order"], "confidence": 1.0}
        return intent

    def _numbers(self, message: Message) -> List[Dict[str, Any]]:
        return [one for one in message.get(ENTITIES) or [] if one.get("entity") == self._config["number"]]

    def _only_gives_number(self, message: Message) -> bool:
        given = bool(self._numbers(message))
        return given and (message.get(INTENT) or {}).get("name") == self._config["fallback"]
