"""Puts the simulated vendors beside the real doors of this process, for the playground."""

from __future__ import annotations

from collections.abc import Mapping

import aiohttp
from aiohttp import web

from bot.vendors.base import Vendor
from bot.vendors.email import EmailVendor
from bot.vendors.messenger import InstagramVendor, MessengerVendor
from bot.vendors.shelf import add_events
from bot.vendors.telegram import TelegramVendor
from bot.vendors.twilio import TwilioVendor
from bot.vendors.webhook import WebhookVendor
from bot.vendors.whatsapp import WhatsAppVendor

VENDORS: dict[str, type[Vendor]] = {
    vendor.name: vendor
    for vendor in (
        TelegramVendor,
        WhatsAppVendor,
        MessengerVendor,
        InstagramVendor,
        TwilioVendor,
        WebhookVendor,
        EmailVendor,
    )
}


def mount(
    app: web.Application,
    session: aiohttp.ClientSession,
    names: tuple[str, ...],
    values: Mapping[str, str],
    *,
    port: int,
    public_url: str,
) -> dict[str, Vendor]:
    """Adds ``/vendors/<channel>/…`` for each name, ``/vendors`` with the list of them, and ``/vendors/events``."""
    made: dict[str, Vendor] = {}
    for name in names:
        path = f"/channels/{name}/webhook"
        made[name] = VENDORS[name](
            values,
            session,
            f"http://127.0.0.1:{port}{path}",
            own_url=f"http://127.0.0.1:{port}/vendors/{name}",
            signed_url=f"{public_url.rstrip('/')}{path}",
        )
        app.add_subapp(f"/vendors/{name}", made[name].app())

    async def listed(request: web.Request) -> web.Response:
        return web.json_response({"channels": list(names)})

    app.router.add_get("/vendors", listed)
    add_events(app, made)
    return made
