"""What the anger model sees of a message beside its embedding and n-grams: counts of named cues."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.understanding import anger_cues, anger_words
from bot.understanding.anger_cues import Cue

_YOU = re.compile(
    r"(?<!\w)(?:you|your|yours|yourselves|u|ur|ya|ihr|euch|eu(?:er|re|rem|ren|res)|sie|ihnen|ihre?[mnrs]?|dein\w*|du|dich)(?!\w)"
)
_ME = re.compile(r"(?<!\w)(?:i|me|my|we|our|us|ich|mich|mir|mein\w*|wir|uns\w*)(?!\w)")
_SENTENCE = re.compile(r"[^.!?\n]+[.!?]*")
#: Cues that turn against whoever is spoken to in the same sentence.
_STRONG = frozenset({"insult", "swearing", "outrage", "contempt"})


@dataclass(frozen=True)
class Reading:
    """What was found in a text, looked up once."""

    text: str
    cues: tuple[Cue, ...]
    listed: tuple[anger_words.Entry, ...]
    harmless: tuple[anger_words.Entry, ...]

    @classmethod
    def of(cls, text: str) -> Reading:
        """Reads `text`, which is already `plain`."""
        listed, harmless = anger_words.find(text)
        return cls(text, anger_cues.find(text), listed, harmless)

    def evidence(self) -> Iterator[Cue]:
        """All cues in words, the telling ones first."""
        yield from self.cues
        yield from (Cue(entry.name, self.text[entry.start : entry.end]) for entry in self.listed)


def cue_counts(reading: Reading) -> NDArray[np.float32]:
    """The cues of a message as numbers."""
    patterns = Counter(cue.name for cue in reading.cues)
    listed = Counter(entry.name for entry in reading.listed)
    harmless = Counter(entry.name for entry in reading.harmless)
    numbers: list[float] = [min(2, patterns[name]) for name in anger_cues.NAMES]
    numbers += [min(3, listed[name]) for name in anger_words.NAMES]
    numbers += [min(3, harmless[name]) for name in anger_words.HARMLESS]
    numbers += anger_cues.soothing(reading.text)
    numbers += _voice(reading.text)
    numbers += _aim(reading)
    numbers += [min(len(patterns), 4) / 2, min(len(listed), 5) / 2]
    return np.asarray(numbers, dtype=np.float32)


def _voice(text: str) -> list[float]:
    letters = sum(map(str.isalpha, text))
    capitals = sum(map(str.isupper, text)) / max(letters, 1)
    return [float(capitals > 0.6 and letters > 12), min(text.count("!"), 4) / 4, math.log1p(len(text)) / 6]


def _aim(reading: Reading) -> list[float]:
    """Whom the message speaks of and to: strong words about "you" are anger, beside joy or oneself they are not."""
    lowered = reading.text.lower()
    aimed = joyful = asking = count = 0
    for sentence in _SENTENCE.finditer(lowered):
        start, end = sentence.span()
        if not sentence.group().strip():
            continue
        count += 1
        asking += sentence.group().rstrip().endswith("?")
        if any(entry.name in _STRONG and start <= entry.start < end for entry in reading.listed):
            harmless = {entry.name for entry in reading.harmless if start <= entry.start < end}
            aimed += bool(_YOU.search(sentence.group())) and "about_me" not in harmless
            joyful += "joy" in harmless
    you, me = len(_YOU.findall(lowered)), len(_ME.findall(lowered))
    return [min(aimed, 3), min(joyful, 2), min(asking, 3), min(count, 6) / 3, min(you, 5) / 3, min(me, 5) / 3]
