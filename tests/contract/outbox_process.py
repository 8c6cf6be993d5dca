"""A process that does nothing but deliver, for tests that kill one:
``python -m tests.contract.outbox_process <redis url>``."""

from __future__ import annotations

import asyncio
import sys

import aiohttp

from bot.identity import Identities
from bot.mailbox import Mailbox, Worker
from bot.threads import Threads
from bot.web.messengers import Messengers
from runtime import logs
from runtime.redis import connect
from runtime.settings import Settings


async def deliver(redis_url: str) -> None:
    settings, redis = Settings.load(env_file="/dev/null"), connect(redis_url)
    threads = Threads(redis, Mailbox(redis, "mailbox"), Mailbox(redis, "outbox"))
    async with aiohttp.ClientSession() as session:
        messengers = Messengers(
            settings, session, Identities(redis, settings.session_secret, ""), threads, first_pause=0.05
        )
        await Worker(threads.outbox, messengers.outbox.handle, consumer="to-be-killed", lease_seconds=0.4).run()


if __name__ == "__main__":
    logs.configure("bot", "warning")
    asyncio.run(deliver(sys.argv[1]))
