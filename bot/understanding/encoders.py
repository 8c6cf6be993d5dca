"""Which encoder reads which language.

Vectors of two encoders are never compared: whatever is trained, is so for each.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import get_args

from bot.understanding.encoder import Encoder, EncoderError, exported
from tickets.contracts import Language

LANGUAGES: tuple[Language, ...] = get_args(Language)
#: The language whose encoder reads the others as well: a model that knows German knows English.
ACROSS: Language = "de"
#: ``de=NAME``, beside the name of the model for all other languages.
OWN = re.compile(r"([a-z]{2})\s*=\s*(.+)")


class Encoders:
    def __init__(self, by_language: Mapping[Language, Encoder]) -> None:
        self._by_language = dict(by_language)
        #: Name of the encoder of each language.
        self.names: dict[Language, str] = {language: encoder.name for language, encoder in self._by_language.items()}
        #: Each encoder once, by its name.
        self.distinct: dict[str, Encoder] = {encoder.name: encoder for encoder in self._by_language.values()}

    @classmethod
    def load(cls, setting: str, cache_dir: Path) -> Encoders:
        """Of ``NAME`` for all languages, ``NAME,de=NAME`` with another for one. Raises `EncoderError`."""
        names = parse(setting)
        loaded = {name: Encoder.load(name, cache_dir) for name in dict.fromkeys(names.values())}
        return cls({language: loaded[name] for language, name in names.items()})

    @classmethod
    def all_by(cls, encoder: Encoder) -> Encoders:
        return cls(dict.fromkeys(LANGUAGES, encoder))

    def of(self, language: Language) -> Encoder:
        return self._by_language[language]

    def learns(self, encoder: Encoder, language: Language) -> bool:
        """Whether what is trained on an encoder's vectors learns from texts of this language: to a model that does
        not read it a word is what it looks like ("klar" is near to "Klarna"); one that reads all learns from all."""
        return encoder.name in (self.across.name, self.of(language).name)

    @property
    def across(self) -> Encoder:
        """The one in which texts of all languages can be compared."""
        return self._by_language[ACROSS]


def convert(setting: str, cache_dir: Path) -> None:
    """Exports the models that `Encoders.load` would load, where they are new. Raises `EncoderError`."""
    for name in dict.fromkeys(parse(setting).values()):
        exported(name, cache_dir)


def parse(setting: str) -> dict[Language, str]:
    """The model of each language."""
    general, own = "", {}
    for part in filter(None, (part.strip() for part in setting.split(","))):
        if not (named := OWN.fullmatch(part)):
            if general:
                raise EncoderError(f"ENCODER_MODEL={setting}: one model for all languages, not {general} and {part}.")
            general = part
        elif named[1] in LANGUAGES:
            own[named[1]] = named[2]
        else:
            raise EncoderError(f"ENCODER_MODEL={setting}: {named[1]} is none of {', '.join(LANGUAGES)}.")
    missing = [language for language in LANGUAGES if not (own.get(language) or general)]
    if missing:
        raise EncoderError(f"ENCODER_MODEL={setting}: no model is named for {', '.join(missing)}.")
    return {language: own.get(language, general) for language in LANGUAGES}
