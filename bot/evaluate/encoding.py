"""Encodes what is measured in portions, with a bar, each text once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from bot.evaluate.progress import Progress

Floats = NDArray[np.float32]

PORTION = 256


class Encodes(Protocol):
    @property
    def dimension(self) -> int: ...

    def encode(self, texts: list[str]) -> Floats: ...


def encode(encoder: Encodes, texts: Sequence[str], about: str) -> Floats:
    """Vectors of shape (texts, dimension)."""
    different = sorted(dict.fromkeys(texts), key=len)
    bar = Progress(about, len(different))
    known: dict[str, Floats] = {}
    for start in range(0, len(different), PORTION):
        portion = different[start : start + PORTION]
        known.update(zip(portion, encoder.encode(portion), strict=True))
        bar(len(portion))
    bar.end()
    return np.stack([known[text] for text in texts]) if texts else np.zeros((0, encoder.dimension), dtype=np.float32)
