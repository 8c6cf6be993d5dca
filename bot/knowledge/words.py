"""Texts to search terms: stems per language, parts of German compounds, and n-grams that forgive typos."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

import snowballstemmer
from rapidfuzz import process
from rapidfuzz.distance import DamerauLevenshtein

from tickets.contracts import Language

WORD = re.compile(r"[^\W_]+", re.UNICODE)
#: ä, ae and a are one: customers write all three.
UMLAUTS = str.maketrans({"ä": "a", "ö": "o", "ü": "u", "ß": "ss"})
DIGRAPH = re.compile(r"(?<![aeouq])([aou])e(?=[^aeiou])")
SHORTEST_PART = 4
#: Letters of a word that count: no real one is longer, and taking a longer one apart would take minutes.
LONGEST_WORD = 60
#: Unknown words of a question that are compared with all known ones.
CORRECTED = 12
#: Unknown words whose nearest known one is remembered.
REMEMBERED = 10_000
#: What German puts between the parts of a compound.
JOINTS = ("", "s", "es", "n", "en", "e")
STOP: dict[Language, frozenset[str]] = {
    "en": frozenset(
        "a an and are as at be been but by can could did do does for from had has have how i if in is it its me my "
        "of on or our please shall should so that the their them then there they this to was we were what when "
        "where which who why will with would you your".split()
    ),
    "de": frozenset(
        "aber als am an auch auf aus bei bin bitte da das dass dem den der des die dies diese dieser doch du ein "
        "eine einem einen einer eines er es fur habe haben hat ich ihr ihre im in ist ja kann konnen mal man mein "
        "meine meinem meinen meiner mich mir mit muss nach nun ob oder sich sie sind so und uns vom von war was "
        "wenn wer werden wie wieso wird wo wir zu zum zur uber".split()
    ),
}


def fold(text: str, language: Language) -> str:
    text = text.lower()
    return DIGRAPH.sub(r"\1", text.translate(UMLAUTS)) if language == "de" else text


def _split_words(text: str, language: Language) -> list[str]:
    return [word[:LONGEST_WORD] for word in WORD.findall(fold(text, language))]


def says_little(text: str, language: Language) -> bool:
    """Whether a text has no word that tells what it is about."""
    return all(word in STOP[language] for word in _split_words(text, language))


@lru_cache(maxsize=50_000)
def _stem(word: str, language: Language) -> str:
    return str(_STEMMERS[language].stemWord(word))


_STEMMERS = {"de": snowballstemmer.stemmer("german"), "en": snowballstemmer.stemmer("english")}


class Words:
    """Makes terms of texts; knows the words of the index, so as to take compounds and typos to what is there."""

    def __init__(self, language: Language, texts: Iterable[str] = ()) -> None:
        self.language = language
        self.known: frozenset[str] = frozenset()
        self.known = frozenset(term for text in texts for term in self.stems(text))
        self._by_length = [term for term in self.known if len(term) >= SHORTEST_PART]
        self._parts: dict[str, tuple[str, ...]] = {}
        # A question is read by itself, by its sentences and with the one before it; and slips come again.
        self._nearest_to = lru_cache(maxsize=REMEMBERED)(self._nearest)

    def stems(self, text: str) -> list[str]:
        words = _split_words(text, self.language)
        kept = [word for word in words if word not in STOP[self.language]] or words
        return [_stem(word, self.language) for word in kept]

    def terms(self, text: str) -> list[str]:
        """The stems, and the parts of compounds."""
        stems = self.stems(text)
        return [*stems, *(part for stem in stems for part in self.parts(stem))]

    def asked(self, text: str) -> list[str]:
        """The terms of a question; a word that the index does not have becomes the nearest one it has."""
        stems = self.stems(text)
        unknown = list(dict.fromkeys(stem for stem in stems if stem not in self.known))[:CORRECTED]
        nearest = {stem: self._nearest_to(stem) for stem in unknown}
        stems = [nearest.get(stem, stem) for stem in stems]
        return [*stems, *(part for stem in stems for part in self.parts(stem))]

    def parts(self, stem: str) -> tuple[str, ...]:
        if self.language != "de" or len(stem) < 2 * SHORTEST_PART:
            return ()
        if stem not in self._parts:
            self._parts[stem] = self._split(stem)
        return self._parts[stem]

    def _split(self, stem: str) -> tuple[str, ...]:
        """Two known words, the second as long as possible; else one known word at the end or the beginning."""
        for cut in range(SHORTEST_PART, len(stem) - SHORTEST_PART + 1):
            head, tail = stem[:cut], self._known(stem[cut:])
            if tail:
                first = self._known_head(head)
                return (first, tail) if first else (tail,)
        heads = (self._known_head(stem[:cut]) for cut in range(len(stem) - 2, SHORTEST_PART - 1, -1))
        found = next((head for head in heads if head), None)
        return (found,) if found else ()

    def _known_head(self, head: str) -> str | None:
        for joint in JOINTS:
            if head.endswith(joint) and (known := self._known(head.removesuffix(joint) if joint else head)):
                return known
        return None

    def _known(self, word: str) -> str | None:
        if len(word) < SHORTEST_PART:
            return None
        stem = _stem(word, self.language)
        return stem if stem in self.known else None

    def _nearest(self, stem: str) -> str:
        """Within one slip for short words, two for long ones."""
        if len(stem) < 5 or self.parts(stem):
            return stem
        slips = 1 if len(stem) < 8 else 2
        found = process.extractOne(stem, self._by_length, scorer=DamerauLevenshtein.distance, score_cutoff=slips)
        return str(found[0]) if found else stem


def letter_groups(text: str, language: Language) -> list[str]:
    """Character n-grams of three to five within words, with the borders marked."""
    found: list[str] = []
    for word in _split_words(text, language):
        marked = f"^{word}$"
        found.extend(marked[start : start + size] for size in (3, 4, 5) for start in range(len(marked) - size + 1))
    return found
