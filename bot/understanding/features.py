"""The embeddings of all NLU examples, written before Rasa trains: Rasa's environment has no encoder of its own."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import structlog
import yaml

from bot.understanding.encoder import Encoder

log = structlog.get_logger()

ENTITY = re.compile(r"\[([^\]]+)\](?:\([^)]*\)|\{[^}]*\})")


def examples(folder: Path) -> list[str]:
    """The texts of all examples as Rasa sees them in training: without the marks of entities."""
    texts: dict[str, None] = {}
    for path in sorted(folder.rglob("*.yml")):
        for block in (yaml.safe_load(path.read_text()) or {}).get("nlu", []):
            for line in str(block.get("examples", "")).splitlines():
                if line.startswith("- "):
                    texts[ENTITY.sub(r"\1", line[2:].strip())] = None
    return list(texts)


def write_features(folder: Path, encoder: Encoder, path: Path) -> None:
    texts = examples(folder)
    path.parent.mkdir(parents=True, exist_ok=True)
    vectors = encoder.encode(texts) if texts else np.zeros((0, encoder.dimension), dtype=np.float32)
    np.savez(path, texts=np.array(texts, dtype=np.str_), vectors=vectors.astype(np.float32))
    log.info("features.written", examples=len(texts), path=str(path))
