"""The web chat as a channel: its sockets read the thread by cursor, so nothing is pushed to it."""

from __future__ import annotations

from bot.channels.protocol import Base, Call, FileLimits, Limits, Outgoing, Parsed
from bot.errors import Refused
from runtime.file_types import MAX_BYTES


class WebChannel(Base):
    name = "web"
    pushes = False
    limits = Limits(text=8_000, files=FileLimits({"": MAX_BYTES}))

    def verify(self, call: Call) -> None:
        raise Refused("not_found", "The web chat has a socket, no webhook.", status=404)

    def parse(self, call: Call) -> list[Parsed]:
        return []

    async def send(self, address: str, part: Outgoing) -> str:
        """Nothing to do: the customer's socket replays the thread from its own cursor."""
        return ""
