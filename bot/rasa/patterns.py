"""Entities that have a form: what matches a pattern in config.yml is one. Nothing is learned, so nothing is guessed."""

from __future__ import annotations

import re
from typing import Any, Dict, List

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.exceptions import InvalidConfigException
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class PatternExtractor(GraphComponent, EntityExtractorMixin):
    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        #: Regular expressions by entity, one or a list. What the last group matched is the value,
        #: without a group the whole match.
        return {"patterns": {}}

    def __init__(self, config: Dict[str, Any]) -> None:
        try:
            self._patterns = {name: re.compile(_either(one), re.IGNORECASE) for name, one in config["patterns"].items()}
        except re.error as error:
            raise InvalidConfigException(
                f"PatternExtractor: {error.pattern!r} is no regular expression: {error}"
            ) from error

    @classmethod
    def create(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> PatternExtractor:
        return cls(config)

    def process(self, messages: List[Message]) -> List[Message]:
        for message in messages:
            if found := self._found(str(message.get(TEXT) or "")):
                message.set(ENTITIES, [*(message.get(ENTITIES) or []), *found], add_to_output=True)
        return messages

    def _found(self, text: str) -> List[Dict[str, Any]]:
        return [
            {
                "entity": name,
                "value": match[match.lastindex or 0],
                "start": match.start(match.lastindex or 0),
                "end": match.end(match.lastindex or 0),
                "extractor": "PatternExtractor",
            }
            for name, pattern in self._patterns.items()
            for match in pattern.finditer(text)
        ]


def _either(patterns: str | List[str]) -> str:
    return patterns if isinstance(patterns, str) else "|".join(f"(?:{one})" for one in patterns)
