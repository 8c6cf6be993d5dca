"""Which files are kept, from customers and from agents alike: by what is in them, never by what they are called."""

from __future__ import annotations

import re
from typing import Literal

import filetype

MAX_BYTES = 20 * 1024 * 1024
#: What may be kept, by content. No HTML, SVG, script or program.
TYPES = {
    "image/jpeg",
    "image/png",
    "image/gif",
    "image/webp",
    "image/heic",
    "application/pdf",
    "audio/ogg",
    "audio/mpeg",
    "audio/mp4",
    "audio/x-m4a",
    "audio/aac",
    "audio/amr",
    "audio/x-wav",
    "audio/wav",
    "video/mp4",
    "video/3gpp",
    "video/webm",
    "video/quicktime",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}


def media_type_of(content: bytes) -> str | None:
    """The type of a file by its content, if it is one that we keep."""
    guess = filetype.guess(content)
    if guess is not None:
        return str(guess.mime) if guess.mime in TYPES else None
    return "text/plain" if _is_text(content) else None


def kind_of(media_type: str) -> Literal["image", "audio", "video", "document"]:
    """What a file of this type is to the people who see it."""
    kinds: dict[str, Literal["image", "audio", "video"]] = {"image": "image", "audio": "audio", "video": "video"}
    return kinds.get(media_type.partition("/")[0], "document")


def _is_text(content: bytes) -> bool:
    """Plain text that no browser could take for a page."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return bool(text.strip()) and "<" not in text[:1024] and not any(ord(sign) < 9 for sign in text[:4096])


def plain_name(name: str) -> str:
    """A file's name without its folders and without signs that a header or a page could stumble over."""
    last = re.split(r"[/\\]", name)[-1]
    return re.sub(r"[\x00-\x1f\x7f\"<>|:*?\u202a-\u202e\u2066-\u2069\ud800-\udfff]", "_", last).strip()[-200:]
