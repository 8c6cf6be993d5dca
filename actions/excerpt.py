"""What an answer quotes of an article: its own words, and only as many as the question needs."""

from __future__ import annotations

import re

#: Characters of an answer, which is read in a narrow bubble; a paragraph or list is never cut.
ENOUGH = 600

HEADING = re.compile(r"^#{1,6}\s+(.*)$")
#: A line in bold alone leads to what follows, as a colon does.
LEAD = re.compile(r"\*\*[^*]+\*\*:?")
RULE = re.compile(r"\|?[\s:|-]*-[\s:|-]*\|?")
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
    asked = _stems(question)
    return _enough([_listed(block, asked) for block in blocks]) or heading


def _enough(blocks: list[str]) -> str:
    kept: list[str] = []
    for part in _parts(blocks):
        if kept and sum(map(len, kept)) + len(part) > ENOUGH:
            break
        kept.append(part)
    return "\n\n".join(kept)


def _parts(blocks: list[str]) -> list[str]:
    """What leads to a block stays with it."""
    parts: list[str] = []
    leading = False
    for block in blocks:
        if leading:
            parts[-1] += f"\n\n{block}"
        else:
            parts.append(block)
        leading = _leads(block)
    return parts


def _leads(block: str) -> bool:
    return block.rstrip().endswith(":") or bool(LEAD.fullmatch(block.strip()))


def _listed(block: str, asked: set[str]) -> str:
    """A table as a list, which reads well in a narrow bubble; only the rows asked for, where some are."""
    lines = block.splitlines()
    if len(lines) < 3 or "|" not in lines[0] or not RULE.fullmatch(lines[1].strip()):
        return block
    names, *rows = [_cells(line) for line in (lines[0], *lines[2:])]
    wanted = [row for row in rows if asked & _stems(row[0])]
    return "\n".join(_item(names, row) for row in wanted or rows)


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def _item(names: list[str], row: list[str]) -> str:
    """The first cell in bold, then the second, then each other with its column's name."""
    rest = [(name, cell) for name, cell in zip(names[1:], row[1:], strict=False) if cell and cell != "–"]
    told = ", ".join(cell if name == names[1] else f"{name} {cell}" for name, cell in rest)
    return f"- **{row[0]}:** {told}" if told else f"- **{row[0]}**"


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
