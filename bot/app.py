"""The one place that wires `bot`: settings in, a running process out."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from functools import partial
from pathlib import Path

import aiohttp
import structlog
from aiohttp import web

from bot.assistant import Assistant
from bot.channels import registry
from bot.commands import Commands
from bot.desk import Intake
from bot.handoff import Handoffs
from bot.identity import Identities
from bot.knowledge.search import KnowledgeBase
from bot.knowledge.vectors import open_vectors
from bot.linking import Links
from bot.mailbox import Mailbox, Worker
from bot.merging import Merges
from bot.threads import Threads
from bot.turns import Turns
from bot.understanding.anger import AngerModel
from bot.understanding.encoders import Encoders
from bot.understanding.understand import Understander
from bot.web import pages
from bot.web.chat import Chat
from bot.web.linking import LinkRoutes, past_the_thread
from bot.web.live import Live
from bot.web.messengers import Messengers
from bot.web.server import Health, Internal, tell_errors
from bot.wishes import Wishes
from runtime import logs
from runtime.redis import Redis, opened
from runtime.settings import Settings

log = structlog.get_logger()

MAX_BODY = 1024 * 1024
MODELS = Path("models")


def serve(settings: Settings) -> None:
    """Runs the process until SIGTERM or SIGINT; the turns at hand are finished first."""
    logs.configure("bot", settings.log_level)
    asyncio.run(_serve(settings))


async def _serve(settings: Settings) -> None:
    redis = await opened(settings.redis_url)
    async with aiohttp.ClientSession() as session:
        app, jobs, workers = await _wire(settings, redis, session)
        tasks = [asyncio.create_task(job) for job in jobs]
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "0.0.0.0", settings.bot_port).start()  # noqa: S104
        log.info("bot.started", port=settings.bot_port)
        await _until_told_to_stop(tasks)
        await runner.cleanup()
        for worker in workers:
            worker.stop()
        await asyncio.wait(tasks[: len(workers)], timeout=15)
        await _end(tasks)
    await redis.aclose()
    log.info("bot.stopped")


async def _wire(settings: Settings, redis: Redis, session: aiohttp.ClientSession):  # type: ignore[no-untyped-def]
    encoders = Encoders.load(settings.encoder_model, settings.var_dir / "encoder")
    vectors = await open_vectors(settings.knowledge_vectors_url)
    knowledge = await KnowledgeBase.open(
        settings.knowledge_dir, encoders, settings.var_dir / "vectors", settings.public_url, vectors
    )
    understander = Understander(encoders, AngerModel.load(MODELS / "anger.npz"), knowledge)
    assistant = Assistant(session, settings.rasa_url)
    identities = Identities(redis, settings.session_secret, settings.web_identity_secret)
    inbox, outbox_box = Mailbox(redis, "mailbox"), Mailbox(redis, "outbox")
    threads = Threads(redis, inbox, outbox_box)
    handoffs = Handoffs(redis, threads, identities, settings.timezone)
    messengers = Messengers(settings, session, identities, threads)
    outbox = messengers.outbox
    merges = Merges(threads)
    links = Links(identities, merges, settings.session_secret, outbox.pushes, past_the_thread(messengers.channels))
    wishes = Wishes(threads, identities, messengers.routes.refresh)
    messengers.inbox.links, messengers.inbox.wishes = links, wishes
    commands = Commands(
        threads, outbox.pushes, outbox.retry, merges.undo_or_why, wishes.command, messengers.files.expect_from_desk
    )
    turns = Turns(threads, commands, handoffs, assistant, understander, outbox.pushes, settings.rasa_give_up_seconds)
    live = Live(redis)
    consumer = f"{socket.gethostname()}-{os.getpid()}"
    workers = [
        Worker(inbox, turns.handle, consumer=consumer, at_once=settings.turn_workers),
        Worker(outbox_box, outbox.handle, consumer=consumer),
    ]
    app = web.Application(middlewares=[tell_errors], client_max_size=MAX_BODY)
    app[pages.KNOWLEDGE] = knowledge
    app[pages.SETTINGS] = settings
    chat = Chat(
        identities, threads, handoffs, live, list(settings.web_allowed_origins), links, settings.session_secret, wishes
    )
    chat.add_routes(app)
    deep_link = partial(registry.deep_link, messengers.given, public_url=settings.public_url)
    LinkRoutes(
        identities, links, messengers.given.on, deep_link, chat.origins, messengers.send_mail(), wishes
    ).add_routes(app)
    Health(redis, assistant, [inbox, outbox_box]).add_routes(app)
    Internal(encoders).add_routes(app)
    pages.add_routes(app)
    messengers.add_routes(app)
    jobs = [*(worker.run() for worker in workers), live.run(), knowledge.watch()]
    jobs += [*Intake(redis, inbox).jobs(), *messengers.jobs(), merges.run()]
    return app, jobs, workers


async def _end(tasks: list[asyncio.Task[None]]) -> None:
    """A cancellation can get lost in a library that waits with a timeout of its own,
    so it is said until it is heard."""
    pending = {task for task in tasks if not task.done()}
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=1)


async def _until_told_to_stop(tasks: list[asyncio.Task[None]]) -> None:
    """Returns at a signal, or when a job that should run for ever has ended:
    then the process must not go on without it."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    waiting = asyncio.create_task(stop.wait())
    done, _ = await asyncio.wait([waiting, *tasks], return_when=asyncio.FIRST_COMPLETED)
    for task in done - {waiting}:
        if error := task.exception():
            log.error("bot.job_failed", exc_info=error)
    waiting.cancel()
