"""The messengers as one part of the process: channels in and out, customers' files, and the simulated vendors."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import structlog
from aiohttp import web

from bot.channels import registry
from bot.channels.consents import Consents
from bot.channels.email import EmailChannel, Room
from bot.channels.email_mailbox import MailboxWatcher, imap_account
from bot.channels.email_oauth import Tokens, sign_in
from bot.channels.files import Files
from bot.channels.inbox import Inbox, Linking
from bot.channels.routes import Routes
from bot.channels.shelf import Desk, Shelf, public_links
from bot.identity import Identities
from bot.outbox import Outbox
from bot.threads import Threads
from bot.vendors import stage
from bot.vendors.base import Vendor
from bot.web.files import FileRoutes
from bot.web.linking import SendMail
from bot.web.webhooks import Webhooks
from runtime.redis import Redis
from runtime.settings import Settings

log = structlog.get_logger()


class Messengers:
    """Wires what belongs to the messengers, from their doors to the outbox."""

    def __init__(
        self,
        settings: Settings,
        session: aiohttp.ClientSession,
        identities: Identities,
        threads: Threads,
        *,
        links: Linking | None = None,
        first_pause: float = 1.0,
    ) -> None:
        self.settings = settings
        self.session = session
        redis = threads.redis
        self.given = registry.credentials(settings)
        self.channels = registry.build(self.given, session, settings.public_url, self._room(settings, session, redis))
        self.files = self._files(settings, session, redis)
        shelf = Shelf(self.files, public_links(settings.public_url, settings.session_secret))
        self.routes = Routes(redis, threads, self.channels)
        consents = Consents(threads, self.routes.refresh)
        self.outbox = Outbox(threads.outbox, threads, self.channels, shelf, consents, first_pause=first_pause)
        self.inbox = Inbox(identities, threads, self.outbox, self.routes, self.files, links)
        self.vendors: dict[str, Vendor] = {}
        log.info("channels.on", channels=list(self.channels), simulated=list(self.given.simulated))

    def _room(self, settings: Settings, session: aiohttp.ClientSession, redis: Redis) -> Room:
        by_token = sign_in(self.given.values)
        self.tokens = Tokens(by_token, session, redis) if by_token else None
        return Room(redis, settings.var_dir / "mail", settings.session_secret, self.tokens)

    def _files(self, settings: Settings, session: aiohttp.ClientSession, redis: Redis) -> Files:
        desk = Desk(settings.tickets_url, settings.session_secret)
        hosts = self.given.api_hosts() | {desk.name: urlsplit(desk.url).netloc.lower()}
        return Files(redis, session, settings.var_dir / "files", {**self.channels, desk.name: desk}, hosts)

    def add_routes(self, app: web.Application) -> None:
        Webhooks(self.channels, self.inbox, self.settings.public_url).add_routes(app)
        FileRoutes(self.files, self.settings.session_secret).add_routes(app)
        if self.given.simulated:
            self.vendors = stage.mount(
                app,
                self.session,
                self.given.simulated,
                self.given.values,
                port=self.settings.bot_port,
                public_url=self.settings.public_url,
            )

    def jobs(self) -> list[Coroutine[Any, Any, None]]:
        """What runs beside the workers for as long as the process does."""
        return [*self.files.jobs(), *self.routes.jobs(), *self._mailbox()]

    def send_mail(self) -> SendMail | None:
        """How a code is mailed; None where e-mail is off."""
        email = self.channels.get("email")
        return email.send_code if isinstance(email, EmailChannel) else None

    def _mailbox(self) -> list[Coroutine[Any, Any, None]]:
        email, url = self.channels.get("email"), self.given.values["EMAIL_IMAP_URL"]
        if not isinstance(email, EmailChannel):
            return []
        if not url:
            return [email.tidy()]
        taking = partial(take_mail, email, self.inbox)
        archive = self.given.values["EMAIL_ARCHIVE"]
        watcher = MailboxWatcher(imap_account(url), taking, self.inbox.threads.redis, archive, tokens=self.tokens)
        return [email.tidy(), watcher.run()]


async def take_mail(email: EmailChannel, inbox: Inbox, raw: bytes) -> None:
    """Stores what a mail of the mailbox says."""
    await inbox.take(email.name, await asyncio.to_thread(email.read, raw))
