"""How texts are read whose author minded the capitals, such as articles."""

from __future__ import annotations

import numpy as np

from bot.understanding.encoder import Encoder, Vectors, unit


class Written:
    """An encoder that reads each text twice, in small letters and as it is written; the mean of both stands for it.

    A customer's message is read in small letters only, as capitals there are mood or carelessness. German nouns carry
    some of their meaning in them, though, and what two readings agree on is surer than either (docs/evaluating.md).
    A model that knows no capitals reads once.
    """

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder

    @property
    def name(self) -> str:
        return f"{self._encoder.name}/written" if self._encoder.minds_capitals else self._encoder.name

    @property
    def dimension(self) -> int:
        return self._encoder.dimension

    def encode(self, texts: list[str]) -> Vectors:
        """Vectors of length 1, float32 of shape (texts, dimension)."""
        small = self._encoder.encode(texts)
        if not self._encoder.minds_capitals:
            return small
        return unit(np.add(small, self._encoder.encode(texts, as_written=True)))
