"""What `bot` itself says, one catalogue per language. The assistant's own answers live in `domain.yml`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tickets.contracts import Language

CATALOGUES: dict[Language, dict[str, str]] = {
    language: json.loads((Path(__file__).parent / f"{language}.json").read_text()) for language in ("de", "en")
}


def say(language: Language, key: str, **values: Any) -> str:
    return CATALOGUES[language][key].format(**values)
