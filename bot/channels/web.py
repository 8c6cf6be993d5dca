"""The web chat as a channel: its sockets read the thread by cursor, so nothing is pushed to it."""

from __future__ import annotations

from tickets.contracts import Message


class WebChannel:
    name = "web"
    pushes = False

    async def send(self, address: str, message: Message) -> None:
        """Nothing to do: the customer's socket replays the thread from its own cursor."""
