"""Joins a customer's channels by a single-use code: asked for on one channel, brought to the other, confirmed on both.

A channel calls `Links.redeem` for a code that a customer brought, and `Links.answer` for a pressed choice whose payload
begins with `CHOICE`; neither is put into the thread. What the customer has to be told goes into their thread by itself.
The address of the web chat is the session (`session_id`), of every other channel the customer's address there.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, get_args

import structlog

from bot import keys, scripts
from bot.errors import Refused
from bot.identity import SIGNED, Identities
from bot.merging import Merges
from bot.texts import say
from bot.threads import message
from bot.understanding.language import detect
from runtime.redis import Redis
from tickets.contracts import Choice, Language

log = structlog.get_logger()

#: Payloads of the choices "connect" and "do not connect": they are for `Links.answer` and never a customer's message.
CHOICE = "link:"
#: A code as people type it: ``FD-7K3QX-9M2PT``, in any case, with or without the dashes.
TYPED = re.compile(r"\s*fd[\s-]?([0-9a-z]{5})[\s-]?([0-9a-z]{5})\s*", re.IGNORECASE)
#: The same among other words, where phones make dashes longer.
AMONG = re.compile(r"(?<![\w-])fd[\s–-]?([0-9a-z]{5})[\s–-]?([0-9a-z]{5})(?![\w-])", re.IGNORECASE)
#: A message of more words than this around a code says something else too.
AROUND = 8
LANGUAGES: tuple[Language, ...] = get_args(Language)
WORDS = frozenset({"link", "/link", "connect", "verbinden", "/verbinden", "koppeln"})
#: Without the letters that are read or heard as another one.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
MISREAD = str.maketrans("OILU", "011V")

LIFE = timedelta(minutes=10)
WINDOW = timedelta(minutes=10)
#: In one window: codes that one side may ask for, codes that one side may try, and wrong codes of all together.
OFFERS, TRIES, WRONG = 5, 8, 600
#: Between two mails with a code that one session asks for.
AGAIN_SECONDS = 30
#: In so many of a thread's last messages something is looked for that it has to show.
LOOK_BACK = 50


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
    #: Of ``refused``: ``code_invalid`` (wrong, used or too old: never told apart), ``too_many``, ``not_yours``.
    code: str = ""


def code_in(text: str) -> str | None:
    """The code that a message consists of, as `Links.redeem` takes it; None for any other message."""
    found = TYPED.fullmatch(text)
    return f"FD-{found[1]}-{found[2]}".upper() if found else None


@dataclass(frozen=True)
class Brought:
    """A code in a message, and the words around it."""

    code: str
    words: str = ""

    @property
    def by_the_way(self) -> bool:
        """Where it is no code of ours, the message is about something else."""
        return len(self.words.split()) > AROUND


def brought_in(text: str) -> Brought | None:
    """The code that a message holds anywhere ("my code is FD-7K3QX-9M2PT"); None for any other message.

    Five letters and five letters are two words, unless they are written as a code is.
    """
    if code := code_in(text):
        return Brought(code)
    for found in AMONG.finditer(text):
        written = f"{found[1]}{found[2]}"
        if re.search(r"\d", written) or re.fullmatch(r"FD[–-]\w{5}[–-]\w{5}", found.group()):
            around = f"{text[: found.start()]} {text[found.end() :]}"
            words = " ".join(re.findall(r"[^\W_][\w'’-]*", around))
            return Brought(f"FD-{found[1]}-{found[2]}".upper(), words)
    return None


def wants_link(text: str) -> bool:
    """Whether a message asks for a code, in one word: then call `Links.offer` instead of accepting it."""
    return text.strip().casefold().rstrip(".!") in WORDS


def session_id(token: str) -> str:
    """Names a web session without giving it away."""
    return hashlib.sha256(token.encode()).hexdigest()[:32]


#: Sends a text to an address at once, past the thread: a code must not stand in a log.
SayDirectly = Callable[[str, str, str], Awaitable[None]]


class Links:
    """Gives codes, takes them, and makes two customers one when both sides agreed."""

    def __init__(
        self,
        identities: Identities,
        merges: Merges,
        secret: str,
        pushes: Callable[[str], bool],
        say_directly: SayDirectly | None = None,
    ) -> None:
        self.identities = identities
        self.merges = merges
        self.threads = merges.threads
        self.redis: Redis = merges.redis
        self._secret = hashlib.sha256(b"link codes " + secret.encode()).digest()
        self._pushes = pushes
        self._say_directly = say_directly
        self._redeem = scripts.load(self.redis, "redeem")
        self._consent = scripts.load(self.redis, "consent")

    async def offer(
        self, channel: str, address: str, language: str | None = None, customer_id: str | None = None, email: str = ""
    ) -> Offer:
        """A code for a customer who wants to go on elsewhere. On a pushed channel it is sent to the address as well.

        `customer_id` is that of a web session. With `email` the code proves that address and nothing else: it is for
        the mail alone, and `confirm_email` takes it from the session that asked. Raises `Refused` (``too_many``).
        """
        party = f"{channel}:{address}"
        if email:
            await self._not_too_soon(party, email)
        if await self._too_many(f"offers:{party}", OFFERS):
            raise _too_many_codes()
        customer = customer_id or await self.identities.customer_of(channel, address)
        code = "FD-" + "-".join("".join(secrets.choice(ALPHABET) for _ in range(5)) for _ in range(2))
        card = await self.identities.card(await self.threads.root(customer))
        link = {"state": "open", "party": party, "customer": customer, "channel": channel, "name": card.name}
        key = self._key(code, party if email else "")
        async with self.redis.pipeline(transaction=True) as pipe:
            await pipe.hset(key, mapping=link | {"email": email}).pexpire(key, LIFE).execute()
        if email:
            await self._open_to_answers(code, link | {"email": email})
        if self._say_directly and self._pushes(channel):
            told = say(await self._language(customer, language), "link_code", code=code)
            await self._say_directly(channel, address, told)
        return Offer(code, datetime.now(UTC) + LIFE)

    async def redeem(
        self,
        channel: str,
        address: str,
        code: str,
        name: str = "",
        customer_id: str | None = None,
        *,
        words: str = "",
        ask: bool = False,
        quiet: bool = False,
    ) -> Outcome:
        """A customer brought a code, by a tap on a link or typed. One call per code wins, however many come at once.

        The asking side is then asked to confirm, and this side too if its thread has something to show. Never raises
        for a bad code: the outcome is ``refused`` and the customer is told, unless it was brought by the way (`quiet`).
        `ask`: bringing it is no consent here, nor is it among other `words`, which may ask what the code is for.
        Their language is that of the answer.
        """
        party = f"{channel}:{address}"
        customer = customer_id or await self.identities.customer_of(channel, address, name=name)
        if words:
            await self._hear(customer, words)
        if await self._too_many(f"tries:{party}", TRIES) or await self._too_many("wrong", WRONG, add=0):
            return await self._refuse(customer, channel, "too_many", quiet)
        key = self._key(code)
        only = await self.redis.hget(key, "email")
        if (only and party != f"email:{only}") or not await self._redeem(
            keys=[key], args=[party, customer, channel, name[:60], int(LIFE.total_seconds() * 1000)]
        ):
            await self._too_many("wrong", WRONG)
            return await self._refuse(customer, channel, "code_invalid", quiet)
        return await self._ask(key, party, ask or bool(words))

    async def answer(self, channel: str, address: str, payload: str) -> Outcome:
        """A pressed choice whose payload begins with `CHOICE`. With the consent of both sides the threads become one.

        Safe to repeat. What is not for this address to answer is ``refused``.
        """
        found = re.fullmatch(CHOICE + r"([0-9a-f]{64}):(yes|no)", payload)
        if not found:
            return Outcome("refused", code="code_invalid")
        return await self._answer(keys.link(found[1]), f"{channel}:{address}", found[2] == "yes")

    async def confirm_email(self, session: str, customer_id: str, code: str) -> Outcome:
        """The code of a mail, typed in the session that asked for it: the address is the customer's now.

        Whoever had this address before becomes the same customer. A code that came by mail is of no use anywhere else,
        so a customer who is tricked into a click gives nothing away.
        """
        party = f"web:{session}"
        if await self._too_many(f"tries:{party}", TRIES):
            return Outcome("refused", code="too_many")
        key = self._key(code, party)
        async with self.redis.pipeline(transaction=True) as pipe:
            link, _ = await pipe.hgetall(key).delete(key).execute()
        await self.redis.delete(self._key(code))
        if not link.get("email"):
            return Outcome("refused", code="code_invalid")
        known = await self.identities.customer_of("email", link["email"])
        if not await self.merges.merge(customer_id, known, "confirmed e-mail", proven=f"email:{link['email']}"):
            await self.identities.prove(known, "email", link["email"], "confirmed e-mail")
        return Outcome("linked")

    async def sign_in(self, visitor_id: str, signed_id: str) -> None:
        """A session that was open before its customer signed in: what was said as a visitor goes along.

        Not when the session was somebody else's: who shares a computer shares no thread.
        """
        visitor = await self.threads.root(visitor_id)
        if visitor == await self.threads.root(signed_id):
            return
        card = await self.identities.card(visitor)
        if any(one.get("verified_how") == SIGNED for one in card.identities):
            log.info("link.other_account", visitor=visitor, signed=signed_id)
            return
        await self.merges.merge(signed_id, visitor_id, "signed identity")

    async def _not_too_soon(self, party: str, email: str) -> None:
        """Mails are slow and cost something: a session waits between two of them,
        and nobody's box is filled by many."""
        key = keys.link_mailed(party)
        if not await self.redis.set(key, "1", ex=AGAIN_SECONDS, nx=True):
            left = max(1, await self.redis.ttl(key))
            raise Refused("too_soon", f"A mail is on its way. Wait {left} seconds.", status=429, retry_after=left)
        if await self._too_many(f"mails:{email}", OFFERS):
            raise _too_many_codes()

    # How a taken code goes on.

    async def _open_to_answers(self, code: str, link: dict[str, str]) -> None:
        """The code of a mail can be brought by an answer from the same address too; then both sides are asked."""
        key = self._key(code)
        async with self.redis.pipeline(transaction=True) as pipe:
            await pipe.hset(key, mapping=link).pexpire(key, LIFE).execute()

    async def _ask(self, key: str, party: str, ask: bool = False) -> Outcome:
        """Asks whoever has to confirm.

        A side whose thread is still empty shows nothing: bringing the code was its yes.
        """
        link = await self.redis.hgetall(key)
        theirs = link["their_customer"]
        # A side that has said nothing yet is spoken to in the language of the one that asked.
        await self.threads.prefer(await self.threads.root(theirs), await self._language(link["customer"]))
        await self._tell_choice(
            key, link["customer"], link["channel"], "link_asks", link["their_channel"], link["their_name"]
        )
        log.info("link.taken", by=link["their_channel"], asked_on=link["channel"])
        if ask or await self._has_something_to_show(theirs):
            await self._tell_choice(key, theirs, link["their_channel"], "link_joins", link["channel"], link["name"])
            return Outcome("asked")
        return await self._answer(key, party, yes=True)

    async def _has_something_to_show(self, customer_id: str) -> bool:
        """What the service itself said is nothing."""
        recent = await self.threads.last(await self.threads.root(customer_id), LOOK_BACK)
        return len(recent) == LOOK_BACK or any(one.author != "system" for one in recent)

    async def _answer(self, key: str, party: str, yes: bool) -> Outcome:
        state = await self._consent(keys=[key], args=[party, "1" if yes else "0"])
        if state in ("invalid", "not_yours"):
            return Outcome("refused", code="code_invalid" if state == "invalid" else state)
        link = await self.redis.hgetall(key)
        if state == "declined":
            for whose in ("", "their_"):
                await self._tell(link[f"{whose}customer"], link[f"{whose}channel"], "link_declined", f"{key}:{whose}no")
            return Outcome("declined")
        if state == "waiting":
            own, other = ("", "their_") if party == link["party"] else ("their_", "")
            channel = link[f"{own}channel"]
            await self._tell(
                link[f"{own}customer"], channel, "link_waits", f"{key}:{own}waits", link[f"{other}channel"]
            )
            return Outcome("waiting")
        await self._join(link)
        return Outcome("linked")

    async def _join(self, link: dict[str, str]) -> None:
        """Keeps the asking customer, unless only the other one is known to the host site by name."""
        kept, merged = link["customer"], link["their_customer"]
        if await self._signed(merged) and not await self._signed(kept):
            kept, merged = merged, kept
        announce = tuple(dict.fromkeys(c for c in (link["channel"], link["their_channel"]) if self._pushes(c)))
        parties = (link["their_party"], link["party"])
        proven = next((one for one in parties if not one.startswith("web:")), "")
        await self.merges.merge(kept, merged, "link code", proven=proven, announce=announce)

    async def _signed(self, customer_id: str) -> bool:
        card = await self.identities.card(await self.threads.root(customer_id))
        return any(one.get("verified_how") == SIGNED for one in card.identities)

    async def _refuse(self, customer_id: str, channel: str, code: str, quiet: bool) -> Outcome:
        if not quiet:
            await self._tell(customer_id, channel, f"link_{code}", f"link:{secrets.token_hex(8)}")
        log.info("link.refused", channel=channel, code=code)
        return Outcome("refused", code=code)

    async def _tell(self, customer_id: str, to: str, key: str, id: str, about: str = "web") -> None:
        language = await self._language(customer_id)
        text = say(language, key, channel=say(language, f"channel_{about}"))
        told = message("system", text, id=id, channel=to)
        await self.threads.tell(customer_id, told, (to,) if self._pushes(to) else ())

    async def _tell_choice(self, key: str, customer_id: str, to: str, text: str, about: str, name: str) -> None:
        language = await self._language(customer_id)
        who = say(language, f"channel_{about}") + (f" ({name})" if name else "")
        choices = tuple(
            Choice(title=say(language, f"link_{word}"), payload=f"{CHOICE}{key.removeprefix('link:')}:{word}")
            for word in ("yes", "no")
        )
        told = message("system", say(language, text, who=who), id=f"{key}:{text}", channel=to, choices=choices)
        await self.threads.tell(customer_id, told, (to,) if self._pushes(to) else ())

    async def _hear(self, customer_id: str, words: str) -> None:
        """The language of the words around a code, where they have one."""
        found = {detect(words, habit) for habit in LANGUAGES}
        if len(found) == 1 and not (spoken := found.pop()).other:
            await self.threads.speaks(await self.threads.root(customer_id), spoken.language)

    async def _language(self, customer_id: str, wanted: str | None = None) -> Language:
        state = await self.threads.state(await self.threads.root(customer_id))
        return "de" if (wanted or state.language) == "de" else "en"

    def _key(self, code: str, party: str = "") -> str:
        """Only the hash of a code is kept; looked up by it, no comparison can be timed."""
        plain = re.sub(r"[\s-]", "", code).upper()[2:].translate(MISREAD)
        return keys.link(hmac.new(self._secret, f"{party} {plain}".encode(), hashlib.sha256).hexdigest())

    async def _too_many(self, what: str, limit: int, add: int = 1) -> bool:
        """Counts in windows; whether it is too many by now."""
        key = keys.link_count(what)
        async with self.redis.pipeline(transaction=True) as pipe:
            _, count = await pipe.set(key, 0, px=WINDOW, nx=True).incrby(key, add).execute()
        return bool(count > limit)


def _too_many_codes() -> Refused:
    wait = int(WINDOW.total_seconds())
    return Refused("too_many", "Too many codes were asked for. Wait ten minutes.", status=429, retry_after=wait)
