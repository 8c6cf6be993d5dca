"""``make run``: trains what is stale, starts the processes of the Procfile, and says when and where they are ready.

A process that dies is started again by its keeper (`runtime.keep`); Ctrl-C stops them all.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

from honcho import manager as honcho_manager
from honcho.environ import parse_procfile
from honcho.printer import Printer

from runtime.assistant_files import FileError
from runtime.keep import BAD_SETTINGS
from runtime.settings import Settings, SettingsError
from runtime.train import told, train

READY_SECONDS = 180
#: Seconds that a process has for the turns at hand when it is told to stop.
STOP_SECONDS = 20


def environment(settings: Settings) -> dict[str, str]:
    """What the processes share; each reads the rest of its settings by itself."""
    shared = {
        "REDIS_URL": settings.redis_url,
        "INTERNAL_HOST": settings.internal_host,
        "RASA_URL": settings.rasa_url,
        "RASA_PORT": str(settings.rasa_port),
        "ACTIONS_URL": settings.actions_url,
        "ACTIONS_PORT": str(settings.actions_port),
        "BOT_URL": f"http://127.0.0.1:{settings.bot_port}",
        "RASA_TELEMETRY_ENABLED": "false",
        "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
        # A turn's matrices are small: threads for them cost more than they bring, the more so on busy cores.
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "PYTHONUNBUFFERED": "1",
    }
    return {**os.environ, **shared}


def processes(own_redis: bool) -> dict[str, str]:
    lines: dict[str, str] = dict(parse_procfile(Path("Procfile").read_text()).processes)
    if not own_redis:
        del lines["redis"]
    return {name: f"exec {sys.executable} -m runtime.keep {line}" for name, line in lines.items()}


def refuse_taken_ports(settings: Settings, own_redis: bool) -> None:
    """Raises `SettingsError` for the first port that something else listens on already."""
    ports = ["BOT_PORT", "TICKETS_PORT", "RASA_PORT", "ACTIONS_PORT", *(["REDIS_PORT"] if own_redis else [])]
    for name in ports:
        port = getattr(settings, name.lower())
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                raise SettingsError(
                    f"{name}: something listens on port {port} already. Stop it, or set {name} to a free port."
                )


def doors(settings: Settings) -> dict[str, str]:
    """An address per process that answers 200 once it is ready."""
    return {
        "rasa": f"{settings.rasa_url}/",
        "actions": f"{settings.actions_url}/health",
        "tickets": f"http://127.0.0.1:{settings.tickets_port}/readyz",
        "bot": f"http://127.0.0.1:{settings.bot_port}/readyz",
    }


def announce(settings: Settings) -> None:
    waiting = doors(settings)
    deadline = time.monotonic() + READY_SECONDS
    while waiting and time.monotonic() < deadline:
        for name in [name for name, address in waiting.items() if _answers(address)]:
            del waiting[name]
            print(f"== {name} is ready{', waiting for ' + ', '.join(waiting) if waiting else ''}", flush=True)
        time.sleep(0.3)
    if waiting:
        print(f"== not ready after {READY_SECONDS} s: {', '.join(waiting)}. Their lines above say why.", flush=True)
        return
    desk = f"http://127.0.0.1:{settings.tickets_port}/"
    password = "the password you set" if settings.desk_admin_password else "the password printed on the first start"
    log_in = f"log in as {settings.desk_admin_email}, {password}"
    print(f"== Faden is ready: chat {settings.public_url}/ · desk {desk} ({log_in})")
    sys.stdout.flush()


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=2) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False


def main() -> int:
    try:
        settings = Settings.load()
        own_redis = settings.redis_url == f"redis://127.0.0.1:{settings.redis_port}/0"
        refuse_taken_ports(settings, own_redis)
        train(settings)
    except (SettingsError, FileError) as error:
        print(error, file=sys.stderr)
        return BAD_SETTINGS
    except subprocess.CalledProcessError as failed:
        print(told(failed), file=sys.stderr)
        return 1
    honcho_manager.KILL_WAIT = STOP_SECONDS
    manager = honcho_manager.Manager(Printer(sys.stdout))
    for name, command in processes(own_redis).items():
        manager.add_process(name, command, env=environment(settings))
    threading.Thread(target=announce, args=[settings], daemon=True).start()
    manager.loop()
    return int(manager.returncode or 0)


if __name__ == "__main__":
    sys.exit(main())
