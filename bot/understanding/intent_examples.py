"""The examples of the assistant's intents as what they also are: messages of customers."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from tickets.contracts import Language

_INTENT, _EXAMPLE = re.compile(r"- intent: (\w+)"), re.compile(r"    - (.+)")
#: An entity's mark: what it marks is part of the text.
_MARKED = re.compile(r"\[([^\]]+)\](?:\([^)]*\)|\{[^}]*\})")


def intent_examples(folder: Path, language: Language | str, wanted: Callable[[str], bool]) -> list[str]:
    """Those of the intents that are wanted, from the files of a language, in their order."""
    found: list[str] = []
    for path in sorted(folder.glob(f"*.{language}.yml")):
        intent = ""
        for line in path.read_text(encoding="utf-8").splitlines():
            if named := _INTENT.match(line):
                intent = named[1]
            elif wanted(intent) and (told := _EXAMPLE.match(line)):
                found.append(_MARKED.sub(r"\1", told[1]))
    return found
