"""Vectors of texts that come again: articles at every start, examples at every training. Only new texts are encoded."""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import structlog
from numpy.typing import NDArray

log = structlog.get_logger()

Floats = NDArray[np.float32]


class Encodes(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def dimension(self) -> int: ...

    def encode(self, texts: list[str]) -> Floats: ...


class KeptVectors:
    """A file named after what it holds and after the encoder: another encoder starts anew."""

    def __init__(self, folder: Path, what: str, encoder: Encodes, borrow: Sequence[str] = ()) -> None:
        """`borrow` names what else is kept in the folder and may hold some of the same texts."""
        made_by = hashlib.sha256(encoder.name.encode()).hexdigest()[:16]
        self._path, *self._others = [folder / f"{name}-{made_by}.npz" for name in (what, *borrow)]
        self._encoder = encoder

    def encode(self, texts: Sequence[str]) -> Floats:
        """Of shape (texts, dimension). The file holds these texts afterwards, and no others."""
        known = self._load(self._path)
        if any(text not in known for text in texts):
            known = {text: vector for path in self._others for text, vector in self._load(path).items()} | known
        new = [text for text in dict.fromkeys(texts) if text not in known]
        if new:
            known |= dict(zip(new, self._encoder.encode(new), strict=True))
        used = {text: known[text] for text in dict.fromkeys(texts)}
        if new or len(used) < len(known):
            self._save(used)
        if not texts:
            return np.zeros((0, self._encoder.dimension), dtype=np.float32)
        return np.stack([used[text] for text in texts])

    def _load(self, path: Path) -> dict[str, Floats]:
        """A file that can't be read is as good as none: its vectors are made again."""
        try:
            with np.load(path) as stored:
                return dict(zip(stored["texts"].tolist(), stored["vectors"], strict=True))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
            log.warning("vectors.unreadable", path=str(path), error=type(error).__name__)
            return {}

    def _save(self, vectors: dict[str, Floats]) -> None:
        """The file is replaced in one step."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        draft = self._path.with_suffix(f".{os.getpid()}.npz")
        stacked = np.stack(list(vectors.values())) if vectors else np.zeros((0, self._encoder.dimension))
        np.savez(draft, texts=np.array(list(vectors), dtype=np.str_), vectors=stacked.astype(np.float32))
        draft.replace(self._path)
