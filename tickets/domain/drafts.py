"""A draft article made of what customers asked and agents replied, and the rules that an article must keep."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

import yaml
from rapidfuzz import fuzz

from tickets.domain.privacy import GAP, without_personal_data

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
LONGEST_SLUG, SLUG_WORDS = 60, 6
LONGEST_TITLE, LONGEST_PHRASING, LONGEST_BODY, MOST_PHRASINGS = 150, 200, 20_000, 12
#: A longer question tells a story, of which no phrasing comes.
LONGEST_QUESTION = 160
#: Percent of likeness from which a text says nothing new.
SAME_QUESTION, SAME_REPLY = 90, 80
MOST_REPLIES = 3

_HELLO = (
    r"(?:hallo|hi|hello|hey|moin|servus|dear|liebe[rs]?|sehr geehrte[rs]?|"
    r"guten (?:tag|morgen|abend)|good (?:morning|afternoon|evening))"
)
_GREETING = re.compile(rf"^\s*{_HELLO}\b[^,!.:?\n]{{0,60}}[,!.:\n]+\s*|^\s*{_HELLO}\s+(?=\S)", re.IGNORECASE)
_INTRODUCTION = re.compile(
    r"^\s*(?:ich bin|mein name ist|ich hei(?:ß|ss)e|hier ist|hier schreibt|"
    rf"my name is|my name's|i am|i'm|this is|name:)\s*{GAP}"
    r"\s*(?:[,.!;:-]|\b(?:und|and|aber|but)\b)*\s*",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"^\s*(?:(?:mit )?(?:freundliche[nrm]?|viele[n]?|liebe[n]?|beste[n]?|herzliche[n]?|sch(?:ö|oe)ne[n]?|sonnige[n]?)"
    r"\s+gr(?:ü|ue)(?:ß|ss)e?n?|gru(?:ß|ss)\b|mfg|lg|vg\b|"
    r"(?:best|kind|warm)(?:est)? (?:regards|wishes)|regards|sincerely|cheers|"
    r"yours (?:sincerely|faithfully|truly)|all the best|"
    r"ihr (?:\S+ ){0,3}(?:team|kundenservice|service)|your (?:\S+ ){0,3}team)\b.*",
    re.IGNORECASE | re.DOTALL | re.MULTILINE,
)
#: Sentences of courtesy, which answer nothing.
_COURTESY = re.compile(
    r"(?:^|(?<=[.!?\n])\s*)(?:"
    r"(?:vielen |herzlichen )?dank(?:e)? (?:für|fuer) (?:ihre|deine|die) (?:nachricht|anfrage|geduld|mail|e-mail)|"
    r"danke,? dass sie|(?:bitte )?entschuldigen sie|(?:das |es )?tut (?:mir|uns) (?:sehr |wirklich )?leid|"
    r"ich (?:sehe|schaue) (?:kurz |gern )?nach|einen moment|"
    r"(?:bei (?:weiteren )?fragen|haben sie noch|kann ich (?:ihnen )?(?:sonst )?noch|"
    r"melden sie sich (?:gern|jederzeit|bitte)|ich hoffe,? (?:das|ich)|schönen tag)|"
    r"thank(?:s| you) (?:very much |so much )?for (?:your|contacting|reaching|writing|getting)|"
    r"(?:i am|i'm|we are|we're) (?:very |so |really )?sorry|sorry (?:for|about|to)|"
    r"(?:please )?(?:accept|my) apolog|let me (?:check|have a look|know if)|one moment|"
    r"(?:is there|if there is|if you have|should you have|do you have) any(?:thing)?(?: other| more| further)?|"
    r"(?:i )?hope this helps|feel free|have a (?:nice|great|good)"
    r")[^.!?\n]*[.!?]*",
    re.IGNORECASE | re.MULTILINE,
)
_STOP = frozenset(
    "der die das den dem ein eine einen einem ich du sie wir ihr mein meine meinen euer eure ist sind kann "
    "koennt man bei mit von zu und oder es gibt habt haben auch fuer the a an do does you your i my can is "
    "are it to of for and or we have has there be with by me what how wie was wo".split()
)
_UMLAUTS = {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"}


def question(text: str, names: Iterable[str] = ()) -> str:
    """A customer's question as a phrasing: one line, nothing personal, no greeting;
    empty when nothing of use is left."""
    clean = without_personal_data(printable(text), names)
    while (shorter := _INTRODUCTION.sub("", _GREETING.sub("", clean))) != clean:
        clean = shorter
    clean = " ".join(_CLOSING.sub("", clean).split())
    told, clean = clean.count(GAP), clean.strip(f" ,;:-{GAP}")
    words = re.findall(r"[^\W\d_]{2,}", clean)
    # With several gaps it was about this customer's own affairs.
    return clean if words and len(clean) <= LONGEST_QUESTION and told <= 1 else ""


def phrasings(texts: Iterable[str], names: Iterable[str] = ()) -> list[str]:
    """The questions worth keeping, the clearest first, none of them twice."""
    names, kept = list(names), list[str]()
    for text in texts:
        clean = question(text, names)
        if clean and all(fuzz.ratio(clean.casefold(), one.casefold()) < SAME_QUESTION for one in kept):
            kept.append(clean)
    return kept[:MOST_PHRASINGS]


def title(questions: Sequence[str]) -> str:
    """The clearest question, written as a heading."""
    plain = [one for one in questions if GAP not in one]
    first = (plain or list(questions) or [""])[0]
    return (first[:1].upper() + first[1:])[:LONGEST_TITLE]


def body(replies: Iterable[str], names: Iterable[str] = ()) -> str:
    """What agents replied as Markdown paragraphs, the longest first, without greeting, courtesy and personal data."""
    names, kept = list(names), list[str]()
    for reply in sorted((reply_text(one, names) for one in replies), key=len, reverse=True):
        if len(reply) > 20 and all(fuzz.token_set_ratio(reply, one) < SAME_REPLY for one in kept):
            kept.append(reply)
    return "\n\n".join(kept[:MOST_REPLIES])


def reply_text(text: str, names: Iterable[str] = ()) -> str:
    clean = _GREETING.sub("", printable(text))
    clean = without_personal_data(_CLOSING.sub("", clean), names)
    clean = _COURTESY.sub("", clean)
    lines = [" ".join(line.split()) for line in clean.splitlines()]
    # A reply is talk: what looks like a heading or a tag in it is neither.
    lines = [re.sub(r"^(#+)", r"\\\1", line).replace("<", "&lt;") for line in lines]
    left = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip(f" \n{GAP}")
    return left[:1].upper() + left[1:]


def slug(text: str, taken: Iterable[str] = ()) -> str:
    """An address made of the title's words that nobody has yet."""
    folded = "".join(_UMLAUTS.get(c, c) for c in text.casefold())
    plain = unicodedata.normalize("NFKD", folded).encode("ascii", "ignore").decode()
    words = re.findall(r"[a-z0-9]+", plain)
    words = [word for word in words if word not in _STOP] or words or ["article"]
    base = "-".join(words[:SLUG_WORDS])[:LONGEST_SLUG].strip("-")
    taken, made, number = set(taken), base, 2
    while made in taken:
        made, number = f"{base}-{number}", number + 1
    return made


def problems(slug: str, title: str, phrasings: Sequence[str], body: str) -> list[str]:
    """What keeps an article from being published, as codes; the same rules as where articles are read."""
    found = []
    if not SLUG.fullmatch(slug) or len(slug) > LONGEST_SLUG + 4:
        found.append("slug")
    if not title.strip() or len(title) > LONGEST_TITLE:
        found.append("title")
    if not phrasings or not all(one.strip() and len(one) <= LONGEST_PHRASING for one in phrasings):
        found.append("phrasings")
    if not body.strip() or len(body) > LONGEST_BODY:
        found.append("body")
    return found


def as_file(title: str, phrasings: Sequence[str], body: str) -> str:
    """The article as Markdown with front matter."""
    fields = {"title": one_line(title), "phrasings": [one_line(one) for one in phrasings]}
    head = yaml.safe_dump(fields, allow_unicode=True, sort_keys=False, width=1_000_000)
    return f"---\n{head}---\n{printable(body).strip()}\n"


def one_line(text: str) -> str:
    return " ".join(printable(text).split())


def printable(text: str) -> str:
    """Without what no file of text holds: control characters, other line ends, halves of characters."""
    text = re.sub(r"\r\n?|[\u2028\u2029\x85\x0b\x0c\x1c-\x1e]", "\n", text)
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs", "Co", "Cn"))
