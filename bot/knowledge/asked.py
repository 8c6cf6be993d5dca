"""What a message asks: its sentences, each without the polite words before the question and after it.

Who greets, tells how it came about and thanks asks no more than who does not. Search compares a message as a whole
first; where that finds no answer, each of its sentences stands for itself.
"""

from __future__ import annotations

import re

from tickets.contracts import Language

#: Sentences that are looked at, of which those that end with a question mark come first.
MOST = 8
#: Words of a sentence that can be a question by itself.
FEWEST = 2
#: The point behind "Nr." ends none.
SENTENCE = re.compile(r"(?<=[.!?…])(?<!\b[Nn]r\.)(?<!\b[Nn]o\.(?=\s\d))\s+|\s*\n\s*")

#: Greetings and wishes, and the question whether one may ask: what may stand before a question, in any number.
BEFORE: dict[Language, tuple[str, ...]] = {
    "en": (
        r"(?:hi|hello|hey|hiya|good (?:morning|afternoon|evening|day))(?: (?:there|all|everyone|team|guys|folks))?\b[,!:]? ",
        r"dear [^,.!?]{1,30}[,!] ",
        r"(?:is )?(?:any|some)(?:one|body) (?:there|here)[?!,.]+ ",
        r"(?:can|could|will) (?:any|some)(?:one|body) (?:please )?help(?: me)?(?: out)?(?: please)?[?!,.]+ ",
        r"(?:may|can|could) i (?:(?:just|quickly|please) )*ask (?:you )?(?:something|a (?:quick )?question)[?!,.:]+ ",
        r"(?:i )?(?:really )?hope (?:you|this|all)\b[^,.!?]{0,40}[,.!] ",
        r"(?:i'm |so )?sorry (?:to|for)\b[^,.!?]{0,30}[,.!] ",
        r"(?:just )?(?:a )?quick (?:one|question)[^,:.!?]{0,12}[,:.!] ",
        r"(?:i (?:was|am) |i'm |was )?(?:just )?wondering,? ",
        r"i(?: would|'d)? (?:just )?(?:like|want|wanted|need) to (?:know|ask|find out),? ",
        r"(?:can|could|would|will) (?:you|someone|anyone) (?:(?:please|perhaps|maybe|possibly|kindly) )*tell me,? ",
        r"(?:can|could|would|will) (?:you|someone|anyone) (?:(?:please|perhaps|maybe|possibly|kindly) )*let me know,? ",
        r"(?:please|pls) (?:tell me|let me know),? ",
        r"do you (?:happen to )?know,? ",
        r"would it be possible to (?:know|find out|ask),? ",
        r"(?:if|whether) you (?:could|can|would|might) (?:(?:please|perhaps|maybe|possibly|kindly) )*tell me,? ",
        r"(?:if|whether) (?=(?:i|you|we|it|my|the|there)\b)",
    ),
    "de": (
        r"(?:hi|hallo|hey|huhu|moin|servus|guten (?:tag|morgen|abend))(?: (?:zusammen|leute|alle|team|ihr lieben))?\b[,!:]? ",
        r"(?:sehr geehrte|liebe)[rs]? [^,.!?]{1,40}[,!] ",
        r"(?:ist )?(?:da|hier) (?:irgend)?(?:jemand|wer)(?: da)?[?!,.]+ ",
        r"(?:kann|könnte|könnt) (?:mir )?(?:(?:irgend)?(?:jemand|wer)|ihr mir|man mir) (?:bitte )?(?:mal )?helfen[?!,.]+ ",
        r"(?:darf|kann|könnte) ich (?:(?:mal|kurz|sie|dich|euch|bitte) )*(?:et)?was fragen[?!,.:]+ ",
        r"(?:darf|kann|könnte) ich (?:(?:mal|kurz|ihnen|dir|euch|bitte) )*eine frage stellen[?!,.:]+ ",
        r"(?:ich )?hoffe,? (?:es|sie|ihr|dir|euch|ihnen)\b[^,.!?]{0,40}[,.!] ",
        r"(?:entschuldig\w*|sorry|verzeih\w*)\b[^,.!?]{0,40}[,.!] ",
        r"(?:(?:mal|nur|ne|eine|kurze|kleine|schnelle) )*frage(?: von mir)?[,:.!] ",
        r"ich (?:wollte|will|würde|möchte|hätte)(?: (?:gerne?|mal|nur|einmal|kurz|mich|sie|euch))*"
        r" (?:wissen|fragen|erfahren|erkundigen|gewusst|nachfragen),? ",
        r"ich (?:wüsste|wollte)(?: (?:gerne?|mal|nur))*, ",
        r"(?:können|könnten|könnt|könntet|kannst|könntest) (?:sie|ihr|du) mir (?:(?:bitte|vielleicht|mal|kurz) )*sagen,? ",
        r"(?:dürfte|darf|kann|könnte) ich (?:(?:bitte|vielleicht|mal|kurz) )*(?:erfahren|fragen),? ",
        r"(?:wissen sie|wisst ihr|weiß jemand)(?: vielleicht)?, ",
        r"(?:sagen sie|sagt|sag) mir(?: bitte)?, ",
        r"(?:aber|und) (?=(?:dürfte|darf|könnte|könnten|können) (?:ich|sie|ihr)\b)",
        r"ob (?=(?:ich|sie|ihr|wir|es|man|mein\w*|der|die|das)\b)",
    ),
}
#: Thanks and greetings at the end, with a name.
AFTER = (
    r"(?:(?:many|kind|best|warm) )?(?:thanks|thank you|thx|regards|wishes|cheers)|yours (?:sincerely|faithfully)",
    r"looking forward|have a (?:nice|lovely|good|great)",
    r"(?:(?:vielen|besten|herzlichen|lieben|tausend) )*danke?|(?:lg|vg|mfg)|(?:einen )?(?:wunder)?schönen (?:tag|abend)",
    r"(?:mit )?(?:(?:viele|liebe|schöne|beste|herzliche|freundliche|besten|vielen|lieben|freundlichen)n? )*gr(?:ü|ue|u)(?:ß|ss)(?:en?)?",
)
_BEFORE = {
    language: re.compile("(?:" + "|".join(phrases) + ")+", re.IGNORECASE) for language, phrases in BEFORE.items()
}
_AFTER = re.compile(r"(?:^|[\s,.!?–-]+)(?:" + "|".join(AFTER) + r")\b[^?]{0,40}$", re.IGNORECASE)


def sentences(text: str, language: Language) -> list[str]:
    """What may be a question in a message, in its order; nothing where that is only the message as it stands."""
    found = [bare(one, language) for one in SENTENCE.split(text.strip())]
    found = list(dict.fromkeys(one for one in found if len(one.split()) >= FEWEST))
    asking = [one for one in found if one.endswith("?")][-MOST:]
    telling = [one for one in found if not one.endswith("?")][: MOST - len(asking)]
    kept = {*asking, *telling}
    return [one for one in found if one in kept and one != text.strip()]


def bare(sentence: str, language: Language) -> str:
    """A sentence that is nothing but polite becomes empty."""
    without = _AFTER.sub("", sentence.strip())
    before = _BEFORE[language].match(f"{without} ")
    return without[before.end() :].strip() if before else without
