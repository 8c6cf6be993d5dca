"""The embeddings of all NLU examples and of their intents' names, written before Rasa trains: Rasa's environment has no encoder of its own."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import structlog
import yaml

from bot.rasa.linear import spelled
from bot.understanding.encoders import Encoders
from bot.understanding.kept_vectors import KeptVectors

log = structlog.get_logger()

ENTITY = re.compile(r"\[([^\]]+)\](?:\([^)]*\)|\{[^}]*\})")


def texts_of(folder: Path) -> list[str]:
    """All examples as Rasa sees them in training, without the marks of entities, and the names of their intents."""
    texts: dict[str, None] = {}
    intents = []
    for path in sorted(folder.rglob("*.yml")):
        for block in (yaml.safe_load(path.read_text()) or {}).get("nlu", []):
            intents += [str(block["intent"])] if "intent" in block else []
            for line in str(block.get("examples", "")).splitlines():
                if line.startswith("- "):
                    texts[ENTITY.sub(r"\1", line[2:].strip())] = None
    return list(dict.fromkeys([*texts, *spelled(intents)]))


def write_features(folder: Path, encoders: Encoders, path: Path) -> None:
    """All examples and names of intents by every encoder: ``texts``, ``encoders``, and ``vectors.0``, ``vectors.1`` in their order."""
    texts = texts_of(folder)
    path.parent.mkdir(parents=True, exist_ok=True)
    vectors: dict[str, Any] = {
        f"vectors.{place}": KeptVectors(path.parent / "vectors", "examples", encoder).encode(texts)
        for place, encoder in enumerate(encoders.distinct.values())
    }
    names = np.array(list(encoders.distinct), dtype=np.str_)
    np.savez(path, texts=np.array(texts, dtype=np.str_), encoders=names, **vectors)
    log.info("features.written", examples=len(texts), path=str(path))
