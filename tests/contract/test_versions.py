"""`bot` and `tickets` of two versions beside each other: what one of them adds is no trouble for the other one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError
from redis.asyncio import Redis

from tests.integration.test_edits import HOME, World
from tickets import contracts
from tickets.contracts import COMMAND, EVENT

#: Told once, understood for ever: lines are added here, never changed.
KNOWN = [json.loads(line) for line in Path("tests/data/contracts.jsonl").read_text("utf-8").splitlines()]


def read(told: dict[str, Any]) -> BaseModel:
    raw = json.dumps({name: value for name, value in told.items() if name != "as"})
    if told["as"] in ("event", "command"):
        return (EVENT if told["as"] == "event" else COMMAND).validate_json(raw)
    record: BaseModel = getattr(contracts, told["as"]).model_validate_json(raw)
    return record


def with_more(value: Any) -> Any:
    """The same from a newer version, which tells more in each record."""
    if isinstance(value, list):
        return [with_more(one) for one in value]
    if isinstance(value, dict):
        return {name: with_more(one) for name, one in value.items()} | {"from_a_newer_version": {"a": [1]}}
    return value


def kinds(adapter: Any) -> Iterator[str]:
    return iter(adapter.json_schema()["discriminator"]["mapping"])


@pytest.mark.parametrize("told", KNOWN, ids=lambda told: f"{told['as']}-{told.get('type', '')}")
def test_what_an_older_version_tells_is_understood_and_what_a_newer_one_adds_is_overlooked(
    told: dict[str, Any],
) -> None:
    understood = read(told)
    assert read(with_more(told)) == understood
    assert "from_a_newer_version" not in understood.model_dump_json()


def test_each_kind_of_event_and_command_is_among_them() -> None:
    told = {(one["as"], one.get("type")) for one in KNOWN}
    assert {("event", kind) for kind in kinds(EVENT)} | {("command", kind) for kind in kinds(COMMAND)} <= told


def test_a_value_that_a_version_does_not_know_is_no_other_value() -> None:
    delivery = next(one for one in KNOWN if one.get("type") == "delivery")
    with pytest.raises(ValidationError):
        read(delivery | {"state": "pondered"})


async def test_a_command_that_a_version_does_not_know_waits_for_one_that_does(redis: Redis) -> None:
    world = World(redis)
    await world.threads.mailbox.prepare()
    await world.threads.forward(HOME, 'command {"type": "of a version to come"}')
    with pytest.raises(ValidationError):
        await world.work()
    assert await redis.llen(world.threads.mailbox.list_key(HOME)) == 1
