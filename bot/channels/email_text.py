"""What a customer wrote in a mail: HTML made safe and turned to text, quotes and signatures set apart."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser

import nh3
import quotequail

#: What of HTML bears on its text; all else is taken away, with scripts and styles and their content.
TAGS = set(
    "a b blockquote br code div em h1 h2 h3 h4 h5 h6 hr i li ol p pre span strong table tbody td th thead tr ul".split()
)
BLOCKS = {"blockquote", "div", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "table", "tr", "ul"}
PARAGRAPHS = {"p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "ul", "ol", "table"}
#: The class by which a mail program marks the answered mail.
QUOTES = {"gmail_quote", "yahoo_quoted", "protonmail_quote", "tutanota_quote"}
#: Longer than any answer that a person wrote; the rest stays in the whole text. The time to find a quote grows with the
#: square of the lines.
LONGEST, MOST_LINES = 30_000, 600
LONGEST_HTML = 250_000
#: Of nested tags. Cleaning takes time with the square of it, and no mail program comes near.
DEEPEST, QUOTE_MARKS = 1_000, 6
#: A closing formula counts in the last lines only: in the middle it belongs to what is said.
CLOSING_LINES = 8

CLOSING = re.compile(
    r"(?:(?:vielen|besten|herzlichen|danke?) ?(?:dank)? (?:und|&) )?(?:"
    r"mit (?:freundlichen|besten|lieben|herzlichen) gr(?:ü|ue)(?:ß|ss)en|"
    r"(?:viele|beste|liebe|freundliche|sch(?:ö|oe)ne|herzliche)? ?gr(?:ü|ue)(?:ß|ss)e|"
    r"(?:viele[nr]? |besten |liebe[rn]? |sch(?:ö|oe)nen )?gru(?:ß|ss)|"
    r"(?:best|kind|warm|many)? ?regards|mfg|lg|vg|hochachtungsvoll|"
    r"sincerely(?: yours)?|yours (?:sincerely|faithfully|truly)|best wishes|cheers"
    r")\b.{0,40}",
    re.IGNORECASE,
)
#: What a telephone adds by itself.
SENT_FROM = re.compile(
    r"(?:gesendet von|von mein\S* .{0,40}gesendet|diese nachricht wurde .{0,80}gesendet|holen sie sich outlook|"
    r"gesendet mit|sent from|sent with|get outlook for|outlook f(?:ü|ue)r)\b.{0,80}",
    re.IGNORECASE,
)
#: Heads of an answered mail in word orders that the library does not know.
HEAD = re.compile(
    r"^[ \t>]*(?:[^\n<>]{0,80}<[^<>\s@]{1,80}@[^<>\s@]{1,120}>[ \t]+(?:schrieb|wrote)\b[^\n]{0,80}:"
    r"|Am[ \t][^\n]{4,60},? hat [^\n]{2,120}[ \t\n]geschrieben:)[ \t]*$",
    re.MULTILINE,
)
DASHES = re.compile(r"--[ \t]*|[-_]{5,}[ \t]*")


def text_of_html(source: str) -> str:
    """The text of an HTML body, links with their address; a quoted part has ``>`` before each line."""
    source = source[:LONGEST_HTML]
    if _depth(source) > DEEPEST:
        return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^<>]*>", " ", source))).strip()
    safe = nh3.clean(
        source,
        tags=TAGS,
        clean_content_tags={"script", "style", "title", "head"},
        attributes={"a": {"href"}, "div": {"class"}, "blockquote": {"class"}},
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel=None,
    )
    reader = _Reader()
    reader.feed(safe)
    reader.close()
    return reader.text()


def said_in(whole: str) -> str:
    """What the customer said in this mail, without the mail they answer and without their signature.

    All of it, when nothing would be left.
    """
    text = "\n".join(whole.strip()[:LONGEST].split("\n")[:MOST_LINES]).strip()
    text = _without_head(text)
    unwrapped = quotequail.unwrap(text)
    if unwrapped:
        ends = (unwrapped.get("text_top"), unwrapped.get("text_bottom"))
        told = "\n\n".join(one.strip() for one in ends if one and one.strip())
    else:
        told = text
    kept = _unsigned(_unquoted(told))
    return kept or _unquoted(told) or told or text


def _without_head(text: str) -> str:
    """The text without what follows such a head: all of it, or the marked lines where lines are marked."""
    found = HEAD.search(text)
    if found is None:
        return text
    top, rest = text[: found.start()], text[found.end() :]
    marked = any(line.lstrip().startswith(">") for line in rest.split("\n"))
    kept = f"{top.rstrip()}\n\n{_unquoted(rest) if marked else ''}".strip()
    return kept or text


def _depth(source: str) -> int:
    """How deep the tags are nested at most, end tags taken as they come."""
    depth = deepest = 0
    for found in re.finditer(r"<(/?)([a-zA-Z]+)", source):
        if found[2].lower() not in ("br", "hr", "img", "p", "meta", "input"):
            depth = max(0, depth + (-1 if found[1] else 1))
            deepest = max(deepest, depth)
    return deepest


def _unquoted(text: str) -> str:
    lines = [line for line in text.split("\n") if not line.lstrip().startswith(">")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _unsigned(text: str) -> str:
    lines = [line.rstrip() for line in text.split("\n")]
    for number, line in enumerate(lines):
        if number and (line in ("--", "—") or (DASHES.fullmatch(line) and number >= len(lines) - CLOSING_LINES)):
            lines = lines[:number]
            break
    lines = [line for line in lines if not SENT_FROM.fullmatch(line.strip())]
    for number in range(max(1, len(lines) - CLOSING_LINES), len(lines)):
        if CLOSING.fullmatch(lines[number].strip(" ,.!")):
            lines = [*lines[:number], *_postscript(lines[number:])]
            break
    return "\n".join(lines).strip()


def _postscript(lines: list[str]) -> list[str]:
    """What follows a signature and is said all the same."""
    return next((lines[number:] for number, line in enumerate(lines) if re.match(r"(?i)\s*p\.? ?s\b", line)), [])


class _Reader(HTMLParser):
    """Reads what `nh3` has left, which is well formed and nested."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._lines: list[str] = [""]
        self._depth = 0
        #: For each open tag whether it opened a quote.
        self._open: list[tuple[str, bool]] = []
        self._links: list[tuple[str, int]] = []

    def text(self) -> str:
        return re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in self._lines)).strip()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "br":
            self._break()
            return
        quote = tag == "blockquote" or bool(QUOTES & set((given.get("class") or "").split()))
        if tag in BLOCKS:
            self._block(tag)
        if tag in ("td", "th") and self._lines[-1].strip("> "):
            self._lines[-1] += " "
        if tag not in ("hr",):
            self._open.append((tag, quote))
        self._depth += quote
        if quote:
            self._break()
        if tag == "li":
            self._add("• ")
        if tag == "a":
            self._links.append((given.get("href") or "", len(self._lines[-1])))

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._links:
            self._end_link(*self._links.pop())
        for place in range(len(self._open) - 1, -1, -1):
            if self._open[place][0] == tag:
                self._depth -= sum(quote for _, quote in self._open[place:])
                del self._open[place:]
                break
        if tag in BLOCKS:
            self._block(tag)

    def handle_data(self, data: str) -> None:
        words = re.sub(r"\s+", " ", data)
        at_start = not self._lines[-1].strip("> ")
        self._add(words.lstrip() if at_start else words)

    def _add(self, words: str) -> None:
        if words:
            self._lines[-1] = (self._lines[-1] or "> " * min(self._depth, QUOTE_MARKS)) + words

    def _break(self) -> None:
        self._lines.append("")

    def _block(self, tag: str) -> None:
        if self._lines[-1].strip("> "):
            self._break()
            if tag in PARAGRAPHS:
                self._break()
        elif self._lines[-1]:
            self._lines[-1] = ""

    def _end_link(self, href: str, start: int) -> None:
        shown = self._lines[-1][start:].strip()
        if href.startswith(("http://", "https://")) and shown and href.rstrip("/") not in shown:
            self._add(f" ({href})")
