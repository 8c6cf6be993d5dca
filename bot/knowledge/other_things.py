"""Questions about other things: they teach what is not to be answered.

Two files a language. One asks about anything but a shop. The other asks a shop for what hardly any help centre tells,
theme by theme, and an operator may have an article on just that: it must not be silenced by the questions it answers.
So the themes that an article is about are left out, and what else is near to any.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tickets.contracts import Language

Floats = NDArray[np.float32]

FOLDER = Path(__file__).with_name("off_topic")
#: An article is about a theme where they are as near as this, as a whole (cosine), and nearer by so much than the next
#: article is. What lies between several articles, such as stains that none of them tells of, is no one's theme.
NEAR, LEAD = 0.45, 0.15
#: Of the questions, the share that is kept at most: the nearest to anything that the articles say may be answered there
#: after all, and would silence more right answers than it spares wrong ones.
KEPT = 0.75


@cache
def about_anything(language: Language) -> tuple[str, ...]:
    return tuple((FOLDER / f"{language}.txt").read_text(encoding="utf-8").splitlines())


@cache
def asked_of_shops(language: Language) -> tuple[tuple[str, ...], ...]:
    """The questions of each theme; a line that begins with # names the one that follows."""
    themes: list[list[str]] = []
    for line in (FOLDER / f"shop.{language}.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            themes.append([])
        else:
            themes[-1].append(line)
    return tuple(tuple(theme) for theme in themes)


def unanswered(articles: Sequence[Floats], themes: Sequence[Floats]) -> NDArray[np.bool_]:
    """Which of the themes' questions no article is about, in order; the embeddings of each are rows of a matrix."""
    told, asked = _middles(articles), _middles(themes)
    # All are questions to one shop: what they have in common says nothing.
    common = (told.mean(axis=0) + asked.mean(axis=0)) / 2
    near = _unit(asked - common) @ _unit(told - common).T
    second, first = np.partition(near, -2, axis=1)[:, -2:].T
    answered = (first >= NEAR) & (first - second >= LEAD)
    nearest = (_unit(np.concatenate(themes)) @ _unit(np.concatenate(articles)).T).max(axis=1)
    kept = np.repeat(~answered, [len(theme) for theme in themes]) & (nearest <= np.quantile(nearest, KEPT))
    return np.asarray(kept, dtype=np.bool_)


def _middles(groups: Sequence[Floats]) -> Floats:
    return np.stack([group.mean(axis=0) for group in groups])


def _unit(rows: Floats) -> Floats:
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9), dtype=np.float32)
