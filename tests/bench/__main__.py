"""``make bench``: measures Faden beside stock Rasa in one run, prints a table,
writes ``var/bench.json`` and the trend."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from runtime.redis import connect
from tests.bench import channels, trend, turns, understanding
from tests.bench.report import Row, table, write
from tests.bench.stock import StockRasa
from tests.conftest import wait_for_port
from tests.stack import Stack

RESULT = Path("var/bench.json")


def turn_rows(long_thread: int) -> list[Row]:
    with TemporaryDirectory(prefix="faden-bench-") as folder:
        stack = Stack(Path(folder))
        stock = StockRasa(Path("var/bench-stock").resolve(), stack.settings.redis_port)
        stock.train()
        try:
            print("== starting both ...", flush=True)
            stack.start()
            stack.wait_ready()
            stock.start()
            return asyncio.run(turns.measure(stack, stock, long_thread))
        finally:
            stock.stop()
            stack.stop()


def channel_rows() -> list[Row]:
    with TemporaryDirectory(prefix="faden-bench-") as folder:
        stack = Stack(Path(folder))
        try:
            stack.start("redis")
            wait_for_port(stack.settings.redis_port)
            return asyncio.run(_channels(stack.settings.redis_url, Path(folder)))
        finally:
            stack.stop()


async def _channels(redis_url: str, folder: Path) -> list[Row]:
    redis = connect(redis_url)
    try:
        return await channels.measure(redis, folder)
    finally:
        await redis.aclose()


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--long-thread", type=int, default=turns.LONG_THREAD, help="messages of the long thread")
    parser.add_argument("--only", choices=("turns", "channels", "understanding"), help="measure this part only")
    options = parser.parse_args()
    parts: dict[str, Callable[[], list[Row]]] = {
        "turns": lambda: turn_rows(options.long_thread),
        "channels": channel_rows,
        "understanding": understanding.measure,
    }
    rows = [one for name, measure in parts.items() if options.only in (None, name) for one in measure()]
    print(table(rows))
    write(rows, RESULT)
    trend.add(rows)


if __name__ == "__main__":
    main()
