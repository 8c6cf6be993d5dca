"""What takes the danger out of words of danger: nobody was hurt, nothing can catch fire, last year the old one sparked.

A pattern that stands in such a frame is no proof; what the sentence means is then left to `unforeseen`. Thoughts of
suicide have no frame: who denies them may mean them.
"""

from __future__ import annotations

import re

#: Where a thought ends: a denial reaches no further.
_THOUGHT = re.compile(r"[.!?;,:\n]|\b(?:and|but|because|since|when|und|aber|weil|denn|seit|als)\b", re.IGNORECASE)
_HELPING = (
    r"(?: (?:was|were|has|have|had|is|are|can|could|will|would|ever|really|even|actually|got|get|been|be|seriously|"
    r"wurde|wurden|ist|sind|hat|haben|kann|könnte|sich|dabei|ernsthaft|zum glück))"
)
#: Right before the words, with nothing but helping verbs between.
_BEFORE = re.compile(
    r"(?<!\w)(?:didn'?t|did not|doesn'?t|does not|hasn'?t|has not|wasn'?t|was not|weren'?t|were not|nobody|no ?-?one|"
    rf"nothing|neither|nor|never|niemand|keiner|niemanden|keinen|nichts|weder|noch nie){_HELPING}{{0,3}} ?$",
    re.IGNORECASE,
)
#: Right behind the words, as German puts it.
_BEHIND = re.compile(rf"^{_HELPING}{{0,3}} (?:niemand|keiner|nichts)\b", re.IGNORECASE)
_WITHIN = re.compile(r"(?<!\w)(?:nobody|no ?-?one|nothing|niemand|keiner|nichts)(?!\w)", re.IGNORECASE)
#: Shortly before the words: they are about what might be.
_SUPPOSED = re.compile(
    r"(?<!\w)(?:so that (?:it|nothing|nobody|no one)|if (?:it|there|this|that) (?:ever|were|should)|"
    r"in case (?:of|it|there)|damit (?:es|nichts|niemand|keiner)|falls (?:es|mal|doch)|sollte es|"
    r"wenn (?:es|das) mal)(?!\w)",
    re.IGNORECASE,
)
#: Words between the supposition and what is supposed, at most: "in case it matters my son swallowed it" is none.
_NEAR = 3
#: A thought that begins with long ago is about it; "the toaster that I bought last year is on fire" is not.
_LONG_AGO = re.compile(
    r"^\W*(?:last (?:year|summer|winter|autumn|spring)|(?:\w+ )?years ago|as a (?:kid|child|boy|girl)|back then|"
    r"letzte[snrm]? (?:jahr|sommer|winter|herbst)|vor (?:\w+ )?jahren|als kind|damals|seinerzeit)(?!\w)",
    re.IGNORECASE,
)
_STILL = re.compile(
    r"(?<!\w)(?:is|are|it.s|now|still|again|today|just|ist|sind|jetzt|noch|wieder|heute|gerade|grad|eben)(?!\w)",
    re.IGNORECASE,
)


def undone(text: str, start: int, end: int) -> bool:
    """Whether the words from `start` to `end` of `text` are denied, supposed or long past."""
    if _BEFORE.search(_THOUGHT.split(text[:start])[-1]) or _BEHIND.search(_THOUGHT.split(text[end:])[0]):
        return True
    if _WITHIN.search(text, start, end):
        return True
    before = _THOUGHT.split(text[:start])[-1]
    thought = before + text[start:end] + _THOUGHT.split(text[end:])[0]
    if _LONG_AGO.search(thought) and not _STILL.search(thought):
        return True
    supposed = _SUPPOSED.search(thought)
    return supposed is not None and len(before[supposed.end() :].split()) <= _NEAR
