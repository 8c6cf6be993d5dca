"""Slips of the keyboard: a word that nobody knows becomes the one of the help centre that it was meant to be."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise

from rapidfuzz import process
from rapidfuzz.distance import DamerauLevenshtein

from bot.knowledge import dialect
from bot.knowledge.words import Words
from tickets.contracts import Language

WORD = re.compile(r"[^\W\d_]+")
#: Letters of a word that can be told from another with one slip less.
SHORTEST, LONG = 5, 7
#: Keys side by side, which fingers take one for the other; in a short word that makes another word ("Wolle", "Wolke").
ROWS = ("qwertyuiop", "qwertzuiopü", "asdfghjklöä", "yxcvbnm", "zxcvbnm")
BESIDE = frozenset(pair for row in ROWS for a, b in pairwise(row) for pair in ((a, b), (b, a)))
#: A word that the encoder takes apart may be a slip itself where the articles have it less often.
OFTEN = 3
#: Words of a message that are looked at.
MOST = 12


class Spelling:
    """Knows the words of one language's articles. `is_common` tells whether the encoder knows a word as a whole."""

    def __init__(self, language: Language, texts: Sequence[str], is_common: Callable[[str], bool]) -> None:
        counts = Counter(word for text in texts for word in WORD.findall(text.lower()))
        self.language = language
        self._words = Words(language, texts)
        self._is_common = is_common
        self._meant: dict[str, list[str]] = {}
        for word, count in counts.most_common():
            if len(word) >= SHORTEST - 1 and (count >= OFTEN or is_common(word)):
                self._meant.setdefault(word[0], []).append(word)

    def mended(self, text: str) -> str:
        """The text with its slips mended, as far as they are surely such; the first letter is right in most."""
        unknown = [word for word in dict.fromkeys(WORD.findall(text)) if self._is_unknown(word)][:MOST]
        meant = {word: found for word in unknown if (found := self._meant_by(word.lower()))}
        return WORD.sub(lambda found: meant.get(found.group(), found.group()), text) if meant else text

    def _is_unknown(self, word: str) -> bool:
        if self.language == "de" and word.lower() in dialect.WORDS:
            return True
        if len(word) < SHORTEST:
            return False
        stem = self._words.stems(word)[0]
        compound = len(self._words.parts(stem)) > 1
        return not (stem in self._words.known or compound or self._is_common(word))

    def _meant_by(self, word: str) -> str | None:
        if self.language == "de" and (spoken := self._spoken(word)):
            return spoken
        return self._nearest(word) if len(word) >= SHORTEST else None

    def _spoken(self, word: str) -> str | None:
        """The word of the standard language, where this is one of a dialect."""
        if word in dialect.WORDS:
            return dialect.WORDS[word]
        return next((one for one in dialect.readings(word) if self._words.stems(one)[0] in self._words.known), None)

    def _nearest(self, word: str) -> str | None:
        near = process.extract_iter(
            word, self._meant.get(word[0], []), scorer=DamerauLevenshtein.distance, score_cutoff=1
        )
        return next((str(found) for found, _, _ in near if _is_slip(word, str(found))), None)


def _is_slip(word: str, meant: str) -> bool:
    """A letter too many, too few or in the wrong place, or the key beside; any other letter makes another word."""
    others = [pair for pair in zip(word, meant, strict=False) if pair[0] != pair[1]]
    return len(word) != len(meant) or len(others) != 1 or (others[0] in BESIDE and len(word) >= LONG)
