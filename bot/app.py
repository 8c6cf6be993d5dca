"""The one place that wires `bot`: settings in, a running process out."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import aiohttp
import structlog
from aiohttp import web

from bot.assistant import Assistant
from bot.channels import registry
from bot.channels.retention import Retention
from bot.channels.uploads import Uploads
from bot.commands import Commands
from bot.handoff import Handoffs
from bot.identity import Identities
from bot.intake import Intake
from bot.knowledge.base import KnowledgeBase
from bot.knowledge.vectors import open_vectors
from bot.linking import Links
from bot.mailbox import Mailbox, Worker
from bot.merging import Merges
from bot.threads import Threads
from bot.turns import Turns
from bot.understanding.anger import AngerModel
from bot.understanding.encoders import Encoders
from bot.understanding.understand import Understander
from bot.understanding.unforeseen import UnforeseenModel
from bot.web import pages
from bot.web.chat import Chat
from bot.web.linking import LinkRoutes, past_the_thread
from bot.web.live import Live
from bot.web.messengers import Messengers
from bot.web.newcomers import Newcomers
from bot.web.server import Health, Internal, tell_errors
from bot.web.uploads import UploadRoutes
from bot.wishes import Wishes
from runtime import logs, memory
from runtime.ending import end, until_told_to_stop
from runtime.proxies import Proxies
from runtime.redis import Redis, opened
from runtime.settings import Settings

log = structlog.get_logger()

MAX_BODY = 1024 * 1024
MODELS = Path("models")
#: For the turns and deliveries at hand.
END_SECONDS = 15


class Handlers(Protocol):
    """What has doors of its own."""

    def add_routes(self, app: web.Application) -> None: ...


@dataclass(frozen=True)
class Wired:
    """The process in pieces, before anything runs."""

    app: web.Application
    workers: list[Worker]
    #: What runs beside the workers for as long as the process does.
    jobs: list[Coroutine[Any, Any, None]]


def serve(settings: Settings) -> None:
    """Runs the process until SIGTERM or SIGINT; the turns at hand are finished first."""
    memory.share()
    logs.configure("bot", settings.log_level)
    asyncio.run(_serve(settings))


async def _serve(settings: Settings) -> None:
    redis = await opened(settings.redis_url)
    async with aiohttp.ClientSession() as session:
        wired = await _wire(settings, redis, session)
        working = [asyncio.create_task(worker.run()) for worker in wired.workers]
        tasks = [*working, *(asyncio.create_task(job) for job in wired.jobs)]
        runner = web.AppRunner(wired.app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "0.0.0.0", settings.bot_port).start()  # noqa: S104
        log.info("bot.started", port=settings.bot_port)
        await until_told_to_stop("bot", tasks)
        await runner.cleanup()
        for worker in wired.workers:
            worker.stop()
        await asyncio.wait(working, timeout=END_SECONDS)
        await end(tasks)
    await redis.aclose()
    log.info("bot.stopped")


async def _wire(settings: Settings, redis: Redis, session: aiohttp.ClientSession) -> Wired:
    understander = await _understander(settings)
    assistant = Assistant(session, settings.rasa_url)
    identities = Identities(redis, settings.session_secret, settings.web_identity_secret)
    inbox, outbox_box = Mailbox(redis, "mailbox"), Mailbox(redis, "outbox")
    threads = Threads(redis, inbox, outbox_box)
    handoffs = Handoffs(redis, threads, identities, settings.timezone)
    messengers = Messengers(settings, session, identities, threads)
    outbox, live = messengers.outbox, Live(redis)
    merges = Merges(threads, outbox.pushes)
    links = Links(identities, merges, settings.session_secret, outbox.pushes, past_the_thread(messengers.channels))
    wishes = Wishes(threads, identities, messengers.routes.refresh)
    messengers.inbox.links, messengers.inbox.wishes = links, wishes
    commands = Commands(
        threads, outbox.pushes, outbox.retry, merges.undo_or_why, wishes.command, messengers.files.expect_from_desk
    )
    turns = Turns(threads, commands, handoffs, assistant, understander, outbox.pushes, settings.rasa_give_up_seconds)
    consumer = f"{socket.gethostname()}-{os.getpid()}"
    workers = [
        Worker(inbox, turns.handle, consumer=consumer, at_once=settings.turn_workers),
        Worker(outbox_box, outbox.handle, consumer=consumer),
    ]
    uploads = Uploads(messengers.files)
    origins, secret = list(settings.web_allowed_origins), settings.session_secret
    newcomers = Newcomers(redis, Proxies(settings.trusted_proxies), settings.web_chats_per_hour)
    days = settings.files_kept_days
    chat = Chat(identities, threads, handoffs, live, origins, links, secret, wishes, uploads, newcomers, days)
    files = UploadRoutes(identities, uploads, chat.origins, secret)
    deep_link = partial(registry.deep_link, messengers.given, public_url=settings.public_url)
    linking = LinkRoutes(
        identities, links, messengers.given.on, deep_link, chat.origins, messengers.send_mail(), wishes
    )
    health = Health(redis, assistant, [inbox, outbox_box])
    app = _doors(settings, understander, [chat, files, linking, health, Internal(understander.encoders), messengers])
    jobs = [live.run(), understander.knowledge.watch(), *Intake(redis, inbox).jobs(), *messengers.jobs(), merges.run()]
    jobs.append(Retention(messengers.files, uploads, days).run())
    return Wired(app, workers, jobs)


async def _understander(settings: Settings) -> Understander:
    encoders = Encoders.load(settings.encoder_model, settings.var_dir / "encoder")
    vectors = await open_vectors(settings.knowledge_vectors_url)
    knowledge = await KnowledgeBase.open(
        settings.knowledge_dir, encoders, settings.var_dir / "vectors", settings.public_url, vectors
    )
    anger, unforeseen = AngerModel.load(MODELS / "anger.npz"), UnforeseenModel.load(MODELS / "unforeseen.npz")
    return Understander(encoders, anger, unforeseen, knowledge)


def _doors(settings: Settings, understander: Understander, handlers: Sequence[Handlers]) -> web.Application:
    app = web.Application(middlewares=[tell_errors], client_max_size=MAX_BODY)
    app[pages.KNOWLEDGE], app[pages.SETTINGS] = understander.knowledge, settings
    pages.add_routes(app)
    for one in handlers:
        one.add_routes(app)
    return app
