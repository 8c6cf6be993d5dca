"""The one door of Rasa that `bot` uses: a turn with all that was understood of it goes in, its replies come out."""

from __future__ import annotations

import logging
from typing import Any, Awaitable, Callable, Dict

from rasa.core.channels.channel import CollectingOutputChannel, InputChannel, UserMessage
from rasa.shared.core.constants import DEFAULT_INTENTS
from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker
from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse

from bot.rasa.processor import TurnProcessor, events_of, replies

logger = logging.getLogger(__name__)

#: What an agent may want to know of the assistant's memory; all else serves the assistant alone.
TOLD = ("order_number",)


class TurnInput(InputChannel):
    @classmethod
    def name(cls) -> str:
        return "turn"

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        door = Blueprint("turn_webhook", __name__)

        @door.route("/", methods=["GET"])
        async def health(request: Request) -> HTTPResponse:
            return response.json({"status": "ok"})

        @door.route("/webhook", methods=["POST"])
        async def receive(request: Request) -> HTTPResponse:
            asked = _checked(request)
            if asked is None:
                return response.json({"error": "sender, turn and text must be strings, metadata an object"}, status=400)
            return await _answered(request.app.ctx.agent, asked)

        return door


def _checked(request: Request) -> Dict[str, Any] | None:
    try:
        asked = request.json
    except Exception:
        return None
    if not isinstance(asked, dict) or not isinstance(asked.get("metadata", {}), dict):
        return None
    sound = all(isinstance(asked.get(name), str) for name in ("sender", "turn", "text"))
    return asked if sound and asked["sender"] and asked["turn"] else None


async def _answered(agent: Any, asked: Dict[str, Any]) -> HTTPResponse:
    """Any failure is a 503 with nothing kept of the turn, so that `bot` asks again."""
    if agent is None or not agent.is_ready():
        return response.json({"error": "no model"}, status=503)
    try:
        async with agent.lock_store.lock(asked["sender"]):
            tracker = await _processor(agent).turn(_message(asked, agent.domain), _language(asked))
    except Exception as error:
        logger.error(f"Turn {asked['turn']} failed: {type(error).__name__} ({type(error.__cause__).__name__}).")
        return response.json({"error": "the turn failed"}, status=503)
    return response.json(_result(asked["turn"], tracker))


def _processor(agent: Any) -> TurnProcessor:
    """Made once for each model that Rasa loads."""
    made = getattr(agent, "turn_processor", None)
    if made is None or made[0] is not agent.processor:
        made = agent.turn_processor = (agent.processor, TurnProcessor.of(agent.processor))
    return made[1]


def _message(asked: Dict[str, Any], domain: Domain) -> UserMessage:
    return UserMessage(
        text=_safe(asked["text"], domain),
        output_channel=CollectingOutputChannel(),
        sender_id=asked["sender"],
        input_channel=TurnInput.name(),
        message_id=asked["turn"],
        metadata=asked.get("metadata") or {},
    )


def _safe(text: str, domain: Domain) -> str:
    """A slash starts an intent in Rasa; only our own intents may be named so, not /restart and its kind."""
    if not text.startswith("/"):
        return text
    intent = text[1:].partition("{")[0].strip()
    return text if intent in domain.intents and intent not in DEFAULT_INTENTS else text.lstrip("/ ") or "?"


def _language(asked: Dict[str, Any]) -> str:
    return "de" if (asked.get("metadata") or {}).get("language") == "de" else "en"


def _result(turn: str, tracker: DialogueStateTracker) -> Dict[str, Any]:
    events = events_of(tracker, turn)
    intent = events[0].intent if events else {}
    slots = {name: value for name, value in tracker.current_slot_values().items() if value and name in TOLD}
    return {
        "turn": turn,
        "intent": {"name": intent.get("name") or "", "confidence": float(intent.get("confidence") or 0)},
        "slots": slots,
        "replies": replies(events),
    }
