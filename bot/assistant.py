"""The one client of Rasa: a turn goes in, replies come out. A successor of Rasa takes this module's place."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from bot.errors import AssistantUnavailable


@dataclass(frozen=True)
class Decision:
    """What the assistant wants said and done after one turn."""

    replies: tuple[dict[str, Any], ...]
    intent: str = ""
    confidence: float = 0.0
    slots: dict[str, Any] = field(default_factory=dict)


class Assistant:
    """Rasa, as the turns see it."""

    def __init__(self, session: aiohttp.ClientSession, url: str, timeout_seconds: float = 20) -> None:
        self._session = session
        self._url = url.rstrip("/")
        self._timeout = aiohttp.ClientTimeout(total=timeout_seconds)

    async def decide(self, customer_id: str, turn: str, text: str, metadata: dict[str, Any]) -> Decision:
        """One turn. The same turn id gives the same replies, however often it is asked.

        Raises `AssistantUnavailable` when Rasa is away, fails, or has nothing to say.
        """
        body = {"sender": customer_id, "turn": turn, "text": text, "metadata": metadata}
        try:
            async with self._session.post(
                f"{self._url}/webhooks/turn/webhook", json=body, timeout=self._timeout
            ) as answer:
                if answer.status != 200:
                    raise AssistantUnavailable(f"Rasa answered {answer.status}")
                decided = await answer.json(content_type=None)
        except (aiohttp.ClientError, asyncio.TimeoutError, ValueError) as error:
            raise AssistantUnavailable(type(error).__name__) from error
        if not decided.get("replies"):
            raise AssistantUnavailable("Rasa gave no reply; its action server may be away")
        intent = decided.get("intent") or {}
        return Decision(
            replies=tuple(decided["replies"]),
            intent=str(intent.get("name") or ""),
            confidence=float(intent.get("confidence") or 0),
            slots=decided.get("slots") or {},
        )

    async def is_up(self) -> bool:
        try:
            async with self._session.get(f"{self._url}/", timeout=aiohttp.ClientTimeout(total=2)) as answer:
                return answer.status < 500
        except (aiohttp.ClientError, asyncio.TimeoutError):
            return False
