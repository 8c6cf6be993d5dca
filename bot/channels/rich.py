"""Markdown as a run of spans that each platform renders its own way, and its splitting at sentence ends."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from markdown_it import MarkdownIt
from markdown_it.token import Token

MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable(["strikethrough", "table"])
#: Where a text may be cut, the best first: paragraph, line, sentence, clause, word.
CUTS = (
    re.compile(r"\n\n"),
    re.compile(r"\n"),
    re.compile(r"(?<=[.!?…])[\"'“”’»)]*\s"),
    re.compile(r"(?<=[,;:–])\s"),
    re.compile(r"\s"),
)
#: A cut further left than this share of the limit wastes a message.
FULL_ENOUGH = 0.4


@dataclass(frozen=True)
class Span:
    text: str
    bold: bool = False
    italic: bool = False
    code: bool = False
    struck: bool = False
    link: str = ""


def spans_of(markdown: str) -> tuple[Span, ...]:
    """The text of a Markdown source with its marks; lists get bullets or numbers, headings become bold.

    A row of a table becomes a line, "• Germany: 2–3 days – 4.90 €": no messenger has tables.
    """
    return tuple(_trimmed(_Reader().read(MARKDOWN.parse(markdown))))


def plain(spans: tuple[Span, ...]) -> str:
    """For platforms that show text only: a link is followed by its address."""
    return "".join(one.text if not _told(one) else f"{one.text}: {one.link}" for one in spans)


def telegram_html(spans: tuple[Span, ...]) -> str:
    return "".join(_html(one) for one in spans)


def whatsapp(spans: tuple[Span, ...]) -> str:
    """WhatsApp's marks hug the text, so blanks at its edges stay outside."""
    return "".join(_marked(one) for one in spans)


def split(spans: tuple[Span, ...], limit: int, size: Callable[[tuple[Span, ...]], int]) -> list[tuple[Span, ...]]:
    """The spans in pieces of at most `limit`, as `size` counts, cut at paragraph, line, sentence or word ends."""
    pieces = []
    while size(spans) > limit:
        at = _cut(spans, limit, size)
        pieces.append(tuple(_trimmed(_until(spans, at))))
        spans = tuple(_trimmed(_from(spans, at)))
    return [piece for piece in [*pieces, spans] if any(one.text.strip() for one in piece)]


class _Reader:
    def __init__(self) -> None:
        self.spans: list[Span] = []
        self.lists: list[int | None] = []
        self.style = Span("")
        #: Of the row of a table at hand; None in its head, which is left out.
        self.column: int | None = 0

    def read(self, tokens: list[Token]) -> list[Span]:
        for token in tokens:
            self._block(token)
        return self.spans

    def _block(self, token: Token) -> None:
        if token.type == "inline":
            for child in (token.children or ()) if self.column is not None else ():
                self._inline(child)
        elif token.type.partition("_")[0] in ("table", "thead", "tbody", "tr", "th", "td"):
            self._table(token.type)
        elif token.type in ("bullet_list_open", "ordered_list_open"):
            self.lists.append(int(token.attrGet("start") or 1) if token.type.startswith("ordered") else None)
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            self.lists.pop()
            self._break(2 if not self.lists else 1)
        elif token.type == "list_item_open":
            self._item()
        elif token.type == "heading_open":
            self.style = replace(self.style, bold=True)
        elif token.type in ("heading_close", "paragraph_close"):
            self.style = Span("") if token.type == "heading_close" else self.style
            self._break(1 if self.lists else 2)
        elif token.type in ("fence", "code_block"):
            self._add(token.content.rstrip("\n"), code=True)
            self._break(2)
        elif token.type == "hr":
            self._break(2)

    def _table(self, what: str) -> None:
        if what == "thead_open":
            self.column = None
        elif what == "thead_close":
            self.column = 0
        elif what == "tr_open" and self.column is not None:
            self.column = 0
            self._add("• ")
        elif what == "td_open" and self.column is not None:
            self._add(("", ": ")[self.column] if self.column < 2 else " – ")
            self.column += 1
        elif what in ("tr_close", "table_close") and self.column is not None:
            self._break(1 if what == "tr_close" else 2)

    def _item(self) -> None:
        number = self.lists[-1]
        self._add("  " * (len(self.lists) - 1) + ("• " if number is None else f"{number}. "))
        if number is not None:
            self.lists[-1] = number + 1

    def _inline(self, token: Token) -> None:
        mark, on = token.type.rpartition("_")[0], token.nesting == 1
        if mark == "strong":
            self.style = replace(self.style, bold=on)
        elif mark == "em":
            self.style = replace(self.style, italic=on)
        elif mark == "s":
            self.style = replace(self.style, struck=on)
        elif token.type == "link_open":
            self.style = replace(self.style, link=str(token.attrGet("href") or ""))
        elif token.type == "link_close":
            self.style = replace(self.style, link="")
        elif token.type in ("softbreak", "hardbreak"):
            self._add("\n")
        elif token.type == "image":
            self._add(token.content)
        elif token.content:
            self._add(token.content, code=token.type == "code_inline")

    def _add(self, text: str, code: bool = False) -> None:
        self.spans.append(replace(self.style, text=text, code=code))

    def _break(self, lines: int) -> None:
        """Ends a line or paragraph; breaks that meet count once."""
        if self.spans and self.spans[-1].text in ("\n", "\n\n"):
            lines = max(lines, len(self.spans.pop().text))
        self.spans.append(Span("\n" * lines))


def _told(one: Span) -> bool:
    """A link whose text is its address, or which leads nowhere on the web, needs no address beside it."""
    return one.link.startswith(("http://", "https://")) and one.link.rstrip("/") != one.text.rstrip("/")


def _html(one: Span) -> str:
    text = html.escape(one.text, quote=False)
    # The Bot API lets code be part of nothing else.
    code = one.code and not one.link
    marks = ((code, "code"),) if code else ((one.struck, "s"), (one.italic, "i"), (one.bold, "b"))
    for on, tag in marks:
        text = f"<{tag}>{text}</{tag}>" if on and one.text.strip() else text
    return f'<a href="{html.escape(one.link)}">{text}</a>' if one.link else text


def _marked(one: Span) -> str:
    core = one.text.strip()
    if not core:
        return one.text
    before, after = one.text[: one.text.index(core)], one.text[one.text.index(core) + len(core) :]
    for on, mark in ((one.code, "```"), (one.struck, "~"), (one.italic, "_"), (one.bold, "*")):
        # A mark does not reach over a line's end.
        core = "\n".join(f"{mark}{line}{mark}" if line else line for line in core.split("\n")) if on else core
    return before + core + (f": {one.link}" if _told(one) else "") + after


def _cut(spans: tuple[Span, ...], limit: int, size: Callable[[tuple[Span, ...]], int]) -> int:
    """Where to cut: the last good place in the longest beginning that fits; at least one character."""
    text = "".join(one.text for one in spans)
    low, high = 1, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if size(_until(spans, middle)) <= limit else (low, middle - 1)
    for pattern in CUTS:
        ends = [found.end() for found in pattern.finditer(text, 0, low + 1) if found.end() <= low + 1]
        if ends and ends[-1] >= low * FULL_ENOUGH:
            return ends[-1]
    return low


def _until(spans: tuple[Span, ...], at: int) -> tuple[Span, ...]:
    return tuple(_slice(spans, 0, at))


def _from(spans: tuple[Span, ...], at: int) -> tuple[Span, ...]:
    return tuple(_slice(spans, at, sum(len(one.text) for one in spans)))


def _slice(spans: tuple[Span, ...], start: int, end: int) -> Iterator[Span]:
    place = 0
    for one in spans:
        text = one.text[max(0, start - place) : max(0, end - place)]
        if text:
            yield replace(one, text=text)
        place += len(one.text)


def _trimmed(spans: list[Span] | tuple[Span, ...]) -> list[Span]:
    """Without blanks at either end."""
    kept = list(spans)
    while kept and not kept[-1].text.strip():
        kept.pop()
    while kept and not kept[0].text.strip():
        kept.pop(0)
    if kept:
        kept[0] = replace(kept[0], text=kept[0].text.lstrip())
        kept[-1] = replace(kept[-1], text=kept[-1].text.rstrip())
    return kept
