"""A turn inside Rasa, the whole way from socket to socket, throughput, a long thread, and memory."""

from __future__ import annotations

import asyncio
import statistics
import time
import uuid
from collections.abc import Awaitable, Callable
from itertools import cycle, islice
from pathlib import Path

import aiohttp
import psutil

from bot.assistant import Assistant
from bot.knowledge.base import KnowledgeBase
from bot.understanding.anger import AngerModel
from bot.understanding.encoders import Encoders
from bot.understanding.understand import Understander
from bot.understanding.unforeseen import UnforeseenModel
from tests.bench.report import Row, row
from tests.bench.stock import StockRasa
from tests.chat_client import Customer
from tests.stack import Stack

QUESTIONS = (
    "How long does delivery take?",
    "Wie kann ich einen Artikel zurückgeben?",
    "hello",
    "Which payment methods do you take?",
    "Danke!",
    "How do I reset my password?",
    "Was kostet der Versand?",
    "My parcel arrived damaged, what now?",
)
TURNS = 160
#: Messages of one thread before the customer is exchanged for a new one.
THREAD = 10
CUSTOMERS = 8
EACH = 25
LONG_THREAD = 2_000
AROUND = 40

Turn = Callable[[str], Awaitable[None]]


async def measure(stack: Stack, stock: StockRasa, long_thread: int = LONG_THREAD) -> list[Row]:
    async with aiohttp.ClientSession() as session:
        ours, theirs = await _inside(stack, session), _stock_turn(stock, session)
        await _timed([ours, theirs], 20)
        inside, plain = await _timed([ours, theirs], TURNS)
        rows = [row("one turn inside Rasa (median)", inside, "ms", at="most", target=0.4, baseline=plain)]
        whole_way, plain = await _timed([_whole_way(stack, session), _stock_turn(stock, session)], TURNS)
        rows.append(
            row("the whole way, frame to answer (median)", whole_way, "ms", at="most", target=1.0, baseline=plain)
        )
        rows.append(await _throughput(stack, stock, session))
        rows.append(await _long_thread(stack, session, long_thread))
    rows.append(row("memory of all processes (PSS)", memory(stack), "MB", at="most", target=1600))
    return rows


async def _timed(turns: list[Turn], count: int) -> list[float]:
    """Median milliseconds of each, one after the other in every round, so that noise hits all alike."""
    times: list[list[float]] = [[] for _ in turns]
    for text in islice(cycle(QUESTIONS), count):
        for place, turn in enumerate(turns):
            started = time.perf_counter()
            await turn(text)
            times[place].append((time.perf_counter() - started) * 1000)
    return [statistics.median(one) for one in times]


async def _inside(stack: Stack, session: aiohttp.ClientSession) -> Turn:
    """Asks Rasa as `bot` does, with all that was understood."""
    encoders = Encoders.load(stack.settings.encoder_model, stack.var_dir / "encoder")
    knowledge = await KnowledgeBase.open(Path("data/knowledge"), encoders, stack.var_dir / "bench-vectors")
    anger, unforeseen = AngerModel.load("models/anger.npz"), UnforeseenModel.load("models/unforeseen.npz")
    understander = Understander(encoders, anger, unforeseen, knowledge)
    assistant = Assistant(session, stack.settings.rasa_url)
    senders = _senders()

    async def turn(text: str) -> None:
        metadata = known[text]
        await assistant.decide(next(senders), uuid.uuid4().hex, text, metadata)

    known = {}
    for text in QUESTIONS:
        metadata = (await understander.understand(text, None)).metadata()
        known[text] = metadata | {"thread": {"language": metadata["language"], "last_ticket": None}}
    return turn


def _senders():  # type: ignore[no-untyped-def]
    while True:
        yield from [f"bench-{uuid.uuid4().hex}"] * THREAD


def _stock_turn(stock: StockRasa, session: aiohttp.ClientSession) -> Turn:
    senders = _senders()

    async def turn(text: str) -> None:
        async with session.post(stock.url, json={"sender": next(senders), "message": text}) as answer:
            assert await answer.json(), "stock Rasa gave no answer"

    return turn


def _whole_way(stack: Stack, session: aiohttp.ClientSession) -> Turn:
    customers: list[Customer] = []
    asked = 0

    async def turn(text: str) -> None:
        nonlocal asked
        await customers[-1].ask(text)
        asked += 1

    async def with_customer(text: str) -> None:
        if asked % THREAD == 0:
            customers.append(await Customer(session, stack.bot_url).open())
        await turn(text)

    return with_customer


async def _throughput(stack: Stack, stock: StockRasa, session: aiohttp.ClientSession) -> Row:
    """Turns per second with several customers at once, each asking as soon as it has its answer."""
    customers = [await Customer(session, stack.bot_url).open() for _ in range(CUSTOMERS)]

    async def ours(number: int) -> None:
        for text in islice(cycle(QUESTIONS), number, number + EACH):
            await customers[number].ask(text)

    async def theirs(number: int) -> None:
        turn = _stock_turn(stock, session)
        for text in islice(cycle(QUESTIONS), number, number + EACH):
            await turn(text)

    rates = [[], []]  # type: list[list[float]]
    for _ in range(3):
        for place, one in enumerate((ours, theirs)):
            started = time.perf_counter()
            await asyncio.gather(*(one(number) for number in range(CUSTOMERS)))
            rates[place].append(CUSTOMERS * EACH / (time.perf_counter() - started))
    fast, slow = (statistics.median(one) for one in rates)
    return row(f"turns per second, {CUSTOMERS} customers at once", fast, "1/s", at="least", target=2.0, baseline=slow)


async def _long_thread(stack: Stack, session: aiohttp.ClientSession, length: int) -> Row:
    customer = await Customer(session, stack.bot_url).open()
    times = []
    for text in islice(cycle(QUESTIONS), length + AROUND // 2):
        started = time.perf_counter()
        await customer.ask(text)
        times.append((time.perf_counter() - started) * 1000)
        customer.frames.clear()
    early, late = statistics.median(times[:AROUND]), statistics.median(times[-AROUND:])
    return row(f"the turn at message {length} of one thread", late, "ms", at="most", target=1.2, baseline=early)


def memory(stack: Stack) -> float:
    """Proportional set size of the five processes and whatever they started, in MB."""
    total = 0
    for process in stack.processes.values():
        root = psutil.Process(process.pid)
        for one in [root, *root.children(recursive=True)]:
            total += one.memory_full_info().pss
    return total / 1e6
