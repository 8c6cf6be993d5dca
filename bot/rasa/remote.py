"""Calls of the action server that cost little: one kept connection, and of the tracker what actions read."""

from __future__ import annotations

import json
from typing import Any, Dict, List, Optional

import aiohttp
from rasa.core.actions.action import Action, RemoteAction
from rasa.core.actions.forms import FormAction
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import Event, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker, EventVerbosity
from rasa.utils.endpoints import ClientResponseError, EndpointConfig

#: Of use to the pipeline only.
HEAVY = ("embedding", "part_embeddings")


class ActionServer(EndpointConfig):
    """Rasa opens a session and a connection for each call; this one keeps them."""

    _session: Optional[aiohttp.ClientSession] = None

    @classmethod
    def of(cls, endpoint: Optional[EndpointConfig]) -> Optional[EndpointConfig]:
        """The same address with the same settings."""
        if endpoint is None or isinstance(endpoint, cls):
            return endpoint
        own = cls.__new__(cls)
        own.__dict__ = dict(endpoint.__dict__)
        return own

    async def request(self, *args: Any, **kwargs: Any) -> Any:
        """Raises what Rasa's own request raises. A kept connection may just have ended, so a second try is made."""
        if self.cafile or self.basic_auth or self.params or self.token:
            return await super().request(*args, **kwargs)
        body = json.dumps(kwargs["json"]).encode()
        try:
            return await self._post(body)
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError):
            return await self._post(body)

    async def _post(self, body: bytes) -> Any:
        if self._session is None or self._session.closed:
            self._session = self.session()
        headers = {"Content-Type": "application/json", **self.headers}
        async with self._session.post(self.url, data=body, headers=headers) as answer:
            content = await answer.read()
            if answer.status >= 400:
                raise ClientResponseError(answer.status, answer.reason, content.decode(errors="replace"))
            return json.loads(content)


class SlimAction(RemoteAction):
    """A custom action, asked without the message's features and without a schema compiled for each answer."""

    def _action_call_format(self, tracker: DialogueStateTracker, domain: Domain) -> Dict[str, Any]:
        state = tracker.current_state(EventVerbosity.ALL)
        for event in state["events"]:
            if event["event"] == UserUttered.type_name:
                event["metadata"] = {}
        latest = tracker.latest_message
        if latest is not None:
            metadata = {name: value for name, value in (latest.metadata or {}).items() if name not in HEAVY}
            state["latest_message"] = {**state["latest_message"], "metadata": metadata, "message_id": latest.message_id}
        call: Dict[str, Any] = {"next_action": self.name(), "sender_id": tracker.sender_id, "tracker": state}
        if not self._is_selective_domain_enabled() or domain.does_custom_action_explicitly_need_domain(self.name()):
            call["domain"] = domain.as_dict()
        return call

    def _validate_action_result(self, result: Any) -> bool:
        """The events are checked one by one as they are read."""
        sound = isinstance(result, dict) and all(
            isinstance(part, list) and all(isinstance(one, dict) for one in part)
            for part in (result.get("events", []), result.get("responses", []))
        )
        if not sound:
            raise ValueError(f"The action server's answer to {self.name()} is no object of events and responses.")
        return True


class SlimForm(FormAction):
    """A form that asks and validates by `SlimAction`."""

    async def validate_slots(
        self,
        slot_candidates: Dict[str, Any],
        tracker: DialogueStateTracker,
        domain: Domain,
        output_channel: Any,
        nlg: Any,
    ) -> List[Event]:
        name = f"validate_{self.name()}"
        # Without a candidate there is nothing to validate, so the server need not be asked.
        if not slot_candidates or name not in domain.action_names_or_texts:
            return []
        given = [SlotSet(slot, value) for slot, value in slot_candidates.items()]
        action = SlimAction(name, self.action_endpoint)
        return await action.run(output_channel, nlg, self._temporary_tracker(tracker, given, domain), domain)

    async def _ask_for_slot(
        self, domain: Domain, nlg: Any, output_channel: Any, slot_name: str, tracker: DialogueStateTracker
    ) -> List[Event]:
        name = self._name_of_utterance(domain, slot_name) or ""
        if name not in domain.user_actions or name in domain.responses:
            return await super()._ask_for_slot(domain, nlg, output_channel, slot_name, tracker)
        return await SlimAction(name, self.action_endpoint).run(output_channel, nlg, tracker, domain)


def slim(action: Action) -> Action:
    """The action in its slim form, if it has one."""
    if type(action) is RemoteAction:
        return SlimAction(action.name(), action.action_endpoint)
    if type(action) is FormAction:
        return SlimForm(action.name(), action.action_endpoint)
    return action
