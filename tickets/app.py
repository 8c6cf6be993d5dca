"""The one place that wires `tickets`: settings in, a running process out."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, get_args

import structlog
from aiohttp import web

from runtime import logs
from runtime.ending import until_told_to_stop
from runtime.proxies import Proxies
from runtime.redis import Redis, opened
from runtime.settings import Settings, SettingsError
from tickets.contracts import Language
from tickets.domain.hours import Hours, HoursError, parse
from tickets.errors import DeskError
from tickets.services.accounts import Accounts
from tickets.services.care import Care
from tickets.services.changes import Changes
from tickets.services.commands import Commands
from tickets.services.drafts import Drafts
from tickets.services.feed import Feed
from tickets.services.questions import Questions
from tickets.services.reading import corrections
from tickets.services.uploads import Uploads
from tickets.services.work import Records
from tickets.storage.database import Database, address
from tickets.storage.knowledge import Folder
from tickets.web.files import FileHandlers, file_table
from tickets.web.handlers import Doors, Handlers, table
from tickets.web.live import Live
from tickets.web.pages import Pages
from tickets.web.questions import QuestionHandlers, question_table
from tickets.web.routing import PREFIX, add_routes, tell_errors
from tickets.workers.ingest import Ingest
from tickets.workers.keeper import Keeper
from tickets.workers.relay import Relay
from tickets.workers.ticker import Ticker
from tickets.workers.typing import Typing

log = structlog.get_logger()

MAX_BODY = 256 * 1024
#: For the workers' last steps.
END_SECONDS = 10


def serve(settings: Settings) -> None:
    """Runs the process until SIGTERM or SIGINT; requests at hand are finished first. Raises `SettingsError`."""
    hours = opening_hours(settings)
    database = Database(address(settings.database_url, settings.var_dir))
    logs.configure("tickets", settings.log_level)
    asyncio.run(_serve(settings, database, hours))


def export_corrections(settings: Settings, folder: Path) -> None:
    """Writes agents' corrections of anger as ``<language>.tsv`` for the training; nothing where there are none."""
    asyncio.run(_export(Database(address(settings.database_url, settings.var_dir)), folder))


async def _export(database: Database, folder: Path) -> None:
    await database.upgrade()
    async with database.read() as session:
        texts = {language: await corrections(session, language) for language in get_args(Language)}
    await database.close()
    for language, text in texts.items():
        if text.count("\n") > 1:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{language}.tsv").write_text(text, encoding="utf-8")


def opening_hours(settings: Settings) -> Hours:
    try:
        return parse(settings.opening_hours, settings.timezone)
    except HoursError as error:
        raise SettingsError(f"OPENING_HOURS: {error}.") from error


async def _serve(settings: Settings, database: Database, hours: Hours) -> None:
    redis = await opened(settings.redis_url)
    await database.upgrade()
    changes = Changes()
    records = Records(database, hours, changes)
    accounts = Accounts(records)
    await _first_admin(settings, accounts)
    proxies, secret = Proxies(settings.trusted_proxies), settings.session_secret
    doors = Doors(proxies, settings.public_url, secret, settings.files_kept_days)
    app, live, jobs = _wire(redis, records, accounts, changes, doors, Folder(settings.knowledge_dir))
    tasks = [asyncio.create_task(job) for job in jobs]
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=10)
    await runner.setup()
    await web.TCPSite(runner, "0.0.0.0", settings.tickets_port).start()  # noqa: S104
    log.info("tickets.started", port=settings.tickets_port, database=database.engine.dialect.name)
    await until_told_to_stop("tickets", tasks)
    await live.close()
    await runner.cleanup()
    changes.end()
    await asyncio.wait(tasks, timeout=END_SECONDS)
    await database.close()
    await redis.aclose()
    log.info("tickets.stopped")


def _wire(
    redis: Redis, records: Records, accounts: Accounts, changes: Changes, doors: Doors, folder: Folder
) -> tuple[web.Application, Live, list[Coroutine[Any, Any, None]]]:
    relay = Relay(redis, records, changes.listen())
    feed = Feed(records, changes.listen())
    live = Live(feed, accounts, records, redis)
    typing = Typing(redis, feed, changes.listen(only_at_the_end=True))
    routes = table(Handlers(records, accounts, Commands(records), Care(records), redis, doors))
    routes += question_table(QuestionHandlers(Questions(records, folder), Drafts(records, folder)))
    files = FileHandlers(records, Uploads(records), doors.files_url, doors.files_secret)
    routes += file_table(files)
    app = web.Application(middlewares=[tell_errors], client_max_size=MAX_BODY)
    files.add_routes(app)
    add_routes(app, routes, accounts)
    app.router.add_get(f"{PREFIX}/events", live.connect)
    Pages(records, redis, routes, doors.files_url).add_routes(app)
    keeper = Keeper(redis, records, changes.listen())
    ticker = Ticker(redis, records, accounts, relay, changes.listen(only_at_the_end=True))
    ingest = Ingest(redis, records, changes.listen(only_at_the_end=True))
    return app, live, [ingest.run(), relay.run(), feed.run(), keeper.run(), ticker.run(), typing.run()]


async def _first_admin(settings: Settings, accounts: Accounts) -> None:
    try:
        made_up = await accounts.first_admin(settings.desk_admin_email, settings.desk_admin_password)
    except DeskError as error:
        raise SettingsError(f"DESK_ADMIN_PASSWORD: {error}") from error
    if made_up:
        # Once, on the terminal, and not in the log.
        print(f"== The desk's first log-in, shown this once: {settings.desk_admin_email} / {made_up}", flush=True)
