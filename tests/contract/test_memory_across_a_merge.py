"""Rasa's own tracker store reads the memory that a merge has joined, and writes on in it."""

import asyncio
import json
import os
from pathlib import Path

import pytest

from bot.mailbox import Mailbox
from bot.merging import Merges
from bot.threads import Threads, message

RASA = Path(".venv-rasa/bin/python")
#: Runs in Rasa's environment: two customers talk, then (after a line on stdin) the kept one goes on.
RASA_SIDE = """
import asyncio, json, sys
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, SlotSet, UserUttered
from bot.rasa.tracker_store import WindowTrackerStore

async def main():
    store = WindowTrackerStore(Domain.from_dict({"slots": {
        name: {"type": "any", "mappings": [{"type": "custom"}]} for name in ("order_number", "topic")}}), sys.argv[1])
    for who, text, slot in (("cus_anna", "my order is late", "order_number"), ("cus_ben", "hi", "topic")):
        tracker = await store.create_tracker(who)
        tracker.update_with_events([UserUttered(text), SlotSet(slot, who), ActionExecuted("action_listen")], None)
        await store.save(tracker)
    print("saved", flush=True)
    sys.stdin.readline()
    tracker = await store.retrieve("cus_anna")
    slots = {name: value for name, value in tracker.current_slot_values().items() if value}
    last = tracker.latest_message.text
    tracker.update_with_events([UserUttered("and when?")], None)
    await store.save(tracker)
    print(json.dumps({"slots": slots, "last": last}), flush=True)

asyncio.run(main())
"""


async def test_the_assistant_goes_on_with_what_both_sides_had_said(redis, redis_url):
    if not RASA.exists():
        pytest.fail("no .venv-rasa") if os.environ.get("CI") else pytest.skip("Rasa's environment is not installed")
    environment = os.environ | {"RASA_TELEMETRY_ENABLED": "false", "PYTHONPATH": "."}
    pipes = {"stdin": asyncio.subprocess.PIPE, "stdout": asyncio.subprocess.PIPE, "stderr": asyncio.subprocess.DEVNULL}
    rasa = await asyncio.create_subprocess_exec(RASA, "-c", RASA_SIDE, redis_url, env=environment, **pipes)
    try:
        assert await rasa.stdout.readline() == b"saved\n"
        merges = Merges(Threads(redis, Mailbox(redis, "mailbox"), Mailbox(redis, "outbox")))
        for customer, channel in (("cus_anna", "web"), ("cus_ben", "telegram")):
            await merges.threads.accept(customer, message("customer", "x", id=f"{customer}-1", channel=channel))
            await asyncio.sleep(0.002)
        await merges.merge("cus_anna", "cus_ben", "link code")
        out, _ = await rasa.communicate(b"go on\n")
    finally:
        if rasa.returncode is None:
            rasa.kill()
    assert json.loads(out) == {"slots": {"order_number": "cus_anna", "topic": "cus_ben"}, "last": "hi"}
