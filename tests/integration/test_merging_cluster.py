"""On a Redis Cluster: every script stays in one slot, and a merge crosses partitions on three nodes."""

import asyncio
import re
from pathlib import Path

import pytest

from bot import keys, merge_joining, scripts
from bot.keys import Keys
from bot.mailbox import Mailbox
from bot.merging import Merges
from bot.threads import Threads, message
from runtime.redis import opened
from tests.integration.test_merging import undo_of
from tests.redis_servers import ClusterServers

ANNA, BEN = "cus_anna", "cus_ben"
#: Scripts that make further keys of what they are given; they carry the tag of the partition that they got.
MAKES_KEYS = {"intake"}


@pytest.fixture(scope="module")
def servers(tmp_path_factory):
    with ClusterServers(tmp_path_factory.mktemp("cluster")) as running:
        running.join()
        yield running


@pytest.fixture
async def cluster(servers):
    client = await opened(servers.url)
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

            async def call(keys, args=()):
                self.calls.setdefault(name, []).append(list(keys))
                return await script(keys=keys, args=args)

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
