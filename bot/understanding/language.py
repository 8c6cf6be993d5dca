"""Which language is this? Short texts keep the thread's habit, a clear switch switches, a third language is told."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from lingua import Language as Tongue
from lingua import LanguageDetectorBuilder

from tickets.contracts import Language

#: Languages that customers of a German or English desk may write; more would cost memory and certainty.
TONGUES = (
    Tongue.GERMAN, Tongue.ENGLISH, Tongue.FRENCH, Tongue.SPANISH, Tongue.ITALIAN, Tongue.POLISH, Tongue.TURKISH,
    Tongue.DUTCH, Tongue.RUSSIAN, Tongue.PORTUGUESE, Tongue.ARABIC, Tongue.UKRAINIAN,
)  # fmt: skip
OURS: dict[Tongue, Language] = {Tongue.GERMAN: "de", Tongue.ENGLISH: "en"}
#: How much likelier the other of our two languages must be before the thread switches, by number of words.
SWITCH = {1: 0.93, 2: 0.85, 3: 0.75}
SWITCH_LONG = 0.6
#: A third language must be this sure, and the text this long.
THIRD = 0.8
THIRD_LEAD = 3.0
THIRD_WORDS = 3
LONGEST = 400

NOISE = re.compile(r"https?://\S+|\S+@\S+|[A-Z]{2}-\d+|\d+|[^\w\s'äöüÄÖÜß]", re.UNICODE)
#: Words of both languages or of none, which say nothing about a switch.
SHARED = frozenset("ok okay hi stop chat service email e-mail mail app test ticket name nordlicht in was so die".split())
#: Words that only one of the two has. In a text of one or two words they decide, where letter statistics guess.
MARKS: dict[Language, frozenset[str]] = {
    "de": frozenset(
        "ich und nicht ist das der ein eine mein meine bitte danke hallo ja nein wo wie wann warum kann haben habe mit für auf "
        "noch schon paket retoure rechnung bestellung lieferung versand rückgabe gutschein konto passwort kündigen mensch "
        "mitarbeiter hilfe guten tag moin servus tschüss gerne wieder sie wir mir mich zurück".split()
    ),
    "en": frozenset(
        "i and not is the a my please thanks thank hello yes no where how when why can have has with for on still already "
        "parcel package refund return invoice order delivery shipping voucher account password cancel human agent person help "
        "good morning bye you we me back want need".split()
    ),
}


@dataclass(frozen=True)
class Detected:
    language: Language
    #: The text is in neither of our languages; `language` is then the one to answer in.
    other: bool = False


def detect(text: str, prior: Language | None = None, default: Language = "de") -> Detected:
    """The language of a message, given the language of its thread so far."""
    habit = prior or default
    words = [word for word in NOISE.sub(" ", text[:LONGEST]).split() if word.lower() not in SHARED]
    if not words:
        return Detected(habit)
    if marked := _marked(words):
        return Detected(marked)
    chances = {one.language: one.value for one in _detector().compute_language_confidence_values(" ".join(words))}
    ours = {OURS[tongue]: chances.get(tongue, 0.0) for tongue in OURS}
    best, sure = max(chances.items(), key=lambda one: one[1])
    if best not in OURS and sure >= max(THIRD, THIRD_LEAD * max(ours.values())) and len(words) >= THIRD_WORDS:
        return Detected(habit, other=True)
    total = sum(ours.values()) or 1.0
    likelier: Language = max(ours, key=lambda one: ours[one])
    needed = SWITCH.get(len(words), SWITCH_LONG) if prior else 0.5
    switch = ours[likelier] / total >= needed
    return Detected(likelier if switch else habit)


def _marked(words: list[str]) -> Language | None:
    """The language whose own words are there, if the other's are not."""
    lower = {word.lower().strip("'") for word in words}
    german, english = len(lower & MARKS["de"]), len(lower & MARKS["en"])
    if len(words) > 3:
        return None
    if german and not english:
        return "de"
    return "en" if english and not german else None


@cache
def _detector() -> Any:
    # The full models take 260 MB for a little more certainty on single words, which the marks give as well.
    return LanguageDetectorBuilder.from_languages(*TONGUES).with_low_accuracy_mode().with_preloaded_language_models().build()
