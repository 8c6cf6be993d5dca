"""The names of all Redis keys of `bot`, in one place. A customer's keys share one hash tag, so one script may hold them."""

from __future__ import annotations

from dataclasses import dataclass

from tickets.contracts import partition

#: Pub/sub channel: the payload is a customer id, or ``<customer id> typing``. A poke, never the truth: that is the log.
LIVE = "live"


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
        """HASH: owner, epoch, ticket, agent_name, language, ..."""
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
    def anger(self) -> str:
        """LIST: ``<cursor> <score>`` of the last scored messages."""
        return self._own("anger")

    @property
    def customer(self) -> str:
        """HASH: name, identities, consents."""
        return self._own("customer")

    @property
    def events(self) -> str:
        return f"events:{self.tag}"


def identity(channel: str, address: str) -> str:
    """STRING: the customer id behind an address. It is looked up before the partition is known, so it has no tag."""
    return f"identity:{channel}:{address}"
