"""Real Redis servers as an operator would run them for more than one machine:
a Cluster, and a master behind Sentinels."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

from tests.conftest import free_port, tool

PASSWORD = "a-redis-password-nobody-may-see"
#: How long a node must be silent before the others replace it. Less would take a busy machine for a dead one.
SILENCE_MS = 2000
#: Where the slots of the second and third node begin.
BORDERS = (0, 5462, 10924, 16384)


class Servers:
    """Each with the same password, ended by its own process id when the block is left."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.running: dict[int, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self, *options: str, name: str = "redis") -> int:
        """Starts one and returns its port."""
        port = free_port()
        place = self.folder / f"{name}-{port}"
        place.mkdir()
        own = ["--port", str(port), "--bind", "127.0.0.1", "--dir", str(place), "--save", "", "--logfile", "log"]
        secret = ["--requirepass", PASSWORD, "--masterauth", PASSWORD]
        self._run(port, [tool("redis-server"), *own, *secret, *options])
        return port

    def start_sentinel(self, master: int) -> int:
        port = free_port()
        file = self.folder / f"sentinel-{port}.conf"
        file.write_text(
            f"port {port}\nbind 127.0.0.1\ndir {self.folder}\nrequirepass {PASSWORD}\n"
            f"sentinel sentinel-pass {PASSWORD}\n"
            f"sentinel monitor faden 127.0.0.1 {master} 2\nsentinel auth-pass faden {PASSWORD}\n"
            f"sentinel down-after-milliseconds faden {SILENCE_MS}\nsentinel failover-timeout faden 4000\n"
        )
        self._run(port, [tool("redis-server"), str(file), "--sentinel"])
        return port

    def _run(self, port: int, command: list[str]) -> None:
        self.running[port] = subprocess.Popen(command, stdout=subprocess.DEVNULL)

    def cli(self, port: int, *words: str) -> str:
        environment = os.environ | {"REDISCLI_AUTH": PASSWORD}
        command = [tool("redis-cli"), "-p", str(port), *words]
        return subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout

    def until(self, what: str, is_so: Callable[[], bool], seconds: float = 20) -> None:
        deadline = time.monotonic() + seconds
        while True:
            try:
                if is_so():
                    return
            except subprocess.CalledProcessError:
                pass
            if time.monotonic() > deadline:
                raise TimeoutError(f"not in {seconds} s: {what}")
            time.sleep(0.05)

    def kill(self, port: int) -> None:
        """As a machine that loses power would."""
        server = self.running.pop(port)
        server.kill()
        server.wait(10)

    def stop(self) -> None:
        for server in self.running.values():
            server.terminate()
        for server in self.running.values():
            server.wait(10)


class ClusterServers(Servers):
    """Three masters with a third of the slots each, and, if wanted, a replica of each."""

    def __init__(self, folder: Path, replicas: bool = False) -> None:
        super().__init__(folder)
        self.buses: dict[int, int] = {}
        self.masters = [self._node() for _ in range(3)]
        self.replicas = [self._node() for _ in range(3)] if replicas else []

    @property
    def url(self) -> str:
        """Names two nodes only: the others are found."""
        first, second = self.masters[:2]
        return f"redis+cluster://:{PASSWORD}@127.0.0.1:{first},127.0.0.1:{second}"

    def _node(self) -> int:
        bus = free_port()
        port = self.start(
            "--cluster-enabled",
            "yes",
            "--cluster-port",
            str(bus),
            "--cluster-node-timeout",
            str(SILENCE_MS),
            "--cluster-require-full-coverage",
            "no",
            "--repl-diskless-sync-delay",
            "0",
            name="node",
        )
        self.buses[port] = bus
        return port

    def join(self) -> None:
        """Returns once every node knows all the others, and each replica follows its master."""
        nodes = [*self.masters, *self.replicas]
        for port in nodes:
            self.until("a node answers", lambda at=port: self.cli(at, "ping") == "PONG\n")  # type: ignore[misc]
        for number, port in enumerate(self.masters):
            self.cli(port, "cluster", "addslotsrange", str(BORDERS[number]), str(BORDERS[number + 1] - 1))
        for port in nodes[1:]:
            self.cli(nodes[0], "cluster", "meet", "127.0.0.1", str(port), str(self.buses[port]))
        known = f"cluster_known_nodes:{len(nodes)}"
        for port in nodes:
            self.until("the nodes know each other", lambda at=port: known in self.cli(at, "cluster", "info"))  # type: ignore[misc]
        for master, replica in zip(self.masters, self.replicas, strict=bool(self.replicas)):
            id = self.cli(master, "cluster", "myid").strip()
            self.until(
                "a replica is taken on", lambda of=id, at=replica: self.cli(at, "cluster", "replicate", of) == "OK\n"
            )  # type: ignore[misc]
        for port in nodes:
            self.until("the slots are covered", lambda at=port: "cluster_state:ok" in self.cli(at, "cluster", "info"))  # type: ignore[misc]
        for port in self.replicas:
            self.until(
                "a replica has its master's data",
                lambda at=port: "master_link_status:up" in self.cli(at, "info", "replication"),
            )  # type: ignore[misc]

    def master_of(self, key: str) -> int:
        """The port of the master that has a key."""
        slot = int(self.cli(self.masters[0], "cluster", "keyslot", key))
        return next(port for number, port in enumerate(self.masters) if slot < BORDERS[number + 1])

    def replica_of(self, master: int) -> int:
        return self.replicas[self.masters.index(master)]

    def is_promoted(self, replica: int) -> bool:
        return "role:master" in self.cli(replica, "info", "replication")


class SentinelServers(Servers):
    """A master and its replica, watched by three Sentinels."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.master = self.start()
        self.replica = self.start("--replicaof", "127.0.0.1", str(self.master), "--repl-diskless-sync-delay", "0")
        self.sentinels = [self.start_sentinel(self.master) for _ in range(3)]

    @property
    def url(self) -> str:
        hosts = ",".join(f"127.0.0.1:{port}" for port in self.sentinels)
        return f"redis+sentinel://:{PASSWORD}@{hosts}/faden?sentinel_password={PASSWORD}"

    def join(self) -> None:
        self.until(
            "the replica follows", lambda: "master_link_status:up" in self.cli(self.replica, "info", "replication")
        )
        for port in self.sentinels:
            self.until(
                "a Sentinel knows all", lambda at=port: "slaves=1,sentinels=3" in self.cli(at, "info", "sentinel")
            )  # type: ignore[misc]

    def is_promoted(self) -> bool:
        return "role:master" in self.cli(self.replica, "info", "replication")
