"""What runs by itself at the desk: it outlives failures, and it ends when told to."""

from __future__ import annotations

import asyncio

import pytest

from tickets.services import changes
from tickets.services.changes import Changes, keep_going


@pytest.mark.parametrize("error", [ValueError("a mistake of ours"), ConnectionError("away")])
async def test_a_step_that_fails_is_tried_again(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    monkeypatch.setattr(changes, "LONGEST_PAUSE", 0.01)
    everybody = Changes()
    bell, steps = everybody.listen(), 0

    async def step() -> None:
        nonlocal steps
        steps += 1
        everybody.ring()
        if steps < 3:
            raise error
        everybody.end()

    async with asyncio.timeout(10):
        await keep_going("test", bell, step)
    assert steps == 3


async def test_who_waits_is_woken_by_a_change_and_by_the_end_alone_where_changes_do_not_matter() -> None:
    everybody = Changes()
    eager, patient = everybody.listen(), everybody.listen(only_at_the_end=True)
    everybody.ring()
    async with asyncio.timeout(5):
        await eager.wait(60)
    waiting = asyncio.create_task(patient.wait(60))
    await asyncio.sleep(0)
    everybody.ring()
    await asyncio.sleep(0)
    assert not waiting.done()
    everybody.end()
    async with asyncio.timeout(5):
        await waiting
        await patient.wait(60)
