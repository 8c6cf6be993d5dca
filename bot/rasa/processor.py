"""One turn inside Rasa that either happens whole or leaves no trace."""

from __future__ import annotations

from typing import Any, Dict, List

from rasa.core.actions.action import Action, ActionExecutionRejection, ActionExtractSlots
from rasa.core.actions.loops import LoopAction
from rasa.core.channels.channel import OutputChannel, UserMessage
from rasa.core.nlg import NaturalLanguageGenerator
from rasa.core.policies.policy import PolicyPrediction
from rasa.core.processor import MessageProcessor
from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.events import ActionExecutionRejected, BotUttered, Event, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from bot.rasa.graph import InOrder
from bot.rasa.remote import ActionServer, slim


class TurnFailed(Exception):
    """An action could not run; nothing of the turn was kept, it may be asked again."""


class TurnProcessor(MessageProcessor):
    """Rasa's processor, asked once for each turn id."""

    @classmethod
    def of(cls, processor: MessageProcessor) -> TurnProcessor:
        """On the parts of a running one, with the tracker store itself: Rasa's wrapper would hide its errors."""
        own = cls.__new__(cls)
        own.__dict__ = {
            **processor.__dict__,
            "tracker_store": bare(processor.tracker_store),
            "action_endpoint": ActionServer.of(processor.action_endpoint),
            "graph_runner": InOrder(processor.graph_runner),
        }
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

    async def run_action_extract_slots(
        self, output_channel: OutputChannel, tracker: DialogueStateTracker
    ) -> DialogueStateTracker:
        extract = ActionExtractSlots(self.action_endpoint)
        tracker.update_with_events(await extract.run(output_channel, self.nlg, tracker, self.domain), self.domain)
        return tracker

    async def _run_action(
        self,
        action: Action,
        tracker: DialogueStateTracker,
        output_channel: OutputChannel,
        nlg: NaturalLanguageGenerator,
        prediction: PolicyPrediction,
    ) -> bool:
        """Rasa's own would log an error of an action and go on as if nothing had been said; here the turn fails."""
        try:
            seen = self._with(prediction.events, tracker) if isinstance(action, LoopAction) else tracker
            events = await slim(action).run(output_channel, nlg, seen, self.domain) or []
        except ActionExecutionRejection:
            tracker.update(ActionExecutionRejected(action.name(), prediction.policy_name, prediction.max_confidence))
            return bool(self.should_predict_another_action(action.name()))
        except Exception as error:
            raise TurnFailed(action.name()) from error
        if not any(isinstance(event, ActionExecutionRejected) for event in events):
            tracker.update_with_events(prediction.events, self.domain)
            tracker.update(action.event_for_successful_execution(prediction))
        tracker.update_with_events(events, self.domain)
        return bool(self.should_predict_another_action(action.name()))

    def _with(self, events: List[Event], tracker: DialogueStateTracker) -> DialogueStateTracker:
        """A copy, because a form may reject the message; then what was predicted must not stay."""
        copy = tracker.copy()
        copy.update_with_events(events, self.domain)
        return copy


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
