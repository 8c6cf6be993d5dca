"""Articles: Markdown files with front matter, ``data/knowledge/<language>/<slug>.md``,
each error with file and line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal, get_args

import yaml

from tickets.contracts import Language

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
FIELDS = {"title", "phrasings", "tags", "related", "links", "reviewed_at", "review_by"}
FEWEST_PHRASINGS = 1
HEADING = re.compile(r"#{1,6}\s+(.+)")
#: Characters of a paragraph that stands for itself, and of the longest that the encoder reads as a whole.
SHORTEST_PARAGRAPH = 80
LONGEST_PARAGRAPH = 900


@dataclass(frozen=True)
class Link:
    title: str
    url: str


@dataclass(frozen=True)
class Article:
    slug: str
    language: Language
    title: str
    #: Questions as customers write them; search matches them like the title.
    phrasings: tuple[str, ...]
    body_markdown: str
    tags: tuple[str, ...] = ()
    #: Slugs of articles that customers of this one often need next.
    related: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()
    reviewed_at: date | None = None
    #: From this day on the article is marked as due for a review.
    review_by: date | None = None

    @property
    def is_overdue(self) -> bool:
        return self.review_by is not None and self.review_by < date.today()


@dataclass(frozen=True)
class ArticleError:
    file: str
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.reason}"


class _BadArticle(Exception):
    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line
        self.reason = reason


def load_folder(folder: Path) -> tuple[list[Article], list[ArticleError]]:
    """All articles that are sound, and what is wrong with the others."""
    articles: list[Article] = []
    errors: list[ArticleError] = []
    for language in get_args(Language):
        for path in sorted((folder / language).glob("*.md")):
            try:
                articles.append(load(path, language))
            except _BadArticle as bad:
                errors.append(ArticleError(str(path), bad.line, bad.reason))
    return articles, errors


def load(path: Path, language: Language) -> Article:
    if not SLUG.fullmatch(path.stem):
        raise _BadArticle(
            1, f"the name {path.stem!r} can't be part of an address; use lower-case letters, digits and hyphens"
        )
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise _BadArticle(1, f"the file is not UTF-8 text ({error.reason})") from error
    head, body, body_line = _split(text)
    fields, lines = _front_matter(head)
    if not body.strip():
        raise _BadArticle(body_line, "the article has no text below its front matter")
    checked = {name: _checked(name, value, lines[name]) for name, value in fields.items()}
    for name in ("title", "phrasings"):
        if name not in checked:
            raise _BadArticle(1, f"`{name}` is missing in the front matter")
    return Article(slug=path.stem, language=language, body_markdown=body.strip(), **checked)


def _split(text: str) -> tuple[str, str, int]:
    """Front matter, body, and the line at which the body begins."""
    lines = text.splitlines()
    if not lines or lines[0].strip() != "---":
        raise _BadArticle(1, "the file must begin with front matter between two lines of ---")
    for number, line in enumerate(lines[1:], start=2):
        if line.strip() == "---":
            return "\n".join(lines[1 : number - 1]), "\n".join(lines[number:]), number + 1
    raise _BadArticle(len(lines), "the front matter is not closed by a line of ---")


def _front_matter(head: str) -> tuple[dict[str, Any], dict[str, int]]:
    """The fields and the line in the file of each."""
    try:
        node = yaml.compose(head, Loader=yaml.SafeLoader)
        fields = yaml.safe_load(head)
    except yaml.YAMLError as error:
        # The context is where the broken thing begins; the problem is often only noticed at the end.
        mark = getattr(error, "context_mark", None) or getattr(error, "problem_mark", None)
        reason = getattr(error, "problem", None) or str(error)
        raise _BadArticle((mark.line if mark else 0) + 2, f"the front matter is not valid YAML: {reason}") from error
    if not isinstance(fields, dict) or not isinstance(node, yaml.MappingNode):
        raise _BadArticle(2, "the front matter must be a list of `name: value`")
    lines = {str(key.value): key.start_mark.line + 2 for key, _ in node.value}
    for name in fields:
        if name not in FIELDS:
            raise _BadArticle(lines.get(str(name), 2), f"unknown field `{name}`; known are {', '.join(sorted(FIELDS))}")
    return fields, lines


def _checked(name: str, value: Any, line: int) -> Any:
    if name == "title":
        return _text(name, value, line)
    if name in ("reviewed_at", "review_by"):
        if type(value) is not date:
            raise _BadArticle(line, f"`{name}` must be a date such as 2026-10-01")
        return value
    if not isinstance(value, list):
        raise _BadArticle(line, f"`{name}` must be a list")
    if name == "links":
        return tuple(_link(item, line) for item in value)
    items = tuple(_text(name, item, line) for item in value)
    if name == "phrasings" and len(items) < FEWEST_PHRASINGS:
        raise _BadArticle(line, "`phrasings` needs at least one question as customers ask it")
    return items


def _text(name: str, value: Any, line: int) -> str:
    if not isinstance(value, str) or not value.strip():
        raise _BadArticle(line, f"`{name}` must be text; put it in quotes if YAML reads it as something else")
    return value.strip()


def _link(value: Any, line: int) -> Link:
    if not isinstance(value, dict) or set(value) != {"title", "url"}:
        raise _BadArticle(line, "each of `links` must have `title` and `url`")
    link = Link(_text("title", value["title"], line), _text("url", value["url"], line))
    if not link.url.startswith(("https://", "http://", "/", "mailto:")):
        raise _BadArticle(line, f"the address {link.url!r} must begin with https://, /, or mailto:")
    return link


@dataclass(frozen=True)
class Passage:
    """A piece of an article that search compares a question with."""

    text: str
    kind: Literal["title", "phrasing", "body"]


def passages(article: Article) -> Iterator[Passage]:
    """Title, phrasings, and the text paragraph by paragraph."""
    yield Passage(article.title, "title")
    for phrasing in article.phrasings:
        yield Passage(phrasing, "phrasing")
    for section in sections(article.body_markdown):
        for text in paragraphs(section.markdown):
            headed = text if text.startswith(section.heading) else f"{section.heading}: {text}"
            yield Passage(headed, "body")


@dataclass(frozen=True)
class Section:
    #: Empty for what stands above the first heading.
    heading: str
    #: With its heading.
    markdown: str


def sections(markdown: str) -> list[Section]:
    """The text cut at its headings; a heading within a block of code is none."""
    found: list[tuple[str, list[str]]] = [("", [])]
    in_code = False
    for line in markdown.splitlines():
        in_code ^= line.lstrip().startswith("```")
        if (heading := HEADING.match(line)) and not in_code:
            found.append((_plain(heading[1]), []))
        found[-1][1].append(line)
    cut = [Section(heading, "\n".join(lines).strip()) for heading, lines in found]
    return [section for section in cut if section.markdown]


def paragraphs(markdown: str) -> Iterator[str]:
    """Plain paragraphs of some length; short ones (a heading, a list item) join the next, long ones are cut."""
    held = ""
    for block in re.split(r"\n\s*\n", markdown):
        held = f"{held} {_plain(block)}".strip()
        if len(held) >= SHORTEST_PARAGRAPH:
            yield from _cut(held)
            held = ""
    if held:
        yield from _cut(held)


def _cut(text: str) -> Iterator[str]:
    """Pieces of at most `LONGEST_PARAGRAPH` characters, at the ends of sentences or words where there are any."""
    while len(text) > LONGEST_PARAGRAPH:
        end = max(text.rfind(". ", 0, LONGEST_PARAGRAPH) + 1, 0) or text.rfind(" ", 0, LONGEST_PARAGRAPH)
        end = end if end > LONGEST_PARAGRAPH // 2 else LONGEST_PARAGRAPH
        yield text[:end].strip()
        text = text[end:].strip()
    if text:
        yield text


def _plain(markdown: str) -> str:
    return re.sub(r"[*_`#>|]+|\[([^\]]*)\]\([^)]*\)", r"\1", markdown).strip()
