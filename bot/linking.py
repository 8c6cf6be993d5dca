"""Joins a customer's channels by a single-use code: asked for on one channel, brought to the other, confirmed on both.

A channel calls `Links.redeem` for a code that a customer brought, and `Links.answer` for a pressed choice whose payload
begins with `CHOICE`; neither is put into the thread. What the customer has to be told goes into their thread by itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

#: Payloads of the choices "connect" and "do not connect": they are for `Links.answer` and never a customer's message.
CHOICE = "link:"

#: A code as people type it: ``FD-7K3QX-9M2PT``, in any case, with or without the dashes.
TYPED = re.compile(r"\s*fd[\s-]?([0-9a-z]{5})[\s-]?([0-9a-z]{5})\s*", re.IGNORECASE)
WORDS = frozenset({"link", "/link", "connect", "verbinden", "/verbinden", "koppeln"})


@dataclass(frozen=True)
class Offer:
    """A fresh code; it is told to its customer and kept nowhere else in the clear."""

    #: As it is shown and typed: ``FD-7K3QX-9M2PT``.
    code: str
    expires_at: datetime


@dataclass(frozen=True)
class Outcome:
    """What became of a code or an answer. The customer has been told in their thread already."""

    state: Literal["asked", "waiting", "linked", "declined", "refused"]
    #: The customer to whom the address belongs now.
    customer_id: str
    #: Of ``refused``: ``code_invalid`` (wrong, used or too old: never told apart), ``too_many``, ``not_yours``.
    code: str = ""


def code_in(text: str) -> str | None:
    """The code that a message consists of, as `Links.redeem` takes it; None for any other message."""
    found = TYPED.fullmatch(text)
    return f"FD-{found[1]}-{found[2]}".upper() if found else None


def wants_link(text: str) -> bool:
    """Whether a message asks for a code, in one word: then call `Links.offer` instead of accepting it."""
    return text.strip().casefold().rstrip(".!") in WORDS


class Links:
    async def offer(self, channel: str, address: str, language: str | None = None) -> Offer:
        """A code for a customer who wants to go on elsewhere. On a pushed channel it is sent to the address as well.

        Raises `Refused` (``too_many``) when the address asks too often.
        """
        raise NotImplementedError

    async def redeem(self, channel: str, address: str, code: str, name: str = "") -> Outcome:
        """A customer brought a code, by a tap on a link or typed. One call per code wins, however many come at once.

        The asking side is then asked to confirm, and this side too if its thread has something to show. Never raises
        for a bad code: the outcome is ``refused`` and the customer is told.
        """
        raise NotImplementedError

    async def answer(self, channel: str, address: str, payload: str) -> Outcome:
        """A pressed choice whose payload begins with `CHOICE`. With the consent of both sides the threads become one."""
        raise NotImplementedError
