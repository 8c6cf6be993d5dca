"""Articles read from the help centre's folder, for those that did not come with the message."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@dataclass(frozen=True)
class Article:
    """An article, as an answer names it."""

    slug: str
    title: str
    url: str
    #: Markdown.
    text: str

    @property
    def link(self) -> dict[str, str]:
        return {"slug": self.slug, "title": self.title, "url": self.url}


def read(language: str, slug: str, public_url: str, folder: Path) -> Article | None:
    """The article as it is on disk now; None if there is none, or none that can be read."""
    path = folder / language / f"{slug}.md"
    if not SLUG.fullmatch(slug) or not path.is_file():
        return None
    try:
        title, text = _parsed(path, path.stat().st_mtime_ns)
    except (OSError, ValueError, yaml.YAMLError):
        return None
    return Article(slug, title, f"{public_url}/help/{language}/{slug}", text)


@lru_cache(maxsize=500)
def _parsed(path: Path, changed_at: int) -> tuple[str, str]:
    _, head, body = path.read_text(encoding="utf-8-sig").split("---\n", 2)
    fields: Any = yaml.safe_load(head)
    return str(fields["title"]), body.strip()
