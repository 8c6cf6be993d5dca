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
SHARED = frozenset(
    "ok okay hi stop code link chat service email e-mail mail app test ticket name nordlicht in was so die sorry oops ups ah oh".split()
)
#: Words that only one of the two has. They decide where letter statistics guess, as on a few words.
MARKS: dict[Language, frozenset[str]] = {
    "de": frozenset(
        "ich und nicht ist das der den dem des ein eine einen einem einer mein meine meinen meinem meiner dein euer eure euch "
        "bitte danke dankeschön hallo ja nein nee nö doch wo wie wann warum wieso weshalb wer welche welcher kann könnt können "
        "könnte haben habe habt hab hat hatte mit für auf aus bei nach von vom zu zum zur um ohne noch schon mal auch nur sehr "
        "aber oder wenn dass weil als bis über unter sind seid war wäre wird werden wurde muss müssen soll sollte möchte will "
        "paket retoure rechnung bestellung bestellen lieferung liefert versand rückgabe gutschein konto passwort kündigen "
        "mensch menschen mitarbeiter berater kundenservice hilfe guten gute tag abend morgen moin moinsen servus grüß gruess "
        "griaß tschüss tschau gerne wieder du sie wir er es ihr ihnen mir mich uns dich dir zurück kein keine nichts etwas "
        "dann denn nun gern vielleicht damit dazu dafür dabei wohin woher wozu darf eben gerade gleich unser unsere unseren ihre ihren eure euren diese dieser "
        "isch nöd nid ned öppis chan cha chönd hend händ wott zrugg zruck hob möcht mecht mues gits wia packerl päckli "
        "dieses einfach lieber könnten würde würden hätte hätten waren keinen zwei drei beim ins im "
        "geld geht gibt mehr immer jetzt heute gestern lampe bestellnummer bestellnr ticketnummer lieferstatus".split()
    ),
    "en": frozenset(
        "i and not is isn't the a my mine your yours their please thanks thank hello hi hey yes yeah yep no nope where how "
        "when why who which what can could can't have has had haven't with for on of to from at by it its it's still already "
        "gotta gonna dunno cheers then than never ever always anything anyone anybody somebody something nothing "
        "you we me us they he she there here that this these those are aren't was were will would should shall may do does did "
        "don't doesn't didn't be been being if or but as about any some more again back get got need want wanna like just "
        "parcel package refund return returns invoice order orders delivery deliver shipping ship voucher account password "
        "cancel human agent person people supervisor someone help good morning evening afternoon bye goodbye exchange "
        "delete personal data enable transfer spare parts gift wrap bulb handle".split()
    ),
}
#: Up to so many words one mark decides; of more, so many must be marks.
FEW_WORDS = 3
MARKED_SHARE = 0.4
#: With so many marks a text is not in a third language, whatever its letters look like.
OURS_SHARE = 0.25
#: Letters that fit neither of our languages better than this are no reason to leave the habit.
LIKELY = 0.3


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
    if _is_third(words, chances, max(ours.values())):
        return Detected(habit, other=True)
    total = sum(ours.values()) or 1.0
    likelier: Language = max(ours, key=lambda one: ours[one])
    needed = SWITCH.get(len(words), SWITCH_LONG) if prior else 0.5
    switch = ours[likelier] / total >= needed and (ours[likelier] >= LIKELY or not prior)
    return Detected(likelier if switch else habit)


def _is_third(words: list[str], chances: dict[Tongue, float], ours: float) -> bool:
    best, sure = max(chances.items(), key=lambda one: one[1])
    marks = _marks(words)
    return (
        best not in OURS and len(words) >= THIRD_WORDS and sure >= max(THIRD, THIRD_LEAD * ours)
        and max(marks.values()) < OURS_SHARE * len(words)
    )  # fmt: skip


def _marks(words: list[str]) -> dict[Language, int]:
    lower = [word.lower().strip("'") for word in words]
    return {language: sum(word in own for word in lower) for language, own in MARKS.items()}


def _marked(words: list[str]) -> Language | None:
    """The language whose own words are there, if the other's are not, or hardly."""
    marks = _marks(words)
    likelier: Language = "de" if marks["de"] > marks["en"] else "en"
    found, against = marks[likelier], min(marks.values())
    # Few words say little, so one mark decides; in a longer text a single one may stand there by chance.
    enough = 1 if len(words) <= FEW_WORDS else max(2, round(MARKED_SHARE * len(words)))
    return likelier if found >= enough and found >= 3 * against else None


@cache
def _detector() -> Any:
    # The full models take 260 MB for a little more certainty on single words, which the marks give as well.
    return (
        LanguageDetectorBuilder.from_languages(*TONGUES)
        .with_low_accuracy_mode()
        .with_preloaded_language_models()
        .build()
    )
