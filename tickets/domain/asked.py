"""Questions as they are compared with each other, and groups of them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Asked:
    """A question as far as it matters for what it is alike to."""

    id: int
    language: str
    text: str
    #: The nearest articles' slugs, the first one first.
    articles: tuple[str, ...] = ()
    #: Base64 of little-endian float16; empty: none.
    vector: str = ""


@dataclass(frozen=True)
class Cluster:
    #: Ids, the clearest question first.
    ids: tuple[int, ...]
    #: The clearest question of each language in it, by language.
    clearest: dict[str, int]
