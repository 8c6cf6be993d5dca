"""``make bench``: measures Faden beside stock Rasa in one run, prints a table, writes ``var/bench.json``."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench import turns
from tests.bench.report import Row, table, write
from tests.bench.stock import StockRasa
from tests.stack import Stack

RESULT = Path("var/bench.json")


async def measured(stack: Stack, stock: StockRasa, long_thread: int) -> list[Row]:
    return await turns.measure(stack, stock, long_thread)


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--long-thread", type=int, default=turns.LONG_THREAD, help="messages of the long thread")
    options = parser.parse_args()
    with TemporaryDirectory(prefix="faden-bench-") as folder:
        stack = Stack(Path(folder))
        stock = StockRasa(Path("var/bench-stock").resolve(), stack.settings.redis_port)
        stock.train()
        try:
            print("== starting both ...", flush=True)
            stack.start()
            stack.wait_ready()
            stock.start()
            rows = asyncio.run(measured(stack, stock, options.long_thread))
        finally:
            stock.stop()
            stack.stop()
    print(table(rows))
    write(rows, RESULT)


if __name__ == "__main__":
    main()
