"""Rasa's memory of a customer in Redis: a turn costs the same however long the thread is.

Only new events are appended, and only the last turns are kept and read. What the dropped events did
to slots and form is folded into a base, from which the kept ones go on. The thread itself is kept by `bot`, whole.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any, Dict, Iterable, List, Optional, Tuple

from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, ActiveLoop, Event, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.utils.common import all_subclasses

from runtime.keep import BAD_SETTINGS
from runtime.partition import partition
from runtime.redis_blocking import Script, connect
from runtime.settings import Settings, SettingsError

#: Turns that are read again in the next one: enough for any rule and for a turn that is asked twice.
KEPT_TURNS = 3
#: With more, the oldest are dropped down to `KEPT_TURNS`; not at every turn, to write less.
MOST_TURNS = 5

LOAD, SAVE = (Script((Path(__file__).parent / f"{name}_tracker.lua").read_text()) for name in ("load", "save"))

KINDS = {kind.type_name: kind for kind in all_subclasses(Event) if getattr(kind, "type_name", None)}


class Conflict(Exception):
    """Another process has written this customer's tracker since it was read."""


@dataclass(frozen=True)
class Stored:
    """What Redis held when a tracker was read."""

    version: int
    base: Dict[str, Any]
    #: How many events of the tracker stand for the base, and how many for each turn in the list.
    leading: int
    turns: Tuple[int, ...]


class WindowTrackerStore(TrackerStore):
    def __init__(
        self, domain: Optional[Domain] = None, host: str = "", event_broker: Optional[EventBroker] = None, **kwargs: Any
    ) -> None:
        self._url = host or _address()
        super().__init__(domain, event_broker)

    @cached_property
    def red(self) -> Any:
        """Opened by the first turn: Rasa would start without a model where Redis is away at its start."""
        return connect(self._url)

    async def retrieve(self, sender_id: str) -> Optional[DialogueStateTracker]:
        (version, base_json), raw = LOAD.run(self.red, keys(sender_id))
        if version is None:
            return None
        base = json.loads(base_json)
        turns = [[event for event in map(_event, json.loads(one)) if event] for one in raw]
        leading = _leading(base)
        tracker = super().init_tracker(sender_id)
        tracker.update_with_events([*leading, *chain.from_iterable(turns)], self.domain)
        tracker.stored = Stored(int(version), base, len(leading), tuple(map(len, turns)))
        return tracker

    async def create_tracker(self, sender_id: str, append_action_listen: bool = True) -> DialogueStateTracker:
        """A tracker without events is not worth a write."""
        tracker = super().init_tracker(sender_id)
        if append_action_listen:
            tracker.update(ActionExecuted(ACTION_LISTEN_NAME))
        return tracker

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Appends what is new. Raises `Conflict` and writes nothing if another process was faster."""
        stored = getattr(tracker, "stored", None) or Stored(0, {"slots": {}, "loop": None}, 0, ())
        kept = list(tracker.events)[stored.leading :]
        new = kept[sum(stored.turns) :]
        if not new:
            return
        turns = (*stored.turns, len(new))
        drop = len(turns) - KEPT_TURNS if len(turns) > MOST_TURNS else 0
        dropped = kept[: sum(turns[:drop])]
        written = SAVE.run(
            self.red,
            keys(tracker.sender_id),
            [stored.version, json.dumps(_folded(stored.base, dropped)), drop, json.dumps(list(map(_plain, new)))],
        )
        if written < 0:
            raise Conflict(f"The tracker of {tracker.sender_id} was written by another process meanwhile.")
        tracker.stored = Stored(int(written), stored.base, stored.leading + len(dropped), turns[drop:])

    async def keys(self) -> Iterable[str]:
        found = self.red.scan_iter(match="tracker:{p*}:*", count=1000)
        return [key.split(":", 2)[2] for key in found]


def _address() -> str:
    """REDIS_URL. A bad one ends the process with one line, as it ends the others:
    Rasa would show its own code instead."""
    try:
        return Settings.load().redis_url
    except SettingsError as error:
        print(error, file=sys.stderr)
        raise SystemExit(BAD_SETTINGS) from None


def keys(sender_id: str) -> tuple[str, str]:
    """HASH version, base; LIST the events of each turn as JSON. On the node that has the customer's thread."""
    own = f"{partition(sender_id)}:{sender_id}"
    return f"tracker:{own}", f"tracker-events:{own}"


def _event(fields: Dict[str, Any]) -> Optional[Event]:
    """As `Event.from_parameters`, which looks through all kinds of events for each one."""
    kind = KINDS.get(fields["event"])
    return kind._from_parameters(fields) if kind else Event.from_parameters(fields)


def _leading(base: Dict[str, Any]) -> List[Event]:
    events: List[Event] = [ActionExecuted(ACTION_LISTEN_NAME)]
    events += [SlotSet(name, value) for name, value in base["slots"].items()]
    if base["loop"]:
        events.insert(0, ActiveLoop(base["loop"]))
    return events


def _plain(event: Event) -> Dict[str, Any]:
    """Without metadata: the embedding, passages and anger of a message are of use in its own turn only."""
    written: Dict[str, Any] = event.as_dict()
    written.pop("metadata", None)
    if isinstance(event, UserUttered):
        data = event.parse_data or {}
        written["parse_data"] = {name: data[name] for name in ("intent", "entities", "text") if name in data}
    return written


def _folded(base: Dict[str, Any], events: List[Event]) -> Dict[str, Any]:
    slots, loop = dict(base["slots"]), base["loop"]
    for event in events:
        if isinstance(event, SlotSet):
            slots[event.key] = event.value
        elif isinstance(event, ActiveLoop):
            loop = event.name
        elif event.type_name in ("reset_slots", "restart"):
            slots = {}
            loop = None if event.type_name == "restart" else loop
    return {"slots": {name: value for name, value in slots.items() if value is not None}, "loop": loop}
