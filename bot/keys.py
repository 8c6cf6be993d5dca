"""The names of all Redis keys of `bot`, in one place; those of a mailbox are beside it, in `bot.mailbox.Mailbox`.

A customer's keys share one hash tag, so one script may hold them. What crosses to `tickets` is told in
`tickets.contracts`.
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
        """LIST: the same of the outbox."""
        return self._own("outbox-aside")

    def woven(self, merge_id: str) -> tuple[str, str]:
        """STREAM and HASH: the thread that a merge or undo is making, and how far it has come."""
        return f"woven:{self.tag}:{merge_id}", f"weaving:{self.tag}:{merge_id}"

    @property
    def events(self) -> str:
        """STREAM: what the desk is told, of all customers of the partition."""
        return f"events:{self.tag}"


def identity(channel: str, address: str) -> str:
    """STRING: the customer id behind an address. It is looked up before the partition is known, so it has no tag."""
    return f"identity:{channel}:{address}"


def receipt(channel: str, platform_id: str) -> str:
    """STRING: ``<customer id> <cursor> <last|part>`` of a message that went out,
    for what the platform tells of it later."""
    return f"receipt:{channel}:{platform_id}"


def taken(customer_id: str, cursor: str, part: int | str) -> str:
    """STRING: the platform's id of a part, told with our key by a platform that returns it; kept for an hour."""
    return f"taken:{customer_id}:{cursor}:{part}"


def rate(channel: str, address: str) -> str:
    """HASH: a token bucket of a channel, for one address or for ``all``. One tag: they are taken from in one step."""
    return f"rate:{{{channel}}}:{address}"


def route_due(tag: str) -> str:
    """ZSET: customers of a partition, scored by the second at which their window shuts."""
    return f"route-due:{tag}"


def hook_once(channel: str, token: str) -> str:
    """STRING: hash of the one body that a webhook's token is good for; `token` is a hash too."""
    return f"hook-once:{channel}:{token}"


def file(id: str) -> str:
    """HASH: a file of a message: source or owner, name, kind, tries and state (waiting, stored, refused)."""
    return f"file:{id}"


#: ZSET: ids of files to be fetched, scored by the second from which on.
FILES_DUE = "files-due"
#: ZSET: ids of files that wait in the web chat for their message, scored by the second at which they came.
FILES_UNSENT = "files-unsent"


def file_count(customer_id: str) -> str:
    """STRING: how many files this customer brought through the web chat in this window."""
    return f"file-count:{customer_id}"


def newcomers(sender: str) -> str:
    """HASH: a token bucket, of the new web chats that one sender may begin."""
    return f"newcomers:{sender}"


def link(digest: str) -> str:
    """HASH: both sides of a link code and how far they have come. Only the hash of a code is kept."""
    return f"link:{digest}"


def link_mailed(party: str) -> str:
    """STRING: for as long as this session must wait before the next mail with a code."""
    return f"link-mailed:{party}"


def link_count(what: str) -> str:
    """STRING: how often that happened in this window."""
    return f"link-count:{what}"


def mail_thread(address: str) -> str:
    """STRING: subject and ids of the mails of an address, as JSON, by which mail programs keep a thread together."""
    return f"mail-thread:{address}"


def mailbox_watcher(account: str) -> tuple[str, str]:
    """STRING: the token of the process that watches a mailbox. HASH: what is known of its numbering."""
    return f"mailbox-watcher:{account}", f"mailbox-facts:{account}"


def mail_sign_in(name: str) -> str:
    """STRING: the newest refresh token of a mailbox, where the provider changes it."""
    return f"mail-sign-in:{name}"


#: STRING: number of the last ticket; they are given here, so that a handoff never waits for `tickets`.
LAST_TICKET = "tickets:next"
#: STRING, kept by `tickets`: JSON of `DeskState`.
DESK_STATE = "desk:state"


def desk_ticket(ref: str) -> str:
    """STRING, kept by `tickets`: JSON of `TicketState`."""
    return f"desk:ticket:{ref}"


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
