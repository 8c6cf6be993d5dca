"""Which channels are on: those whose settings are given, and in the playground the others too,
against simulated vendors."""

from __future__ import annotations

import hashlib
import hmac
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

import aiohttp

from bot.channels.email import EmailChannel, Room, mail_link
from bot.channels.messenger import InstagramChannel, MessengerChannel
from bot.channels.meta import App
from bot.channels.protocol import Channel
from bot.channels.sms import SmsChannel
from bot.channels.telegram import TelegramChannel
from bot.channels.web import WebChannel
from bot.channels.webhook import WebhookChannel
from bot.channels.whatsapp import WhatsAppChannel
from runtime.channel_settings import CHANNELS, is_on, needed
from runtime.settings import Settings

#: What a simulated vendor calls itself; secrets are made up.
STAGE = {
    "TELEGRAM_BOT_NAME": "faden_demo_bot",
    "WHATSAPP_PHONE_NUMBER_ID": "100200300",
    "WHATSAPP_NUMBER": "4930900100",
    "WHATSAPP_TEMPLATE": "reply_waiting",
    "MESSENGER_PAGE_ID": "400500600",
    "MESSENGER_PAGE_NAME": "faden.demo",
    "INSTAGRAM_ACCOUNT_ID": "700800900",
    "INSTAGRAM_USERNAME": "faden.demo",
    "SMS_ACCOUNT_SID": "AC00000000000000000000000000000000",
    "SMS_NUMBER": "+4930900200",
    "EMAIL_ADDRESS": "help@shop.example",
    "EMAIL_NAME": "Demo Shop",
}


@dataclass(frozen=True)
class Credentials:
    """The settings that the channels run with: an operator's own, or a simulation's."""

    values: Mapping[str, str]
    on: tuple[str, ...]
    simulated: tuple[str, ...]

    def api_hosts(self) -> dict[str, str]:
        """Channel -> host of its API, with the port if it has one."""
        return {name: urlsplit(self.values.get(f"{name.upper()}_API_URL", "")).netloc.lower() for name in self.on}


def credentials(settings: Settings) -> Credentials:
    values = dict(settings.channels)
    simulated = [name for name in CHANNELS if settings.playground and not is_on(name, values)]
    for name in simulated:
        values |= _simulation(settings, name)
    return Credentials(values, tuple(name for name in CHANNELS if is_on(name, values)), tuple(simulated))


def build(given: Credentials, session: aiohttp.ClientSession, public_url: str, room: Room) -> dict[str, Channel]:
    """The channels that are on, by name; the web chat always is. `room` is for mails."""
    channels: dict[str, Channel] = {"web": WebChannel()}
    makers = {
        "telegram": _telegram,
        "whatsapp": _whatsapp,
        "messenger": _messenger,
        "instagram": _instagram,
        "sms": _sms,
        "webhook": _webhook,
    }
    for name in given.on:
        if name == "email":
            channels[name] = EmailChannel(given.values, room)
            continue
        channels[name] = makers[name](given.values, session, public_url.rstrip("/"))
    return channels


def deep_link(given: Credentials, channel: str, code: str, public_url: str) -> str:
    """The address by which a customer goes on with a link code on another channel; empty where there is none."""
    values = given.values
    if channel == "email" and channel in given.on and channel not in given.simulated:
        return mail_link(values, code)
    if channel in given.simulated:
        return f"{public_url.rstrip('/')}/?phone={channel}&code={quote(code)}"
    links = {
        "telegram": ("TELEGRAM_BOT_NAME", "https://t.me/{}?start={code}"),
        "whatsapp": ("WHATSAPP_NUMBER", "https://wa.me/{}?text={code}"),
        "messenger": ("MESSENGER_PAGE_NAME", "https://m.me/{}?ref={code}"),
        "instagram": ("INSTAGRAM_USERNAME", "https://ig.me/m/{}?ref={code}"),
        "sms": ("SMS_NUMBER", "sms:{}?body={code}"),
    }
    name, pattern = links.get(channel, ("", ""))
    return pattern.format(values[name], code=quote(code)) if name and values[name] and channel in given.on else ""


def _simulation(settings: Settings, channel: str) -> dict[str, str]:
    """Settings against the simulated vendor in this process; several processes make up the same ones."""
    made = {name: STAGE.get(name) or _made_up(settings.session_secret, name) for name in needed(channel)}
    made |= {name: value for name, value in STAGE.items() if name.startswith(f"{channel.upper()}_")}
    if channel == "email":
        return made | _mail_simulation(settings)
    made[f"{channel.upper()}_API_URL"] = f"http://127.0.0.1:{settings.bot_port}/vendors/{channel}/api"
    return made


def _mail_simulation(settings: Settings) -> dict[str, str]:
    """The simulated mail server listens on a socket in a short place, one for each port of `bot`."""
    name = _made_up(settings.session_secret, f"mail {settings.bot_port}")[:12]
    socket = Path(tempfile.gettempdir()) / f"faden-mail-{name}.sock"
    password = _made_up(settings.session_secret, "EMAIL_PASSWORD")
    made = {"EMAIL_SMTP_URL": f"smtp+unix://faden:{password}@mail{socket}"}
    return made | {"EMAIL_WEBHOOK_KEY": _made_up(settings.session_secret, "EMAIL_WEBHOOK_KEY")}


def _made_up(secret: str, name: str) -> str:
    return hmac.new(secret.encode(), f"playground {name}".encode(), hashlib.sha256).hexdigest()[:40]


def _telegram(values: Mapping[str, str], session: aiohttp.ClientSession, public_url: str) -> Channel:
    return TelegramChannel(
        session, values["TELEGRAM_TOKEN"], values["TELEGRAM_WEBHOOK_SECRET"], values["TELEGRAM_API_URL"]
    )


def _whatsapp(values: Mapping[str, str], session: aiohttp.ClientSession, public_url: str) -> Channel:
    app = _meta(values, "WHATSAPP", "PHONE_NUMBER_ID")
    return WhatsAppChannel(session, app, values["WHATSAPP_TEMPLATE"], values["WHATSAPP_TEMPLATE_LANGUAGE"])


def _messenger(values: Mapping[str, str], session: aiohttp.ClientSession, public_url: str) -> Channel:
    return MessengerChannel(session, _meta(values, "MESSENGER", "PAGE_ID"), values["MESSENGER_HUMAN_AGENT"] == "on")


def _instagram(values: Mapping[str, str], session: aiohttp.ClientSession, public_url: str) -> Channel:
    return InstagramChannel(session, _meta(values, "INSTAGRAM", "ACCOUNT_ID"), values["INSTAGRAM_HUMAN_AGENT"] == "on")


def _meta(values: Mapping[str, str], name: str, own_id: str) -> App:
    return App(*(values[f"{name}_{part}"] for part in ("TOKEN", "APP_SECRET", "VERIFY_TOKEN", "API_URL", own_id)))


def _sms(values: Mapping[str, str], session: aiohttp.ClientSession, public_url: str) -> Channel:
    account, token, number = values["SMS_ACCOUNT_SID"], values["SMS_AUTH_TOKEN"], values["SMS_NUMBER"]
    return SmsChannel(session, account, token, number, values["SMS_API_URL"], f"{public_url}/channels/sms/webhook")


def _webhook(values: Mapping[str, str], session: aiohttp.ClientSession, public_url: str) -> Channel:
    return WebhookChannel(session, values["WEBHOOK_SECRET"], values["WEBHOOK_API_URL"])
