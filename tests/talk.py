"""Conversations as a table: what the customer does, and what must come;
read from the replies as a customer sees them."""

from __future__ import annotations

import asyncio
import fnmatch
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import yaml

from tests.chat_client import Customer, Frame, said_by
from tests.stack import ROOT

PATIENCE = 20


@dataclass(frozen=True)
class Talk:
    """Each line is what the customer writes, and what must come.

    The customer's part is a text, or ``[payload]`` for the newest button whose payload begins so; ``[old payload]`` is
    the oldest one. What must come are replies joined by `` + ``, each with alternatives joined by `` or ``:
    ``answer:<slug>`` an article, ``choices:<slug>`` offered among others, ``ticket`` the queue's message, and else the
    name of a response in domain.yml without ``utter_``, in which ``*`` stands for anything. ``silence`` is no reply.
    """

    about: str
    language: str
    lines: tuple[tuple[str, str], ...]
    #: The language of the replies from the line with this number on, where it is another one.
    turns_to: tuple[int, str] | None = None

    def language_at(self, line: int) -> str:
        return self.turns_to[1] if self.turns_to and line >= self.turns_to[0] else self.language


async def held(customer: Customer, talk: Talk) -> str:
    """Holds the conversation; what went wrong first with all that was said, or nothing."""
    told: list[str] = []
    for number, (says, wanted) in enumerate(talk.lines):
        start = len(customer.frames)
        await _do(customer, says)
        kinds = [] if wanted == "silence" else [tuple(one.split(" or ")) for one in wanted.split(" + ")]
        replies = await _replies(customer, start, len(kinds))
        told.append(f"  {says[:70]}\n" + "\n".join(f"      -> {_shown(one)}" for one in replies))
        language = talk.language_at(number)
        if len(replies) != len(kinds) or not all(_fits(*pair, language) for pair in zip(replies, kinds, strict=True)):
            return f"{talk.about} ({talk.language}): wanted {wanted} in {language}\n" + "\n".join(told)
    return ""


async def _do(customer: Customer, says: str) -> None:
    if not says.startswith("["):
        await customer.say(says)
        return
    old, payload = says.startswith("[old "), says.strip("[]").removeprefix("old ")
    found = [one for frame in customer.messages for one in frame["choices"] if one["payload"].startswith(payload)]
    assert found, f"no button {payload}"
    await customer.press(found[0] if old else found[-1])


async def _replies(customer: Customer, start: int, many: int) -> list[Frame]:
    """As many as are wanted, or fewer where no more come."""
    from_others = said_by("bot", "system", "agent")
    try:
        async with asyncio.timeout(PATIENCE):
            while True:
                found = [frame for frame in customer.frames[start:] if from_others(frame)]
                if len(found) >= many:
                    return found
                await customer.wait(from_others, start=len(customer.frames), timeout=PATIENCE)
    except TimeoutError:
        return [frame for frame in customer.frames[start:] if from_others(frame)]


def _fits(frame: Frame, kinds: tuple[str, ...], language: str) -> bool:
    names, spoken = read(frame)
    return spoken in (language, "") and any(fnmatch.fnmatch(name, kind) for kind in kinds for name in names)


def read(frame: Frame) -> tuple[list[str], str]:
    """The names that fit a reply, and its language where that shows."""
    if frame["author"] == "system":
        return ["ticket"], ""
    if frame["article"]:
        _, language, slug = frame["article"]["url"].rsplit("/", 2)
        return [f"answer:{slug}"], language
    found = [(name, language) for name, language, form in _responses() if form.fullmatch(frame["text"])]
    names = [name for name, _ in found]
    offered = [one["payload"] for one in frame["choices"] if one["payload"].startswith("/choose_article")]
    names += [f"choices:{slug}" for payload in offered for slug in re.findall(r'"slug": "([^"]+)"', payload)]
    return names, found[0][1] if found else "?"


@cache
def _responses() -> list[tuple[str, str, re.Pattern[str]]]:
    return list(_forms(yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))["responses"]))


def _forms(responses: dict[str, Any]) -> Iterator[tuple[str, str, re.Pattern[str]]]:
    for name, variations in responses.items():
        for one in variations:
            language = next(slot["value"] for slot in one["condition"] if slot["name"] == "language")
            parts = [re.escape(part) for part in re.split(r"\{\w+\}", one["text"])]
            yield name.removeprefix("utter_"), language, re.compile(".*".join(parts), re.DOTALL)


def _shown(frame: Frame) -> str:
    names, language = read(frame)
    return f"{'/'.join(names) or '?'} [{language}] {frame['text'][:60]!r}"
