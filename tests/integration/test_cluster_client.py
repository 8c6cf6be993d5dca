"""What the services need of a Redis Cluster while nodes go and slots move; and addresses of another kind are told."""

import asyncio
import uuid
from contextlib import suppress

import pytest
from redis.exceptions import RedisError
from sqlalchemy import insert, select

from bot.keys import Keys
from bot.mailbox import Mailbox, Worker
from bot.threads import Plan, Threads, message
from bot.web.live import Live
from runtime.redis import opened
from runtime.settings import SettingsError
from tests.conftest import free_port
from tests.redis_servers import PASSWORD, ClusterServers, Servers
from tickets.contracts import partition
from tickets.services.changes import Changes
from tickets.storage.models import Outbox
from tickets.workers.relay import Relay


@pytest.fixture
def servers(tmp_path):
    with ClusterServers(tmp_path) as running:
        running.join()
        yield running


@pytest.fixture
async def threads(servers):
    client = await opened(servers.url)
    yield Threads(client, Mailbox(client, "mailbox"), Mailbox(client, "outbox"))
    await client.aclose()


@pytest.fixture
async def answered(threads):
    """Texts of the messages that a worker has taken from the mailboxes, in order."""
    found = []

    async def handle(lease, item):
        found.append((await threads.message(lease.customer_id, item.rpartition(" ")[2])).text)
        return (await threads.finish(lease, Plan())).left

    worker = Worker(threads.mailbox, handle, consumer="test")
    running = asyncio.create_task(worker.run())
    yield found
    worker.stop()
    await running


@pytest.fixture
async def live(threads):
    made = Live(threads.redis)
    listening = asyncio.create_task(made.run())
    yield made
    while not listening.done():
        listening.cancel()
        await asyncio.wait([listening], timeout=1)


async def write(threads, customer, text):
    """As a client does that sends again until it is accepted."""
    said = message("customer", text, id=str(uuid.uuid4()), channel="web")
    async with asyncio.timeout(20):
        while True:
            with suppress(RedisError, OSError):
                return await threads.accept(customer, said)
            await asyncio.sleep(0.05)


async def until(is_so):
    async with asyncio.timeout(20):
        while not is_so():
            await asyncio.sleep(0.05)


def customer_on(servers, port):
    """A customer whose thread the node has."""
    ids = (f"cus_{uuid.uuid4().hex}" for _ in range(1000))
    return next(one for one in ids if servers.master_of(Keys(one).thread) == port)


async def test_customers_of_other_nodes_notice_nothing_of_one_that_is_away(servers, threads, answered, live):
    first, second, third = (customer_on(servers, port) for port in servers.masters)
    for customer in (first, second, third):
        await write(threads, customer, f"{customer} 1")
    await until(lambda: len(answered) == 3)

    servers.kill(servers.masters[0])
    with live.listen(second) as bell:
        for number in (2, 3):
            for customer in (second, third):
                await write(threads, customer, f"{customer} {number}")
        async with asyncio.timeout(5):
            await bell.wait(60)
    await until(lambda: len(answered) == 7)
    assert [text for text in answered if text.startswith(second)] == [f"{second} {number}" for number in (1, 2, 3)]
    with pytest.raises((RedisError, OSError)):
        await threads.accept(first, message("customer", "nobody is there", id="x" * 8, channel="web"))

    # Also for a process that starts now, and knows the node that is away and one other.
    late = await opened(servers.url)
    assert await late.hget(Keys(second).thread, "owner") == "bot"
    await late.aclose()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_replies_of_agents_wait_only_for_the_node_of_their_customer(servers, threads, records):
    first, second = (customer_on(servers, port) for port in servers.masters[:2])
    rows = [
        {"command_id": f"c{n}", "customer_id": (first, second)[n % 2], "ref": "F-1", "command": f"{n}"}
        for n in range(6)
    ]
    async with records.work() as work:
        await work.session.execute(insert(Outbox), [{**row, "created_at": work.now} for row in rows])
    servers.kill(servers.masters[0])
    relay = Relay(threads.redis, records, Changes().listen())
    assert [await relay.step() for _ in range(2)] == [3, 0]
    arrived = await threads.redis.xrange(f"outbound:{partition(second)}")
    assert [fields["command"] for _, fields in arrived] == ["1", "3", "5"]
    async with records.read() as session:
        assert list(await session.scalars(select(Outbox.command).where(Outbox.sent_at.is_(None)))) == ["0", "2", "4"]


async def test_slots_move_to_another_node_while_customers_write(servers, threads, answered):
    source, target = servers.masters[:2]
    customer = customer_on(servers, source)
    written = []

    async def writes():
        while not moved.is_set() or len(written) < 30:
            written.append(f"number {len(written)}")
            await write(threads, customer, written[-1])

    moved = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(writes())
        await until(lambda: len(written) > 5)
        slot = servers.cli(source, "cluster", "keyslot", Keys(customer).thread).strip()
        await asyncio.to_thread(move, servers, slot, source, target)
        moved.set()
    await until(lambda: len(answered) == len(written))
    assert answered == written
    assert [one.text for one in await threads.last(customer, 1000)] == written
    assert partition(customer) in servers.cli(target, "keys", f"thread:*{customer}")


def move(servers, slot, source, target):
    """As ``redis-cli --cluster reshard`` does, key by key."""
    ids = {port: servers.cli(port, "cluster", "myid").strip() for port in (source, target)}
    servers.cli(target, "cluster", "setslot", slot, "importing", ids[source])
    servers.cli(source, "cluster", "setslot", slot, "migrating", ids[target])
    while keys := servers.cli(source, "cluster", "getkeysinslot", slot, "3").split():
        told = servers.cli(
            source, "migrate", "127.0.0.1", str(target), "", "0", "5000", "AUTH", PASSWORD, "KEYS", *keys
        )
        assert told.strip() in ("OK", "NOKEY"), told
    for port in (target, source, servers.masters[2]):
        servers.cli(port, "cluster", "setslot", slot, "node", ids[target])


async def test_a_master_without_its_replicas_accepts_nothing_if_it_is_told_so(tmp_path):
    with Servers(tmp_path) as servers:
        port = servers.start("--min-replicas-to-write", "1")
        servers.until("it answers", lambda: servers.cli(port, "ping") == "PONG\n")
        client = await opened(f"redis://:{PASSWORD}@127.0.0.1:{port}/0")
        threads = Threads(client, Mailbox(client, "mailbox"), Mailbox(client, "outbox"))
        said = message("customer", "hello", id=str(uuid.uuid4()), channel="web")
        with pytest.raises(RedisError, match="NOREPLICAS"):
            await threads.accept("cus_1", said)
        servers.cli(port, "config", "set", "min-replicas-to-write", "0")
        assert not (await threads.accept("cus_1", said)).duplicate
        await client.aclose()


async def test_an_address_of_another_kind_stops_the_start(tmp_path):
    with Servers(tmp_path) as servers:
        single, node = servers.start(), servers.start("--cluster-enabled", "yes", "--cluster-port", str(free_port()))
        sentinel = servers.start_sentinel(single)
        for port in (single, node, sentinel):
            servers.until("it answers", lambda at=port: servers.cli(at, "ping") == "PONG\n")
        at = f":{PASSWORD}@127.0.0.1"
        for url, reason in {
            f"redis://{at}:{node}/0": r"runs as cluster.* Write redis\+cluster://",
            f"redis+cluster://{at}:{single}": r"is no Cluster\. Write redis://",
            f"redis://{at}:{sentinel}/0": r"runs as sentinel.* Write redis\+sentinel://",
            f"redis://:wrong@127.0.0.1:{single}/0": "refuses the user name or password",
            f"redis://127.0.0.1:{single}/0": "refuses the user name or password",
            f"redis+cluster://:wrong@127.0.0.1:{node}": "refuses the user name or password",
        }.items():
            with pytest.raises(SettingsError, match=reason) as told:
                await opened(url)
            assert PASSWORD not in str(told.value) and "wrong" not in str(told.value)
        client = await opened(f"redis://{at}:{single}/0")
        await client.aclose()
