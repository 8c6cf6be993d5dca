"""The folder of articles that `bot` follows: here the desk writes into it, one whole file at a time."""

from __future__ import annotations

import hashlib
import os
import secrets
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

LANGUAGES = ("de", "en")


class SlugTaken(Exception):
    """Another article has this address already, or somebody changed this one by hand."""


@dataclass(frozen=True)
class Known:
    """An article in the folder as the report needs it."""

    language: str
    slug: str
    title: str
    review_by: date | None


class Folder:
    def __init__(self, path: Path) -> None:
        self.path = path

    def slugs(self) -> set[tuple[str, str]]:
        """``(language, slug)`` of all articles."""
        return {(one.parent.name, one.stem) for language in LANGUAGES for one in (self.path / language).glob("*.md")}

    def articles(self) -> list[Known]:
        """Those that can be read; `bot` tells what is wrong with the others."""
        found = (_known(path) for language in LANGUAGES for path in sorted((self.path / language).glob("*.md")))
        return [one for one in found if one]

    def write(self, language: str, slug: str, text: str, replaces: str = "") -> str:
        """Publishes a file and returns its digest. `replaces` is the digest of the version that may be replaced.

        Readers see the whole file or none. Raises `SlugTaken`, or `OSError` when the folder can't be written.
        """
        folder = self.path / language
        folder.mkdir(parents=True, exist_ok=True)
        target, draft = folder / f"{slug}.md", folder / f".{slug}.{secrets.token_hex(4)}.part"
        try:
            with draft.open("x", encoding="utf-8", newline="\n") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            self._place(draft, target, replaces)
        finally:
            draft.unlink(missing_ok=True)
        return digest(text)

    def _place(self, draft: Path, target: Path, replaces: str) -> None:
        if replaces and target.exists():
            if digest(target.read_text(encoding="utf-8")) != replaces:
                raise SlugTaken
            draft.replace(target)
            return
        try:
            # Unlike a rename, a link never replaces what somebody else has just put there.
            os.link(draft, target)
        except FileExistsError as error:
            # The same text is there when the last try was interrupted after the writing.
            if target.read_bytes() != draft.read_bytes():
                raise SlugTaken from error


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _known(path: Path) -> Known | None:
    try:
        head = path.read_text(encoding="utf-8-sig").split("---", 2)[1]
        fields: Any = yaml.safe_load(head)
        review_by = fields.get("review_by")
        return Known(path.parent.name, path.stem, str(fields["title"]), review_by if type(review_by) is date else None)
    except (OSError, UnicodeDecodeError, yaml.YAMLError, LookupError, AttributeError, TypeError):
        return None
