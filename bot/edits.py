"""What becomes of a message that its customer edits or deletes. The log keeps what was written;
readers see what holds now.

A change is an entry of its own in the log, so that it has its place, is told to the desk and wakes the sockets. Beside
the log stands, by the id of the changed message, what that message reads now: whoever reads it sees the newest words.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from tickets.contracts import Former, Message


def folded(one: Message, states: Mapping[str, str]) -> Message:
    """The message as it reads now; of one that was deleted only `former` holds its words."""
    raw = states.get(one.id)
    if raw is None or one.change:
        return one
    state = json.loads(raw)
    former = tuple(Former.model_validate(past) for past in state["former"])
    deleted_at = datetime.fromisoformat(state["deleted_at"]) if state["deleted_at"] else None
    return one.model_copy(update={"text": state["text"], "former": former, "deleted_at": deleted_at})


def written(messages: Iterable[Message]) -> list[Message]:
    """What customers and others wrote: without the entries that only change it, and without what was taken back."""
    return [one for one in messages if not one.change and one.deleted_at is None]


def changed(original: Message, change: Message, at: datetime | None = None) -> tuple[Message, str] | None:
    """``(entry, state)``: the change as the log keeps it, and how the original reads from now on.

    None when there is nothing to change: it was deleted already, or reads so.
    """
    same = change.change == "edited" and change.text == original.text
    if original.deleted_at is not None or same:
        return None
    at = at or datetime.now(UTC)
    text, deleted_at = (change.text, None) if change.change == "edited" else ("", at)
    former = (*original.former, Former(text=original.text, at=at))
    entry = change.model_copy(update={"text": text, "former": former, "deleted_at": deleted_at})
    state: dict[str, Any] = {"text": text, "deleted_at": deleted_at.isoformat() if deleted_at else None}
    return entry, json.dumps(state | {"former": [one.model_dump(mode="json") for one in former], "times": len(former)})
