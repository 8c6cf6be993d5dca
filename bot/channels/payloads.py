"""What channels share in reading a platform's calls: the comparison of secrets, and what may stand in a payload."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from bot.channels.protocol import Ignored, Parsed, Place
from bot.errors import Refused


def same(given: str, expected: str) -> bool:
    """Compares in constant time."""
    return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), expected.encode())


def forged() -> Refused:
    return Refused("bad_signature", "The signature or secret is missing or wrong.", status=403)


def moment(seconds: Any) -> datetime | None:
    """A platform's time stamp, in seconds; None when it is none."""
    try:
        return datetime.fromtimestamp(float(seconds), UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None


def objects(found: Any) -> list[dict[str, Any]]:
    """The objects in what should be a list of objects."""
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def each(parse: Callable[[dict[str, Any]], Parsed], found: Any) -> list[Parsed]:
    """The entries of a batch, each for itself: one that is broken must not hold up the others."""
    parsed: list[Parsed] = []
    for one in objects(found):
        try:
            parsed.append(parse(one))
        except Refused as refused:
            parsed.append(Ignored(refused.code))
    return parsed


def entry(found: Any) -> dict[str, Any]:
    """What should be an object; empty when it is none."""
    return found if isinstance(found, dict) else {}


def json_object(raw: bytes) -> dict[str, Any]:
    """An answer that should be a JSON object; empty when it is none."""
    try:
        return entry(json.loads(raw))
    except ValueError:
        return {}


def place(found: dict[str, Any]) -> Place | None:
    """A place in the usual words; None where it is none."""
    try:
        return Place(float(found["latitude"]), float(found["longitude"]), str(found.get("name") or ""))
    except (KeyError, TypeError, ValueError):
        return None
