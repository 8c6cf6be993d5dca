"""The embeddings of the NLU examples and of their intents' names, written before Rasa trains,
which has no encoder of its own."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import structlog
import yaml

from bot.learning.names import sayings
from bot.understanding.encoders import LANGUAGES, Encoders
from bot.understanding.kept_vectors import KeptVectors
from tickets.contracts import Language

log = structlog.get_logger()

ENTITY = re.compile(r"\[([^\]]+)\](?:\([^)]*\)|\{[^}]*\})")


def texts_of(folder: Path) -> dict[str, set[Language]]:
    """All examples as Rasa sees them in training, without the marks of entities, and what their intents' names say;
    each with the languages in which customers write it: that in the name of its file, else all."""
    texts: dict[str, set[Language]] = defaultdict(set)
    for path in sorted(folder.rglob("*.yml")):
        own = [one for one in LANGUAGES if path.name.endswith(f".{one}.yml")] or LANGUAGES
        for block in (yaml.safe_load(path.read_text()) or {}).get("nlu", []):
            for saying in sayings([str(block["intent"])] if "intent" in block else []):
                texts[saying].update(LANGUAGES)
            for line in str(block.get("examples", "")).splitlines():
                if line.startswith("- "):
                    texts[ENTITY.sub(r"\1", line[2:].strip())].update(own)
    return texts


def write_features(folder: Path, encoders: Encoders, path: Path) -> None:
    """Examples and names of intents by every encoder that learns from them:
    ``encoders``, and in their order ``texts.0``, ``vectors.0``, ``texts.1`` and so on."""
    texts = texts_of(folder)
    path.parent.mkdir(parents=True, exist_ok=True)
    arrays: dict[str, Any] = {"encoders": np.array(list(encoders.distinct), dtype=np.str_)}
    for place, encoder in enumerate(encoders.distinct.values()):
        read = [text for text, languages in texts.items() if any(encoders.learns(encoder, one) for one in languages)]
        arrays[f"texts.{place}"] = np.array(read, dtype=np.str_)
        arrays[f"vectors.{place}"] = KeptVectors(path.parent / "vectors", "examples", encoder).encode(read)
    np.savez(path, **arrays)
    log.info("features.written", examples=len(texts), path=str(path))
