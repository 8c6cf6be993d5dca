"""What a channel must be able to do. `docs/adding-a-channel.md` walks through it."""

from __future__ import annotations

from typing import Protocol

from tickets.contracts import Message


class Channel(Protocol):
    name: str
    #: True: the outbox calls `send`. False: the customer's own connection reads the thread, as the web chat does.
    pushes: bool

    async def send(self, address: str, message: Message) -> None:
        """Hands one message to the platform.

        Raises `ChannelError`, which says whether trying again is of use.
        """
        ...
