"""The names of all Redis keys of `bot`, in one place.

A customer's keys share one hash tag, so one script may hold them.
"""

from __future__ import annotations

from dataclasses import dataclass

from tickets.contracts import partition

#: Pub/sub channel: the payload is a customer id, or ``<customer id> typing bot|agent``.
#: A poke, never the truth: that is the log.
LIVE = "live"
#: Pub/sub channel: ``<customer id> <ticket ref>`` while a customer with a ticket is typing.
DESK_TYPING = "desk:typing"


@dataclass(frozen=True)
class Keys:
    """The keys of one customer."""

    customer_id: str

    @property
    def tag(self) -> str:
        return partition(self.customer_id)

    def _own(self, name: str) -> str:
        return f"{name}:{self.tag}:{self.customer_id}"

    @property
    def thread(self) -> str:
        """HASH: owner, epoch, ticket, agent_name, language, ...; where it went (moved_to), and what
        is under way with it: ``merging`` names the merge that works on it, ``sealed`` shuts its
        door meanwhile, ``joined`` is the last marker."""
        return self._own("thread")

    @property
    def log(self) -> str:
        """STREAM: every message of the thread; the entry id is the message's cursor."""
        return self._own("log")

    @property
    def seen(self) -> str:
        """ZSET: ids that were accepted already, scored by the millisecond of their cursor."""
        return self._own("seen")

    @property
    def changes(self) -> str:
        """HASH: id of a message that was edited or deleted -> how it reads now, as JSON of `bot.edits`."""
        return self._own("changes")

    @property
    def anger(self) -> str:
        """LIST: ``<cursor> <score>`` of the last scored messages."""
        return self._own("anger")

    @property
    def customer(self) -> str:
        """HASH: name, identities, ``consent:<channel>``, ``wrote:<channel>``, ``preferred_channel``."""
        return self._own("customer")

    @property
    def sending(self) -> str:
        """STRING: how far the delivery at the head of the outbox has come, as JSON."""
        return self._own("sending")

    @property
    def deliveries(self) -> str:
        """HASH: cursor -> state, channel and client id of the last outgoing messages, as JSON."""
        return self._own("deliveries")

    @property
    def sent(self) -> str:
        """ZSET: cursors of the last outgoing messages, scored by the millisecond at which they went out."""
        return self._own("sent")

    @property
    def dead(self) -> str:
        """HASH: cursor -> channel, parts that went out, reason and time of a message that could not be delivered."""
        return self._own("dead")

    @property
    def route(self) -> str:
        """STRING: the way that a reply would go now, as JSON of `Route`."""
        return self._own("route")

    @property
    def merges(self) -> str:
        """HASH: merge id -> its record, as JSON: of the merges that this customer was part of."""
        return self._own("merges")

    @property
    def mailbox_aside(self) -> str:
        """LIST: what waited in the mailbox when the thread was sealed."""
        return self._own("mailbox-aside")

    @property
    def outbox_aside(self) -> str:
        return self._own("outbox-aside")

    def woven(self, merge_id: str) -> tuple[str, str]:
        """STREAM and HASH: the thread that a merge or undo is making, and how far it has come."""
        return f"woven:{self.tag}:{merge_id}", f"weaving:{self.tag}:{merge_id}"

    @property
    def events(self) -> str:
        return f"events:{self.tag}"


def identity(channel: str, address: str) -> str:
    """STRING: the customer id behind an address. It is looked up before the partition is known, so it has no tag."""
    return f"identity:{channel}:{address}"


def receipt(channel: str, platform_id: str) -> str:
    """STRING: ``<customer id> <cursor> <last|part>`` of a message that went out,
    for what the platform tells of it later."""
    return f"receipt:{channel}:{platform_id}"


def memory(customer_id: str) -> tuple[str, str]:
    """HASH and LIST of Rasa's tracker store; see `bot/rasa/tracker_store.py`."""
    own = f"{partition(customer_id)}:{customer_id}"
    return f"tracker:{own}", f"tracker-events:{own}"


def journal(merge_id: str) -> str:
    """HASH: what a merge is about and how far it has come. Found by its id alone, so whoever meets it can finish it."""
    return f"merge:{partition(merge_id)}:{merge_id}"


def unfinished(tag: str) -> str:
    """ZSET: merge ids of a partition that are not through, scored by the second of their begin."""
    return f"merges-unfinished:{tag}"


#: STREAM: merges and undos, who and why. The second key carries the same tag: ids of the acts that it holds.
AUDIT = "audit"
AUDITED = "audited:{audit}"
