"""One turn inside Rasa that either happens whole or leaves no trace."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

from rasa.core.actions.action import Action, ActionExecutionRejection
from rasa.core.channels.channel import UserMessage
from rasa.core.processor import MessageProcessor
from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.events import BotUttered, Event, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker


class TurnFailed(Exception):
    """An action could not run; nothing of the turn was kept, it may be asked again."""


class Watched(Action):
    """Keeps the error of an action, which Rasa would log and forget."""

    def __init__(self, action: Action) -> None:
        self._action = action
        self.error: Optional[Exception] = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._action, name)

    def name(self) -> str:
        return self._action.name()

    def event_for_successful_execution(self, prediction: Any) -> Any:
        return self._action.event_for_successful_execution(prediction)

    async def run(self, *args: Any, **kwargs: Any) -> List[Event]:
        try:
            return await self._action.run(*args, **kwargs)
        except ActionExecutionRejection:
            raise
        except Exception as error:
            self.error = error
            raise


class TurnProcessor(MessageProcessor):
    """Rasa's processor, asked once for each turn id."""

    @classmethod
    def of(cls, processor: MessageProcessor) -> TurnProcessor:
        """On the parts of a running one, with the tracker store itself: Rasa's wrapper would hide its errors."""
        own = cls.__new__(cls)
        own.__dict__ = {**processor.__dict__, "tracker_store": bare(processor.tracker_store)}
        return own

    async def turn(self, message: UserMessage, language: str) -> DialogueStateTracker:
        """The tracker after this turn, which it finds done already if the turn is asked again."""
        tracker = await self.fetch_tracker_and_update_session(message.sender_id, message.output_channel)
        if events_of(tracker, message.message_id):
            return tracker
        if tracker.get_slot("language") != language:
            tracker.update(SlotSet("language", language), self.domain)
        await self._handle_message_with_tracker(message, tracker)
        tracker = await self.run_action_extract_slots(message.output_channel, tracker)
        await self._run_prediction_loop(message.output_channel, tracker)
        await self.tracker_store.save(tracker)
        return tracker

    async def _run_action(self, action: Action, *args: Any, **kwargs: Any) -> bool:
        watched = Watched(action)
        again = await super()._run_action(watched, *args, **kwargs)
        if watched.error:
            raise TurnFailed(action.name()) from watched.error
        return bool(again)


def bare(store: TrackerStore) -> TrackerStore:
    while hasattr(store, "_tracker_store"):
        store = store._tracker_store
    return store


def events_of(tracker: DialogueStateTracker, turn: str) -> List[Event]:
    """The events of a turn, from the customer's message on; empty if it has not run or was long ago."""
    found: List[Event] = []
    for event in reversed(tracker.events):
        found.append(event)
        if isinstance(event, UserUttered):
            if event.message_id == turn:
                return found[::-1]
            found = []
    return []


def replies(events: List[Event]) -> List[Dict[str, Any]]:
    return [reply for event in events if isinstance(event, BotUttered) for reply in [_reply(event)] if reply]


def _reply(said: BotUttered) -> Dict[str, Any]:
    reply: Dict[str, Any] = {}
    if said.text:
        reply["text"] = said.text
    if said.data.get("buttons"):
        reply["buttons"] = [{"title": one["title"], "payload": one["payload"]} for one in said.data["buttons"]]
    if said.data.get("custom"):
        reply["custom"] = said.data["custom"]
    return reply
