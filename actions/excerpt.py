"""What an answer quotes of an article: its own words, and only as many as the question needs."""

from __future__ import annotations

import re

#: Characters of an answer; a paragraph, list or table is never cut.
ENOUGH = 700

HEADING = re.compile(r"^#{1,6}\s+(.*)$")
WORD = re.compile(r"\w{4,}")


def excerpt(markdown: str, question: str, passage: str = "") -> str:
    """The first paragraphs of the section that fits the question best, by `passage` if search named one."""
    sections = _sections(markdown)
    if not sections:
        return ""
    wanted = _stems(f"{question} {passage}")
    scores = [
        3 * len(wanted & _stems(heading)) + len(wanted & _stems(" ".join(blocks))) for heading, blocks in sections
    ]
    # The first section is what the author says first: another one must fit clearly better.
    best = max(range(len(sections)), key=lambda at: (scores[at], -at))
    heading, blocks = sections[best if scores[best] > scores[0] + 1 else 0]
    return _enough(blocks) or heading


def _enough(blocks: list[str]) -> str:
    kept: list[str] = []
    for at, block in enumerate(blocks):
        leads = bool(kept) and kept[-1].rstrip().endswith(":")
        if kept and not leads and sum(map(len, kept)) + len(block) > ENOUGH:
            break
        kept.append(blocks[at])
    return "\n\n".join(kept)


def _sections(markdown: str) -> list[tuple[str, list[str]]]:
    """Heading and paragraphs of each section; a section without text is none."""
    sections: list[tuple[str, list[str]]] = [("", [])]
    for block in re.split(r"\n\s*\n", markdown.strip()):
        first, _, rest = block.strip().partition("\n")
        if found := HEADING.match(first):
            sections.append((found[1], []))
            block = rest
        if block.strip():
            sections[-1][1].append(block.strip())
    return [(heading, blocks) for heading, blocks in sections if heading or blocks]


def _stems(text: str) -> set[str]:
    """Beginnings of words: enough to let an inflected form meet its like, in both languages."""
    return {word[:6] for word in WORD.findall(text.lower())}
