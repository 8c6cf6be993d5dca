"""What becomes of two customers' facts when they turn out to be one. Pure functions over what Redis holds as text."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

from bot.threads import number, order, shown, tickets

#: Fields of a thread that belong to the machinery of merging, or that `adopt` writes itself.
OWN_FIELDS = frozenset({"merging", "sealed", "moved_to", "joined"})
#: Slots that serve one dialogue only.
INNER_SLOTS = frozenset({"language", "requested_slot", "session_started_metadata", "missed", "offered"})


def joined_thread(kept: Mapping[str, str], merged: Mapping[str, str]) -> dict[str, str]:
    """The fields of the common thread.

    Agent goes before queue before bot; of two tickets with equal owners the one that waits longer is shown, the other
    stays in `also`. Language, channel and the question at hand are those of the side that wrote last.
    """
    later, earlier = (merged, kept) if _active(merged) > _active(kept) else (kept, merged)
    joined = {**merged, **kept}
    at_hand = ("language", "channel", "active", "question")
    joined |= {name: later.get(name) or earlier.get(name, "") for name in at_hand}
    joined["last_ticket"] = max(kept.get("last_ticket", ""), merged.get("last_ticket", ""), key=number)
    joined |= shown([*tickets(kept), *tickets(merged)])
    joined["epoch"] = str(max(int(kept.get("epoch", 1)), int(merged.get("epoch", 1))) + 1)
    joined["anger_from"] = min(kept.get("anger_from", "0-0"), merged.get("anger_from", "0-0"), key=order)
    rejected = [*json.loads(kept.get("rejected") or "[]"), *json.loads(merged.get("rejected") or "[]")]
    joined["rejected"] = json.dumps(list(dict.fromkeys(rejected)))
    return {name: value for name, value in joined.items() if name not in OWN_FIELDS and (value or name in kept)}


def parted_thread(thread: Mapping[str, str], theirs: frozenset[str]) -> tuple[dict[str, str], dict[str, str]]:
    """The fields of the thread that stays and of the one that gets its tickets back, of those that are still open."""
    held, epoch = tickets(thread), {"epoch": str(int(thread.get("epoch", 1)) + 1)}
    stay = shown([one for one in held if one.ref not in theirs])
    leave = shown([one for one in held if one.ref in theirs])
    return stay | epoch, leave | epoch


def joined_card(kept: Mapping[str, str], merged: Mapping[str, str]) -> dict[str, str]:
    """What the merged customer's card adds to the kept one's: the stricter consent wins,
    the later contact and wish count."""
    added: dict[str, str] = {}
    for name, value in merged.items():
        known = kept.get(name)
        kind = name.partition(":")[0]
        if not known:
            added[name] = value
        elif kind == "consent":
            added[name] = min(known, value, key=_consent)
        elif kind == "wrote":
            added[name] = max(known, value, key=lambda wrote: int(wrote.partition(" ")[0]))
        elif name == "preferred_channel":
            added[name] = max(known, value, key=lambda wish: str(json.loads(wish)["at"]))
    return {name: value for name, value in added.items() if kept.get(name) != value}


def parted_wish(common: str, theirs: str, former: str, staying: Collection[str]) -> tuple[str, str]:
    """Where answers shall go after an undo: of the customer who stays and of the one who leaves, as cards keep it.

    What the one who leaves brought, or what is about a channel that leaves with them, goes along;
    then the one who stays wishes again what they did before (`former`).
    """
    about = json.loads(common)["channel"] if common else ""
    if common == theirs or (about and about not in staying):
        return former, common
    return common, theirs


def joined_slots(goes_on: Mapping[str, Any], fills_in: Mapping[str, Any]) -> dict[str, Any]:
    """The slots of the memory that goes on, with what only the other one knows."""
    return {name: value for name, value in fills_in.items() if name not in INNER_SLOTS and value is not None} | {
        name: value for name, value in goes_on.items() if value is not None
    }


def folded_slots(base: Mapping[str, Any], events: list[dict[str, Any]]) -> dict[str, Any]:
    """The slots at the end of a memory as Rasa's tracker store keeps it."""
    slots = dict(base.get("slots") or {})
    for event in events:
        if event.get("event") == "slot":
            slots[event["name"]] = event.get("value")
        elif event.get("event") in ("reset_slots", "restart"):
            slots = {}
    return slots


def _active(thread: Mapping[str, str]) -> tuple[int, int]:
    return order(thread.get("active") or "0-0")


def _consent(raw: str) -> tuple[bool, str]:
    """The stricter first; of two alike the older."""
    found = json.loads(raw)
    return bool(found.get("messages")), str(found.get("at", ""))
