"""What a customer can do on a simulated phone, as JSON."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Any


class BadAction(Exception):
    """The phone can't do this; the message says why."""


@dataclass(frozen=True)
class File:
    """A file on a phone, with its bytes."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True)
class Action:
    """What a customer does."""

    #: text, choice, file, location, sticker, edit, delete, read, start
    kind: str
    text: str = ""
    #: Of choice, edit, delete, read: the bubble.
    message: str = ""
    index: int = 0
    file: File | None = None
    location: tuple[float, float] | None = None
    #: Of start: the code in the link that was tapped.
    code: str = ""


def action_of(raw: bytes) -> Action:
    """The action in a request's body.

    ``{"text"}``, ``{"choice": {"message", "index"}}``, ``{"file": {"name", "media_type", "data": base64}, "text"?}``,
    ``{"location": {"latitude", "longitude"}}``, ``{"sticker": true}``, ``{"edit": {"message", "text"}}``,
    ``{"delete": {"message"}}``, ``{"read": {"message"?}}``, ``{"start": {"code"?}}``. Raises `BadAction`.
    """
    try:
        given = json.loads(raw)
        kind = next(one for one in _MAKERS if one in given)
        made: Action = _MAKERS[kind](given, given[kind])
        return made
    except StopIteration as error:
        raise BadAction(f"an action is one of {', '.join(_MAKERS)}") from error
    except (KeyError, TypeError, ValueError, binascii.Error) as error:
        raise BadAction(f"the action is not complete: {error}") from error


def _file(given: dict[str, Any], file: dict[str, Any]) -> Action:
    content = base64.b64decode(file["data"], validate=True)
    made = File(str(file.get("name") or ""), str(file.get("media_type") or "application/octet-stream"), content)
    return Action("file", str(given.get("text") or ""), file=made)


_MAKERS: dict[str, Any] = {
    "file": _file,
    "choice": lambda given, one: Action("choice", message=str(one["message"]), index=int(one["index"])),
    "location": lambda given, one: Action("location", location=(float(one["latitude"]), float(one["longitude"]))),
    "sticker": lambda given, one: Action("sticker"),
    "edit": lambda given, one: Action("edit", str(one["text"]), message=str(one["message"])),
    "delete": lambda given, one: Action("delete", message=str(one["message"])),
    "read": lambda given, one: Action("read", message=str(one.get("message") or "")),
    "start": lambda given, one: Action("start", code=str(one.get("code") or "")),
    "text": lambda given, one: Action("text", str(one)),
}
