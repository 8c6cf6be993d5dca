"""How a process ends: at a signal, or with a job that should run for ever."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterable
from typing import Any

import structlog

log = structlog.get_logger()


async def until_told_to_stop(process: str, tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Returns at SIGTERM or SIGINT, or when one of the tasks has ended: the process must not go on without it."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    waiting = asyncio.create_task(stop.wait())
    done, _ = await asyncio.wait([waiting, *tasks], return_when=asyncio.FIRST_COMPLETED)
    for task in done - {waiting}:
        if error := task.exception():
            log.error(f"{process}.job_failed", exc_info=error)
    waiting.cancel()


async def end(tasks: Iterable[asyncio.Task[Any]], patience: float = 1.0) -> None:
    """Cancels tasks and waits until they have ended.

    A cancellation can get lost in a library that waits with a timeout of its own, so it is said until it is heard:
    anew after `patience` seconds.
    """
    pending = {task for task in tasks if not task.done()}
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=patience)
