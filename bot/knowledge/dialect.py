"""Swiss and Austrian German, as people write what they speak: to what a word may come down in the standard language.

There is no spelling of it; what differs are a few sounds, in all words alike. What the sounds lead to is only a guess
until it is a word that is known (`spelling`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

#: Small words that no rule of sounds explains, and that are no other word of the standard language.
WORDS = {
    "isch": "ist", "nöd": "nicht", "nid": "nicht", "ned": "nicht", "uf": "auf", "chan": "kann", "cha": "kann",
    "chönd": "könnt", "chönnd": "könnt", "chönnt": "könnt", "wott": "will", "hend": "habt", "händ": "habt",
    "hob": "habe", "öppis": "etwas", "gits": "gibt es", "gibts": "gibt es", "zrugg": "zurück", "zruck": "zurück",
    "mues": "muss", "päckli": "paket", "packerl": "paket", "packl": "paket", "göd": "geld", "zoin": "zahlen",
    "kriagt": "bekommen", "übercho": "bekommen", "aacho": "angekommen", "kumman": "gekommen", "kumm": "komme",
    "chum": "komme", "chunt": "kommt", "kummt": "kommt", "nimma": "nicht mehr", "nüme": "nicht mehr",
    "wia": "wie", "wos": "was", "mecht": "möchte", "möcht": "möchte", "wü": "will", "eich": "euch",
}  # fmt: skip
#: What a sound, or how it is written, stands for.
SOUNDS = tuple(
    (re.compile(found), meant)
    for found, meant in (
        (r"z(?:rugg|rugk|ruck|ruk)", "zurück"),
        (r"(?<![aeiouäöüsc])ch(?=[aeiouäöülrn])", "k"),
        (r"sch(?=[tp])", "s"),
        (r"ä", "e"),
        (r"ii", "ei"),
        (r"uu", "au"),
        (r"üü", "eu"),
        (r"(?<=zurück)g?gäh$|(?<=ab)gäh$|(?<=aus)gäh$", "geben"),
        (r"^g(?=[bcdfkmpstz])", "ge"),
        (r"(?<=[a-zäöü]{2})g(?=sch)", "ge"),
        (r"^b(?=[sz])", "be"),
        (r"ig$", "ung"),
        (r"(?<=[bcdfghklmprstvwxzß])n$", "en"),
        (r"(?<=[a-zäöüß])e$", "en"),
        (r"li$", ""),
    )
)
#: Sounds that one word has at most.
DEEPEST = 4


def readings(word: str) -> Iterator[str]:
    """What a small-letter word may be in the standard language, that with the fewest sounds changed first."""
    if word in WORDS:
        yield WORDS[word]
        return
    seen, reached = {word}, [word]
    for _ in range(DEEPEST):
        reached = [new for old in reached for sound, meant in SOUNDS if (new := sound.sub(meant, old)) not in seen]
        reached = list(dict.fromkeys(reached))
        seen.update(reached)
        yield from reached
