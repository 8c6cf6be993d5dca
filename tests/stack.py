"""The five real processes on free ports, each of which a test may kill and start again."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

from honcho.environ import parse_procfile

from runtime.run import doors, environment
from runtime.settings import Settings
from tests.conftest import free_port

ROOT = Path(__file__).parents[1]
VECTORS = ROOT / "var" / "vectors"
ADMIN, PASSWORD = "admin@example.com", "a-long-test-password"
ORDER = ("redis", "actions", "rasa", "tickets", "bot")
READY_SECONDS = 120


class Stack:
    """Processes by the names of the Procfile. Each one's output is in ``<var_dir>/<name>.log``."""

    def __init__(self, var_dir: Path, **settings: str) -> None:
        self.var_dir = var_dir
        ports = {f"{name}_PORT": str(free_port()) for name in ("BOT", "TICKETS", "RASA", "ACTIONS", "REDIS")}
        own = {"VAR_DIR": str(var_dir), "DESK_ADMIN_EMAIL": ADMIN, "DESK_ADMIN_PASSWORD": PASSWORD, **ports, **settings}
        self.settings = Settings.load(own, env_file="/dev/null")
        self.environment = {**environment(self.settings), **own}
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        #: A Redis of somebody else's is not ours to start.
        self.order = tuple(name for name in ORDER if name != "redis" or not settings.get("REDIS_URL"))
        self.bot_url = f"http://127.0.0.1:{self.settings.bot_port}"
        self.desk_url = f"http://127.0.0.1:{self.settings.tickets_port}"
        _share_encoders(var_dir)

    def start(self, *names: str) -> None:
        lines = parse_procfile((ROOT / "Procfile").read_text()).processes
        for name in names or self.order:
            with (self.var_dir / f"{name}.log").open("ab") as output:
                self.processes[name] = subprocess.Popen(
                    f"exec {lines[name]}",
                    shell=True,
                    cwd=ROOT,
                    env=self.environment,
                    stdout=output,
                    stderr=output,
                    start_new_session=True,
                )

    def wait_ready(self, *names: str) -> None:
        """Returns once each of these answers at its door."""
        for name, door in doors(self.settings).items():
            if name in (names or ORDER):
                self._wait_for(name, door)

    def _wait_for(self, name: str, door: str) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while not _answers(door):
            if (process := self.processes.get(name)) and process.poll() is not None:
                raise RuntimeError(f"{name} ended with {process.returncode}:\n{self.log(name)[-3000:]}")
            if time.monotonic() > deadline:
                raise TimeoutError(f"{name} is not ready:\n{self.log(name)[-3000:]}")
            time.sleep(0.1)

    def log(self, name: str) -> str:
        return (self.var_dir / f"{name}.log").read_text(errors="replace")

    def kill(self, name: str) -> None:
        """As a machine that loses power would: no goodbye, and whatever it had started goes too."""
        process = self.processes.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)

    def stop(self) -> None:
        for name in reversed([name for name in ORDER if name in self.processes]):
            self.processes[name].send_signal(signal.SIGTERM)
        for process in self.processes.values():
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(10)
        self.processes.clear()
        self._lend_vectors()

    def _lend_vectors(self) -> None:
        """To whoever starts next: the encoders read the articles once. The larger file knows more of them."""
        VECTORS.mkdir(parents=True, exist_ok=True)
        for made in (self.var_dir / "vectors").glob("articles-*.npz"):
            known = VECTORS / made.name
            if not known.exists() or made.stat().st_size > known.stat().st_size:
                shutil.copy(made, known)

    async def restart(self, name: str, after: float = 0.0) -> None:
        self.kill(name)
        await asyncio.sleep(after)
        self.start(name)


def _share_encoders(var_dir: Path) -> None:
    """The converted encoders are the same for every installation of this checkout; its vectors are a start."""
    encoders = ROOT / "var" / "encoder"
    encoders.mkdir(parents=True, exist_ok=True)
    var_dir.mkdir(parents=True, exist_ok=True)
    if not (var_dir / "encoder").exists():
        (var_dir / "encoder").symlink_to(encoders)
    if VECTORS.exists():
        shutil.copytree(VECTORS, var_dir / "vectors", dirs_exist_ok=True)


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=2) as answer:
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False
