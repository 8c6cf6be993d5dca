"""On a Redis Cluster: every script stays in one slot, and a merge crosses partitions on three nodes."""

import asyncio
import re
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import pytest
from redis.asyncio.cluster import RedisCluster

from bot import keys, merge_joining, scripts
from bot.keys import Keys
from bot.mailbox import Mailbox
from bot.merging import Merges
from bot.threads import Threads, message
from tests.conftest import free_port, tool
from tests.integration.test_merging import undo_of

ANNA, BEN = "cus_anna", "cus_ben"
#: Scripts that make further keys of what they are given; they carry the tag of the partition that they got.
MAKES_KEYS = {"intake"}


def redis_cli(port: int, *words: str) -> str:
    command = [tool("redis-cli"), "-p", str(port), *words]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def cluster_ports(tmp_path_factory):
    """Three nodes with a third of the slots each; without them where the machine does not get them up in time."""
    ports, servers = [free_port() for _ in range(3)], []
    try:
        for port in ports:
            folder = tmp_path_factory.mktemp(f"node{port}")
            command = [
                tool("redis-server"),
                "--port",
                str(port),
                "--bind",
                "127.0.0.1",
                "--save",
                "",
                "--dir",
                str(folder),
            ]
            command += [
                "--cluster-enabled",
                "yes",
                "--cluster-port",
                str(free_port()),
                "--cluster-node-timeout",
                "2000",
            ]
            servers.append((subprocess.Popen(command, stdout=subprocess.DEVNULL), command))
        if not _joined(ports, [int(command[command.index("--cluster-port") + 1]) for _, command in servers]):
            pytest.skip("the cluster did not come up in 20 seconds")
        yield ports
    finally:
        for server, _ in servers:
            server.terminate()
            server.wait(10)


def _joined(ports: list[int], buses: list[int]) -> bool:
    until, met = time.monotonic() + 20, False
    while time.monotonic() < until:
        with suppress(subprocess.CalledProcessError):
            if not met:
                for number, port in enumerate(ports):
                    redis_cli(
                        port, "cluster", "addslotsrange", str(number * 5462), str(min(16383, number * 5462 + 5461))
                    )
                for port, bus in zip(ports[1:], buses[1:], strict=True):
                    redis_cli(ports[0], "cluster", "meet", "127.0.0.1", str(port), str(bus))
                met = True
            if all("cluster_state:ok" in redis_cli(port, "cluster", "info") for port in ports):
                return all("cluster_known_nodes:3" in redis_cli(port, "cluster", "info") for port in ports)
        time.sleep(0.1)
    return False


@pytest.fixture
async def cluster(cluster_ports):
    client = RedisCluster(host="127.0.0.1", port=cluster_ports[0], decode_responses=True)
    await client.initialize()
    yield client
    await client.aclose()


async def test_a_merge_and_its_undo_cross_the_nodes_of_a_cluster(cluster, monkeypatch):
    monkeypatch.setattr(merge_joining, "PATIENCE_SECONDS", 0)
    merges = Merges(Threads(cluster, Mailbox(cluster, "mailbox"), Mailbox(cluster, "outbox")))
    threads = merges.threads
    assert cluster.get_node_from_key(Keys(ANNA).log) != cluster.get_node_from_key(Keys(BEN).log)
    for number in range(20):
        await threads.accept(ANNA, message("customer", f"anna {number}", id=f"anna-{number:04}", channel="web"))
        await threads.accept(BEN, message("customer", f"ben {number}", id=f"ben-{number:05}", channel="telegram"))
        await asyncio.sleep(0.0015)
    merge_id = await merges.merge(ANNA, BEN, "link code")
    log = await threads.last(ANNA, 100)
    assert len([one for one in log if one.author == "customer"]) == 40
    assert [one.text for one in log if one.origin == BEN] == [f"ben {number}" for number in range(20)]
    assert await merges.unfinished() == []
    assert (await threads.accept(BEN, message("customer", "x", id="ben-00003", channel="telegram"))).duplicate

    assert await merges.undo(undo_of(merge_id, ANNA))
    assert [one.text for one in await threads.last(BEN, 100) if one.author == "customer"] == [
        f"ben {number}" for number in range(20)
    ]
    await cluster.delete(keys.AUDIT)


class Recording:
    """Stands in for a client and keeps the keys that each script was called with."""

    def __init__(self, redis) -> None:
        self.redis = redis
        self.calls: dict[str, list[list[str]]] = {}

    def watch(self, monkeypatch) -> None:
        load = scripts.load

        def recorded(redis, name):
            script = load(redis, name)

            async def call(keys, args=(), client=None):
                self.calls.setdefault(name, []).append(list(keys))
                return await script(keys=keys, args=args, client=client)

            return call

        monkeypatch.setattr(scripts, "load", recorded)


async def test_the_keys_of_every_call_of_a_script_share_one_slot(redis, monkeypatch):
    monkeypatch.setattr(merge_joining, "PATIENCE_SECONDS", 0)
    recording = Recording(redis)
    recording.watch(monkeypatch)
    merges = Merges(Threads(redis, Mailbox(redis, "mailbox"), Mailbox(redis, "outbox")))
    for customer in (ANNA, BEN):
        await merges.threads.accept(customer, message("customer", customer, id=f"{customer}-1", channel="web"))
        await merges.threads.tell(customer, message("system", customer, id=f"{customer}-2", channel="web"))
        head, _ = keys.memory(customer)
        await redis.hset(head, mapping={"version": "1", "base": '{"slots": {}, "loop": null}'})

    merge_id = await merges.merge(ANNA, BEN, "link code")
    await merges.undo(undo_of(merge_id, ANNA))
    for name, calls in recording.calls.items():
        for call in calls:
            assert len({_tag(key) for key in call}) == 1, f"{name}: {call}"
    used = {
        "accept",
        "tell",
        "hold",
        "seal",
        "weave",
        "adopt",
        "memory",
        "settle",
        "release",
        "expel",
        "restore",
        "audit",
    }
    assert used <= recording.calls.keys()


def _tag(key: str) -> str:
    found = re.search(r"\{([^}]+)\}", key)
    return found[1] if found else key


def test_a_script_names_no_key_that_it_was_not_given():
    """A key written into a script would be in a slot of its own. Names of channels to publish to are no keys."""
    for path in Path("bot/lua").glob("*.lua"):
        if path.stem in MAKES_KEYS:
            continue
        code = re.sub(r"--.*", "", path.read_text())
        calls = re.findall(r"redis\.p?call\('([A-Z]+)',\s*('[^']*'|[^,)]+)", code)
        named = [call for call in calls if call[1].startswith("'") and call[0] not in ("PUBLISH", "TIME")]
        assert not named, f"{path.name}: {named}"
