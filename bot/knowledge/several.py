"""Several questions in one message: where one ends and the next begins.

A message is taken apart only between what has the form of a question on both sides: a story, a wish or half a sentence
belongs to the question beside it.
"""

from __future__ import annotations

import re

from bot.knowledge.asked import FEWEST, SENTENCE, bare
from tickets.contracts import Language

#: What a further question begins with, and the announcement of several.
_BEGINS = re.compile(
    r"(?:(?:und|and|oder|or|also|plus|außerdem|ausserdem|zudem|dann|then|noch|(?:erst|zweit|dritt)ens|by the way|btw|"
    r"übrigens|nebenbei|weiters|first(?:ly)?|second(?:ly)?|third(?:ly)?|[1-9][.)])\b[\s,:;–-]*"
    r"|[^,.:?!]{0,30}\b(?:questions?|fragen?|things?|dinge|sachen)\b[^,.:?!]{0,20}:\s*)+",
    re.IGNORECASE,
)
#: What stands behind "or" is the other half of one question.
_AND = re.compile(r"(?:,\s*|\s+)(?:und|and|sowie)\s+|\s*[;&]\s*", re.IGNORECASE)
#: The words that a question begins with; of a verb, only with its subject behind it.
_FORM: dict[Language, re.Pattern[str]] = {
    "en": re.compile(
        r"(?!(?:when|where|what|who|which)\s+(?:i|we|you|he|she|they|it|my|the)\b)"
        r"(?:(?:by|until|from|for|to|in|at|with)\s+)?(?:how|what|when|where|who|whose|which|why)(?:'s|'re|s)?\b"
        r"|(?:can|could|do|does|did|is|are|was|were|will|would|may|should|shall|has|have|must|am)(?:n'?t)?\s+"
        r"(?:i|you|u|we|it|there|they|he|she|this|that|these|those|the|my|your|our|a|an|one|any\w*|some\w*|people|all)\b",
        re.IGNORECASE,
    ),
    "de": re.compile(
        r"(?:(?:bis|ab|seit|von|für|an|mit|zu|in|auf|nach|aus)\s+)?"
        r"(?:wie|wieviele?|was|wann|wer|wen|wem|wessen|wo|wohin|woher|wof[üu]r|womit|woran|wozu|warum|wieso|weshalb|"
        r"welche[rnms]?|ob)\b"
        r"|(?!(?:seit|mit|mitten|ohne|gegen|neben|zwischen|wegen|heute|jetzt|bitte|nicht|selbst|gerade|alle|beide|"
        r"(?:m|d|s)?eine|unsere|diese|jene|nächste|letzte|nächsten|letzten)\b)"
        r"(?:[a-zäöüß]+(?:t|st|e|en)|sind|is|war|kann|darf|muss|soll|will|mag|wird|seid|tu|gib)\s+"
        r"(?:ich|du|ihr|wir|sie|man|es|das|dies\w*|der|die|den|mein\w*|eue?r\w*|jemand|alle)\b"
        r"|(?:hab|krieg|bekomm|find|brauch|komm|zahl|schick|mach|geb|seh|lös|wasch|meld)\s+ich\b",
        re.IGNORECASE,
    ),
}


def questions(text: str, language: Language) -> list[str]:
    """The questions of a message, in its order, each without what joins it to the one before.

    Where question marks are, only what has one is a question, or is joined to those at the end of the message: the last
    mark is the one that is left out.
    """
    said = [bare(one, language) for one in SENTENCE.split(text.strip())]
    marked = [one for one in said if one.endswith("?") or (one is said[-1] and _BEGINS.match(one))]
    asked = marked if any(one.endswith("?") for one in marked) else said
    return list(dict.fromkeys(clause for one in asked for clause in _clauses(one, language)))


def is_question(text: str, language: Language) -> bool:
    """Whether a text has the form of a question, not of half a sentence ("and to Austria?")."""
    return bool(_FORM[language].match(_without_beginning(text.strip())))


def parts(text: str, language: Language) -> list[str]:
    """What a message says in each of its sentences, told or asked, in its order; also where a question is joined."""
    said = [_without_beginning(bare(one, language)) for one in SENTENCE.split(text.strip())]
    return list(dict.fromkeys(clause for one in said for clause in _cut(one, language)))


def _clauses(sentence: str, language: Language) -> list[str]:
    """A sentence's questions: it is cut where a question is joined to a question."""
    sentence = _without_beginning(sentence)
    if _FORM[language].match(sentence):
        return _cut(sentence, language)
    return [sentence] if sentence.endswith("?") and len(sentence.split()) >= FEWEST else []


def _cut(sentence: str, language: Language) -> list[str]:
    """A sentence, cut where a question is joined to what is before it."""
    cuts = [at for at in _AND.finditer(sentence) if is_question(sentence[at.end() :], language)]
    starts, ends = [0, *(at.end() for at in cuts)], [*(at.start() for at in cuts), len(sentence)]
    clauses = [_without_beginning(sentence[start:end]) for start, end in zip(starts, ends, strict=True)]
    return [one for one in clauses if len(one.split()) >= FEWEST]


def _without_beginning(sentence: str) -> str:
    begins = _BEGINS.match(sentence)
    return sentence[begins.end() :] if begins else sentence
