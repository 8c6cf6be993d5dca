"""Danger to life or health, found by named patterns: what must not be missed is not left to a learned score.

`unforeseen` finds it in other words as well, and decides where a pattern stands beside "nobody was" or "last year".
Both languages are looked for in every message, since who is in danger does not care about the thread's language.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.understanding import danger_frames, danger_signs
from bot.understanding.anger_cues import plain
from bot.understanding.danger_patterns import FIGURES, SOURCES, Kind

ADVICE = "emergency-advice"


@dataclass(frozen=True)
class Danger:
    kind: Kind
    #: The customer's words that gave it away.
    phrase: str
    advice_slug: str = ADVICE


def _spelled(source: str) -> str:
    """Umlauts also as customers without them write: ae, oe, ue, ss."""
    for letter, written in (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss")):
        source = source.replace(letter, f"(?:{letter}|{written})")
    return source


_PATTERNS = {
    kind: re.compile(rf"(?<!\w)(?:{_spelled('|'.join(sources))})", re.IGNORECASE) for kind, sources in SOURCES.items()
}
_SPACED = re.compile(r"(?<!\w)(?:\w[ .\-_*]){3,}\w(?!\w)")
_LEET = str.maketrans("013457@$", "oieastas")
#: What is spelled out letter by letter has lost its spaces.
_SQUEEZED: dict[str, Kind] = {
    r"(?:want|wanna)(?:to)?die|kill(?:ing)?myself|end(?:ing)?(?:my|it)(?:life|all)|willsterben|michumbringen|nichtmehrleben": "suicide",
    r"onfire|esbrennt|feuergefangen": "fire",
    r"swallowed(?:a|the)?(?:battery|magnet|pills)|batterieverschluckt": "poisoning",
}


def check(text: str, language: str | None = None) -> Danger | None:
    """The danger in `text`, however it is wrapped; the gravest kind first."""
    for reading in _readings(text):
        for kind, pattern in _PATTERNS.items():
            if match := _standing(kind, pattern, reading):
                return Danger(kind, match.group().strip()[:80])
    readable = FIGURES.sub(" · ", plain(_without_markup(text)))
    if (signs := danger_signs.find(readable)) and not _is_undone(*signs, readable):
        return Danger(signs[0], signs[1][:80])
    return _spelled_out(text)


def _standing(kind: Kind, pattern: re.Pattern[str], reading: str) -> re.Match[str] | None:
    """The first find that nothing around it undoes."""
    for match in pattern.finditer(reading):
        if kind == "suicide" or not danger_frames.undone(reading, *match.span()):
            return match
    return None


def _is_undone(kind: Kind, phrase: str, text: str) -> bool:
    start = text.find(phrase)
    return kind != "suicide" and danger_frames.undone(text, start, start + len(phrase))


def _spelled_out(text: str) -> Danger | None:
    for run in _SPACED.finditer(plain(text)):
        squeezed = re.sub(r"[\W_]", "", run.group()).lower().translate(_LEET)
        for pattern, kind in _SQUEEZED.items():
            if re.search(pattern, squeezed):
                return Danger(kind, run.group()[:80])
    return None


def _readings(text: str) -> list[str]:
    """The text as written, and with letters that were spaced out or replaced by digits put back."""
    readable = FIGURES.sub(" · ", plain(_without_markup(text)))
    joined = _SPACED.sub(lambda match: re.sub(r"[ .\-_*]", "", match.group()), readable)
    return list(dict.fromkeys([readable, joined, joined.translate(_LEET), joined.replace("*", "").replace("_", " ")]))


def _without_markup(text: str) -> str:
    return re.sub(r"<[^<>]{0,200}>", " ", text)
