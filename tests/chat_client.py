"""A customer on the web chat, as a program: speaks the public protocol and nothing else."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from typing import Any

import aiohttp

Frame = dict[str, Any]


class Customer:
    """One chat session. Frames are kept in the order of their arrival; `messages` holds those of the thread."""

    def __init__(self, session: aiohttp.ClientSession, bot_url: str) -> None:
        self.session = session
        self.bot_url = bot_url
        self.token = ""
        self.id = ""
        self.frames: list[Frame] = []
        self.cursor: str | None = None
        self._ws: aiohttp.ClientWebSocketResponse | None = None
        self._reading: asyncio.Task[None] | None = None
        self._arrived = asyncio.Condition()

    async def open(self, **session: str) -> Customer:
        async with self.session.post(f"{self.bot_url}/chat/sessions", json=session) as answer:
            assert answer.status == 201, await answer.text()
            opened = await answer.json()
        self.token, self.id = opened["token"], opened["customer_id"]
        await self.connect()
        return self

    async def connect(self) -> None:
        """Opens a socket that goes on behind the last message seen."""
        await self.disconnect()
        self._ws = await self.session.ws_connect(f"{self.bot_url}/chat/ws", max_msg_size=0)
        await self._ws.send_json({"type": "hello", "token": self.token, "after": self.cursor})
        self._reading = asyncio.create_task(self._read(self._ws))
        start = len(self.frames)
        await self.wait(lambda frame: frame["type"] == "ready", start=start)

    async def disconnect(self) -> None:
        if self._reading:
            self._reading.cancel()
        if self._ws:
            await self._ws.close()

    async def _read(self, ws: aiohttp.ClientWebSocketResponse) -> None:
        async for raw in ws:
            frame = raw.json()
            if frame["type"] == "message":
                self.cursor = frame["cursor"]
            async with self._arrived:
                self.frames.append(frame)
                self._arrived.notify_all()

    async def send(self, frame: Frame) -> None:
        assert self._ws is not None
        await self._ws.send_json(frame)

    async def say(self, text: str, id: str | None = None) -> Frame:
        """Sends a message and returns its `accepted` frame."""
        id = id or str(uuid.uuid4())
        start = len(self.frames)
        await self.send({"type": "message", "id": id, "text": text})
        return await self.wait(
            lambda frame: frame["type"] in ("accepted", "error") and frame.get("id") == id, start=start
        )

    async def press(self, choice: Frame) -> Frame:
        id = str(uuid.uuid4())
        start = len(self.frames)
        await self.send({"type": "choice", "id": id, "title": choice["title"], "payload": choice["payload"]})
        return await self.wait(
            lambda frame: frame["type"] in ("accepted", "error") and frame.get("id") == id, start=start
        )

    async def ask(self, text: str, timeout: float = 30) -> Frame:
        """Sends a message and returns the first message that is not the customer's own after it."""
        start = len(self.frames)
        await self.say(text)
        return await self.wait(said_by("bot", "system", "agent"), start=start, timeout=timeout)

    async def wait(self, wanted: Callable[[Frame], bool], start: int = 0, timeout: float = 30) -> Frame:
        """The first frame from place `start` on that fits, now or later."""
        async with asyncio.timeout(timeout), self._arrived:
            while True:
                for frame in self.frames[start:]:
                    if wanted(frame):
                        return frame
                start = len(self.frames)
                await self._arrived.wait()

    @property
    def messages(self) -> list[Frame]:
        return [frame for frame in self.frames if frame["type"] == "message"]

    def texts(self, author: str) -> list[str]:
        return [frame["text"] for frame in self.messages if frame["author"] == author]


def said_by(*authors: str) -> Callable[[Frame], bool]:
    return lambda frame: frame["type"] == "message" and frame["author"] in authors


def owned_by(owner: str) -> Callable[[Frame], bool]:
    return lambda frame: frame["type"] in ("thread", "ready") and frame["thread"]["owner"] == owner
