"""What a message takes up of those before it: whether it leans on them, and on which."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.knowledge.several import is_question, questions
from bot.knowledge.words import says_little
from tickets.contracts import Language

#: A question of so few words may lean on the one before it ("and abroad?").
FOLLOW_UP_WORDS = 7
#: One of so few seldom names its subject.
FEW_WORDS = 5
#: Words with which a question takes up the one before it, at its beginning or anywhere.
FOLLOWS = re.compile(r"(?:und|and|oder|or|auch|also|what about|how about|was ist mit)\b", re.IGNORECASE)
POINTS_BACK = re.compile(
    r"\b(?:das|es|dies\w*|ihn|sie|er|da(?:für|bei|mit|ran|von|nn)?|it|that|this|them|they|those|these|there|then|one)\b",
    re.IGNORECASE,
)
#: What begins so names another case of the same question, and not another thing as "and wood?" does.
CASE = re.compile(
    r"(?:(?:und|and|oder|or|auch|also|what about|how about|was ist|even)\s+)*"
    r"(?:for|to|in|on|at|by|with|without|from|für|nach|in|im|ins|auf|aus|bei|beim|mit|ohne|an|am|per|aus|von|zu[mr]?)\s",
    re.IGNORECASE,
)


def asks_again(text: str, language: Language) -> bool:
    """Whether the question before is asked once more, of another case."""
    return bool(CASE.match(text)) and not is_question(text, language)


def leans(text: str, language: Language, *, answered: bool) -> bool:
    """Whether a question takes up what was said before it; `answered`: it finds an answer by itself."""
    begins = bool(FOLLOWS.match(text))
    if len(text.split()) > (FOLLOW_UP_WORDS + 2 if begins else FOLLOW_UP_WORDS):
        return False
    return not answered or _points_back(text) or asks_again(text, language)


def points_aside(text: str, language: Language) -> bool:
    """Whether one of several questions needs the one beside it."""
    short = len(text.split()) <= FOLLOW_UP_WORDS
    return short and bool(POINTS_BACK.search(text) or says_little(text, language))


def taken_up(recent: Sequence[str], language: Language, *, whole: bool) -> list[str]:
    """The message before, and the last one that needs nothing before it, if that is another.

    A `whole` question asks something new of an older subject, which a short message before it need not have named; half
    a sentence repeats the question before it.
    """
    last = len(recent) - 1
    subject = last
    while subject > 0 and len(recent[subject].split()) <= FOLLOW_UP_WORDS and _points_back(recent[subject]):
        subject -= 1
    if whole and subject == last > 0 and len(recent[last].split()) <= FEW_WORDS:
        subject -= 1
    return [_last_question(recent[place], language) for place in dict.fromkeys((subject, last))]


def _last_question(text: str, language: Language) -> str:
    """Of several questions in one message the last is before the customer's eyes."""
    asking = questions(text, language)
    return asking[-1] if len(asking) > 1 else text


def _points_back(text: str) -> bool:
    return bool(FOLLOWS.match(text) or POINTS_BACK.search(text))
