"""The settings of the channels, as data. A channel is on when those it needs are given; a part of them is an error."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

#: Channel -> its settings: name, default, needed, secret, what it is for.
Row = tuple[str, str, bool, bool, str]

TELEGRAM: tuple[Row, ...] = (
    ("TELEGRAM_TOKEN", "", True, True, "Telegram: the bot's token."),
    ("TELEGRAM_WEBHOOK_SECRET", "", True, True, "Telegram: the `secret_token` given to setWebhook."),
    ("TELEGRAM_BOT_NAME", "", False, False, "Telegram: the bot's name without @, for links to it."),
    ("TELEGRAM_API_URL", "https://api.telegram.org", False, False, "Telegram: address of the Bot API."),
)
WHATSAPP: tuple[Row, ...] = (
    ("WHATSAPP_TOKEN", "", True, True, "WhatsApp: access token of the system user."),
    ("WHATSAPP_APP_SECRET", "", True, True, "WhatsApp: the app's secret, which signs webhooks."),
    ("WHATSAPP_VERIFY_TOKEN", "", True, True, "WhatsApp: the word agreed on for the webhook's set-up."),
    ("WHATSAPP_PHONE_NUMBER_ID", "", True, False, "WhatsApp: id of the business number that sends."),
    ("WHATSAPP_NUMBER", "", False, False, "WhatsApp: the business number in digits, for links to it."),
    ("WHATSAPP_TEMPLATE", "", False, False, "WhatsApp: approved template with one variable, used outside the window."),
    ("WHATSAPP_TEMPLATE_LANGUAGE", "en", False, False, "WhatsApp: the template's language code."),
    ("WHATSAPP_API_URL", "https://graph.facebook.com/v23.0", False, False, "WhatsApp: address of the Graph API."),
)
MESSENGER: tuple[Row, ...] = (
    ("MESSENGER_TOKEN", "", True, True, "Messenger: access token of the page."),
    ("MESSENGER_APP_SECRET", "", True, True, "Messenger: the app's secret, which signs webhooks."),
    ("MESSENGER_VERIFY_TOKEN", "", True, True, "Messenger: the word agreed on for the webhook's set-up."),
    ("MESSENGER_PAGE_ID", "", True, False, "Messenger: id of the page that answers."),
    ("MESSENGER_PAGE_NAME", "", False, False, "Messenger: the page's name in m.me links."),
    (
        "MESSENGER_HUMAN_AGENT",
        "off",
        False,
        False,
        "Messenger: on when Meta has approved the human agent tag (7 days).",
    ),
    ("MESSENGER_API_URL", "https://graph.facebook.com/v23.0", False, False, "Messenger: address of the Graph API."),
)
INSTAGRAM: tuple[Row, ...] = (
    ("INSTAGRAM_TOKEN", "", True, True, "Instagram: access token of the professional account."),
    ("INSTAGRAM_APP_SECRET", "", True, True, "Instagram: secret of the Instagram or Facebook app, by kind of log-in."),
    ("INSTAGRAM_VERIFY_TOKEN", "", True, True, "Instagram: the word agreed on for the webhook's set-up."),
    ("INSTAGRAM_ACCOUNT_ID", "", True, False, "Instagram: id of the professional account."),
    ("INSTAGRAM_USERNAME", "", False, False, "Instagram: the account's name in ig.me links."),
    (
        "INSTAGRAM_HUMAN_AGENT",
        "off",
        False,
        False,
        "Instagram: on when Meta has approved the human agent tag (7 days).",
    ),
    ("INSTAGRAM_API_URL", "https://graph.instagram.com/v23.0", False, False, "Instagram: address of the Graph API."),
)
SMS: tuple[Row, ...] = (
    ("SMS_ACCOUNT_SID", "", True, False, "SMS: Twilio account."),
    ("SMS_AUTH_TOKEN", "", True, True, "SMS: Twilio auth token; it also signs webhooks."),
    ("SMS_NUMBER", "", True, False, "SMS: the sending number, +49…"),
    ("SMS_API_URL", "https://api.twilio.com", False, False, "SMS: address of Twilio's API."),
)
WEBHOOK: tuple[Row, ...] = (
    ("WEBHOOK_SECRET", "", True, True, "Generic channel: signs what comes in and what goes out."),
    ("WEBHOOK_API_URL", "", True, False, "Generic channel: where replies are posted."),
)
EMAIL: tuple[Row, ...] = (
    ("EMAIL_ADDRESS", "", True, False, "E-mail: the address that customers write to and that answers come from."),
    ("EMAIL_NAME", "", False, False, "E-mail: the name beside the address."),
    (
        "EMAIL_SMTP_URL",
        "",
        True,
        True,
        "E-mail: where mails go out, `smtp://user:password@host:587` (STARTTLS) or `smtps://…:465`.",
    ),
    (
        "EMAIL_IMAP_URL",
        "",
        False,
        True,
        "E-mail: where mails come in, `imaps://user:password@host:993/INBOX`, or `imap://…:143` (STARTTLS). This, "
        "EMAIL_WEBHOOK_KEY, or both.",
    ),
    (
        "EMAIL_OAUTH_TOKEN_URL",
        "",
        False,
        False,
        "E-mail: token endpoint of the identity provider, for mailboxes that take no password; docs/email.md.",
    ),
    ("EMAIL_OAUTH_CLIENT_ID", "", False, False, "E-mail: the application's id at the identity provider."),
    ("EMAIL_OAUTH_CLIENT_SECRET", "", False, True, "E-mail: the application's secret there."),
    (
        "EMAIL_OAUTH_REFRESH_TOKEN",
        "",
        False,
        True,
        "E-mail: signs in in the mailbox's name. Empty: as the application itself (client credentials).",
    ),
    ("EMAIL_OAUTH_SCOPE", "", False, False, "E-mail: what is asked for, as the provider names it; several by spaces."),
    ("EMAIL_WEBHOOK_KEY", "", False, True, "E-mail: the key by which a mail service signs the mails that it posts."),
    ("EMAIL_ARCHIVE", "", False, False, "E-mail: folder that taken mails are moved to. Empty: they stay, marked."),
    ("EMAIL_PLUS_ADDRESSES", "on", False, False, "E-mail: on when the server delivers `name+anything@` to `name@`."),
    (
        "EMAIL_TRUSTED_MX",
        "",
        False,
        False,
        "E-mail: name of the own server in `Authentication-Results`, to record its DMARC verdict.",
    ),
)
CHANNELS: dict[str, tuple[Row, ...]] = {
    "telegram": TELEGRAM,
    "whatsapp": WHATSAPP,
    "messenger": MESSENGER,
    "instagram": INSTAGRAM,
    "sms": SMS,
    "webhook": WEBHOOK,
    "email": EMAIL,
}
#: Of these at least one is needed.
ONE_OF = {"email": ("EMAIL_IMAP_URL", "EMAIL_WEBHOOK_KEY")}
#: The first two are needed, and one of the next two.
SIGN_IN = tuple(f"EMAIL_OAUTH_{name}" for name in ("TOKEN_URL", "CLIENT_ID", "CLIENT_SECRET", "REFRESH_TOKEN", "SCOPE"))
LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")
SCHEMES = {"EMAIL_SMTP_URL": ("smtp", "smtps", "smtp+unix"), "EMAIL_IMAP_URL": ("imap", "imaps")}
ROWS: tuple[Row, ...] = tuple(row for rows in CHANNELS.values() for row in rows)


def needed(channel: str) -> list[str]:
    return [name for name, _, must, _, _ in CHANNELS[channel] if must]


def is_on(channel: str, values: Mapping[str, str]) -> bool:
    ways = ONE_OF.get(channel, ())
    return all(values[name] for name in needed(channel)) and (not ways or any(values[name] for name in ways))


def complaint(values: Mapping[str, str]) -> str:
    """One clear line about the first channel that has a part of what it needs or a bad switch, or nothing."""
    for name in ("MESSENGER_HUMAN_AGENT", "INSTAGRAM_HUMAN_AGENT", "EMAIL_PLUS_ADDRESSES"):
        if values[name] not in ("on", "off"):
            return f"{name}: {values[name]!r} is not valid: must be on or off."
    for channel, rows in CHANNELS.items():
        given = [row[0] for row in rows if values[row[0]] not in ("", row[1]) and not row[0].endswith("_HUMAN_AGENT")]
        missing = [name for name in needed(channel) if not values[name]]
        if given and missing:
            return (
                f"{channel}: {given[0]} is given, but {', '.join(missing)} is missing. "
                "Give all, or none to leave it off."
            )
    return _email_complaint(values)


def _email_complaint(values: Mapping[str, str]) -> str:
    address = values["EMAIL_ADDRESS"]
    if address and not any(values[name] for name in ONE_OF["email"]):
        return f"email: EMAIL_ADDRESS is given, but no way in. Give {' or '.join(ONE_OF['email'])}, or both."
    if address and not re.fullmatch(r"[^\s@+<>,;]+@[^\s@<>,;]+", address):
        return (
            f"EMAIL_ADDRESS: {address!r} is not valid: "
            "must be an address such as help@shop.example, without a plus part."
        )
    for name, schemes in SCHEMES.items():
        if values[name] and not _is_url(values[name], schemes):
            return (
                f"{name}: the given value is not valid: "
                f"must begin with {' or '.join(f'{one}://' for one in schemes)} and name a host."
            )
    return _sign_in_complaint(values)


def _sign_in_complaint(values: Mapping[str, str]) -> str:
    """About a mailbox that is signed in to by token."""
    given = [name for name in SIGN_IN if values[name]]
    if not given:
        return ""
    if missing := [name for name in SIGN_IN[:2] if not values[name]]:
        return (
            f"email: {given[0]} is given, but {', '.join(missing)} is missing. "
            "Give all, or none to sign in by password."
        )
    if not any(values[name] for name in SIGN_IN[2:4]):
        return (
            f"email: EMAIL_OAUTH_TOKEN_URL is given, but neither {SIGN_IN[2]} nor {SIGN_IN[3]}. "
            "Give one of them, or both."
        )
    url = values["EMAIL_OAUTH_TOKEN_URL"]
    if not _is_url(url, ("https", "http")) or (
        urlsplit(url).scheme == "http" and urlsplit(url).hostname not in LOCAL_HOSTS
    ):
        return f"EMAIL_OAUTH_TOKEN_URL: {url!r} is not valid: must begin with https:// and name a host."
    for name in SCHEMES:
        if values[name] and (urlsplit(values[name]).password or not urlsplit(values[name]).username):
            return f"{name}: with EMAIL_OAUTH_TOKEN_URL it needs the mailbox as user, and no password."
    return ""


def _is_url(raw: str, schemes: tuple[str, ...]) -> bool:
    try:
        found = urlsplit(raw)
        return found.scheme in schemes and bool(found.hostname or found.scheme.endswith("+unix")) and found.port != 0
    except ValueError:
        return False
