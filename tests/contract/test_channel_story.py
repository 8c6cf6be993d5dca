"""Many customers on many channels at once, with vendors that fail and a worker that is killed without warning."""

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
from collections import defaultdict

import pytest

from bot.vendors.action import Action
from tests.contract.service import until
from tests.contract.test_vendors import ADDRESS, first_words, on_the_phone
from tickets.contracts import partition

#: An outbox worker in a process of its own: it can be killed as the machine would.
WORKER = """
import asyncio, sys
import aiohttp
from bot.identity import Identities
from bot.mailbox import Mailbox, Worker
from bot.threads import Threads
from bot.web.messengers import Messengers
from runtime.redis import connect
from runtime.settings import Settings

async def main():
    settings, redis = Settings.load(), connect(sys.argv[1])
    threads = Threads(redis, Mailbox(redis, "mailbox"), Mailbox(redis, "outbox"))
    async with aiohttp.ClientSession() as session:
        messengers = Messengers(settings, session, Identities(redis, "", ""), threads, first_pause=0.05)
        print("ready", flush=True)
        await Worker(threads.outbox, messengers.outbox.handle, consumer=sys.argv[2], lease_seconds=1).run()

asyncio.run(main())
"""


async def a_worker(service, redis_url: str, name: str) -> subprocess.Popen:
    environ = {
        **os.environ,
        "BOT_PORT": str(service.settings.bot_port),
        "SESSION_SECRET": service.settings.session_secret,
    }
    environ["VAR_DIR"] = str(service.settings.var_dir)
    return await asyncio.to_thread(_started, [sys.executable, "-c", WORKER, redis_url, name], environ)


def _started(command: list[str], environ: dict[str, str]) -> subprocess.Popen:
    process = subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    while (line := process.stdout.readline()) and "ready" not in line:
        pass
    return process


@pytest.fixture
async def killed(make_service, redis_url):
    """A service whose outbox worker is killed while the vendor holds its send, and a successor that takes over."""
    started: list[subprocess.Popen] = []

    async def run(channel: str):
        service = await make_service(workers=False)
        customer = await first_words(service, channel)
        vendor = service.vendors[channel]
        started.append(await a_worker(service, redis_url, "first"))
        vendor.knobs.slow_seconds = 0.4
        cursor = await service.reply(customer, channel, "in your hands")
        await until(lambda: service.redis.exists(f"sending:{partition(customer)}:{customer}"))
        started[0].send_signal(signal.SIGKILL)
        started[0].wait()
        await on_the_phone(service, channel, "in your hands")
        vendor.knobs.slow_seconds = 0
        started.append(await a_worker(service, redis_url, "second"))
        await until(lambda: service.redis.hget(f"deliveries:{partition(customer)}:{customer}", cursor), 20)
        return service

    yield run
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.mark.parametrize("channel", ["whatsapp", "webhook"])
async def test_killing_the_worker_in_the_middle_of_a_send_neither_loses_nor_repeats(killed, channel):
    service = await killed(channel)
    assert [one["text"] for one in service.vendors[channel].sends] == ["in your hands"]


async def test_fifty_customers_on_five_channels_while_every_fifth_send_fails(service):
    """Everything is delivered once and in order, or is a dead letter."""
    people = {
        "telegram": [str(5000 + number) for number in range(10)],
        "whatsapp": [f"49151000{number}" for number in range(10)],
        "messenger": [str(7000 + number) for number in range(10)],
        "sms": [f"+49152000{number}" for number in range(10)],
        "webhook": [f"kiosk-{number}" for number in range(10)],
    }
    for channel in people:
        service.vendors[channel].knobs.strict = False
    for channel, addresses in people.items():
        for address in addresses:
            await service.vendors[channel].does(address, Action("text", "hello"))
    customers = {
        (channel, address): await until(lambda c=channel, a=address: service.redis.get(f"identity:{c}:{a}"))
        for channel, addresses in people.items()
        for address in addresses
    }
    for channel in people:
        service.vendors[channel].knobs.failing_share = 0.2
    wanted = defaultdict(list)
    for number in range(3):
        for (channel, address), customer in customers.items():
            text = f"answer {number} for {address}"
            cursor = await service.reply(customer, channel, text)
            wanted[channel, address].append((cursor, text))

    await until(lambda: _drained(service, customers.values()), 60)
    got = defaultdict(list)
    for channel in people:
        for one in service.vendors[channel].sends:
            got[channel, one["to"]].append(one["text"])
    for key, said in wanted.items():
        customer = customers[key]
        dead = await service.redis.hgetall(f"dead:{partition(customer)}:{customer}")
        assert got[key] == [text for cursor, text in said if cursor not in dead], key
        assert all(json.loads(fate)["reason"] for fate in dead.values())


FAULTS = ("too_many", "failing", "half_open", "blocked", "token_expired", "worker_dies", "retry", "nothing")


@pytest.mark.parametrize("round", range(3))
async def test_whatever_goes_wrong_each_message_is_delivered_once_in_order_or_is_a_dead_letter(make_service, round):
    """A random story of troubles, deaths of workers and retries; the receiver drops repetitions by our key."""
    service = await make_service(workers=False)
    vendor, chance = service.vendors["webhook"], random.Random(f"{round} {random.random()}")
    vendor.knobs.retry_after = 0.05
    people = [f"kiosk-{number}" for number in range(4)]
    for person in people:
        await vendor.does(person, Action("text", "hello"))
    ids = {one: await until(lambda a=one: service.redis.get(f"identity:webhook:{a}")) for one in people}
    said, tried_again = defaultdict(list), set()
    worker = service.work("w0")
    for step in range(40):
        person, fault = chance.choice(people), chance.choice(FAULTS)
        text = f"{step} for {person}"
        said[person].append((await service.reply(ids[person], "webhook", text), text))
        if fault == "worker_dies":
            await service.die(worker)
            worker = service.work(f"w{step}")
        elif fault == "retry":
            cursor, again = chance.choice(said[person])
            tried_again.add(again)
            await service.outbox.retry(ids[person], cursor)
        else:
            _order(vendor.knobs, fault, person)
        await asyncio.sleep(chance.uniform(0, 0.03))
    _order(vendor.knobs, "nothing", "")
    await until(lambda: _drained(service, ids.values()), 40)
    await service.die(worker)
    for person in people:
        dead = await service.redis.hkeys(f"dead:{partition(ids[person])}:{ids[person]}")
        got = [one["text"] for one in vendor.sends if one["to"] == person]
        assert len(got) == len(set(got)), "delivered twice"
        first_tries = [text for text in got if text not in tried_again]
        assert first_tries == [text for _, text in said[person] if text in first_tries], "out of order"
        assert set(got) | {text for cursor, text in said[person] if cursor in dead} == {
            text for _, text in said[person]
        }


def _order(knobs, fault, person):
    """Turns the knobs for one trouble and ends the lasting ones before it."""
    knobs.blocked, knobs.token_expired = [person] if fault == "blocked" else [], fault == "token_expired"
    if fault in ("too_many", "failing", "half_open"):
        setattr(knobs, fault, 1)


async def _drained(service, customers):
    return not any([await service.redis.llen(service.threads.outbox.list_key(one)) for one in customers])


async def test_buttons_that_are_pressed_after_their_message_is_gone_are_words(service):
    customer = await first_words(service, "whatsapp")
    vendor = service.vendors["whatsapp"]
    titles = (("Track an order that is on its way to me", "/track"), ("Talk", "/talk"), ("Nothing", "/bye"))
    cursor = await service.reply(customer, "whatsapp", "What now?", choices=titles)
    bubble = await on_the_phone(service, "whatsapp", "What now?")
    assert [one["title"] for one in bubble.choices] == [title for title, _ in titles]
    await service.redis.xdel(f"log:{partition(customer)}:{customer}", cursor)
    await vendor.does(ADDRESS["whatsapp"], Action("choice", message=bubble.id, index=1))

    async def said():
        return [one for one in await service.thread("whatsapp", ADDRESS["whatsapp"]) if one.text == "Talk"]

    [word] = await until(said)
    items = await service.redis.lrange(service.threads.mailbox.list_key(customer), 0, -1)
    assert items[-1] == f"message {word.cursor}"


async def test_long_titles_are_listed_and_their_numbers_are_the_buttons(service):
    customer = await first_words(service, "messenger")
    titles = (("How do I return something that I ordered?", "/return"), ("Delivery", "/delivery"))
    await service.reply(customer, "messenger", "Did you mean:", choices=titles)
    bubble = await on_the_phone(service, "messenger", "Did you mean")
    assert "1) How do I return something that I ordered?\n2) Delivery" in bubble.text
    assert [one["title"] for one in bubble.choices] == ["1", "2"]
    await service.vendors["messenger"].does(ADDRESS["messenger"], Action("choice", message=bubble.id, index=0))

    async def said():
        return (await service.thread("messenger", ADDRESS["messenger"]))[-1]

    await until(lambda: _is(said, titles[0][0]))
    items = await service.redis.lrange(service.threads.mailbox.list_key(customer), 0, -1)
    assert items[-1].startswith('choice "/return" ')


async def _is(said, text):
    return (await said()).text == text


async def test_a_number_means_a_choice_only_while_choices_are_shown(service):
    customer = await first_words(service, "sms")
    vendor = service.vendors["sms"]
    await service.reply(customer, "sms", "Which?", choices=(("One", "/one"), ("Two", "/two")))
    await on_the_phone(service, "sms", "2) Two")
    for text in ("7", "2", "2"):
        await vendor.does(ADDRESS["sms"], Action("text", text))
    await until(lambda: _count(service, customer, 4))
    items = await service.redis.lrange(service.threads.mailbox.list_key(customer), 0, -1)
    assert [item.split(" ")[0] for item in items] == ["message", "message", "message", "message"]


async def _count(service, customer, wanted):
    return await service.redis.llen(service.threads.mailbox.list_key(customer)) == wanted


class Links:
    """Remembers what the channels ask of the linking of identities."""

    def __init__(self):
        self.asked = []

    async def offer(self, channel, address, language=None):
        self.asked.append(("offer", channel, address))

    async def redeem(self, channel, address, code, name="", **more):
        self.asked.append(("redeem", channel, address, code))

    async def answer(self, channel, address, payload):
        self.asked.append(("answer", channel, address, payload))


@pytest.mark.parametrize("channel", ["telegram", "whatsapp", "messenger", "instagram", "sms"])
async def test_a_link_with_a_code_reaches_the_linking_and_never_the_thread(service, channel):
    links = Links()
    service.messengers.inbox.links = links
    vendor, code = service.vendors[channel], "FD-7K3QX-9M2PT"
    await vendor.does(ADDRESS[channel], Action("start", code=code))

    async def asked():
        return links.asked

    assert (await until(asked))[0] == ("redeem", channel, ADDRESS[channel], code)
    await vendor.does(ADDRESS[channel], Action("text", "verbinden"))
    await until(lambda: _two(links))
    assert links.asked[1][0] == "offer"
    customer = await service.customer(channel, ADDRESS[channel])
    await service.reply(customer, channel, "Join?", choices=(("Yes", "link:yes:1"), ("No", "link:no:1")))
    bubble = await on_the_phone(service, channel, "Join?")
    action = Action("text", "1") if channel == "sms" else Action("choice", message=bubble.id, index=0)
    await vendor.does(ADDRESS[channel], action)
    await until(lambda: _three(links))
    assert links.asked[2] == ("answer", channel, ADDRESS[channel], "link:yes:1")
    assert [one.text for one in await service.thread(channel, ADDRESS[channel])] == ["Join?"]


@pytest.mark.parametrize("channel", ["telegram", "sms"])
async def test_a_code_in_a_sentence_reaches_the_linking_and_never_the_thread(service, channel):
    links = Links()
    service.messengers.inbox.links = links
    await service.vendors[channel].does(ADDRESS[channel], Action("text", "Here is my code: FD-7K3QX-9M2PT"))

    async def asked():
        return links.asked

    assert (await until(asked))[0] == ("redeem", channel, ADDRESS[channel], "FD-7K3QX-9M2PT")
    assert await service.thread(channel, ADDRESS[channel]) == []


async def _two(links):
    return len(links.asked) >= 2


async def _three(links):
    return len(links.asked) >= 3
