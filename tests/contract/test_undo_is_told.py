"""When a merge is undone, both customers hear it: once each, where they wrote last."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.merging import Merges
from tests.contract.service import Service, until
from tests.contract.test_outward_files import ADDRESS, first_words, sent
from tickets.contracts import UndoMerge


def undo_of(merge_id: str, customer_id: str) -> UndoMerge:
    agent = {"agent_id": "a", "agent_name": "Ada", "at": datetime.now(UTC)}
    return UndoMerge(command_id="u-1", customer_id=customer_id, merge_id=merge_id, **agent)


async def test_both_hear_once_that_a_merge_was_undone(service: Service) -> None:
    merges = Merges(service.threads, service.outbox.pushes)
    anna, ben = await first_words(service, "telegram"), await first_words(service, "whatsapp")
    merge = await merges.merge(anna, ben, "link code")
    command = undo_of(merge, anna)
    assert await merges.undo(command)
    assert await merges.undo(command)

    async def told() -> bool:
        return bool(sent(service, "telegram")) and bool(sent(service, "whatsapp"))

    await until(told)
    # Orders are kept, so what is said now comes behind all that was to be told before.
    await service.reply(anna, "telegram", "for Anna")
    await service.reply(ben, "whatsapp", "for Ben")

    async def answered() -> bool:
        return sent(service, "telegram")[-1] == "for Anna" and sent(service, "whatsapp")[-1] == "for Ben"

    await until(answered)
    assert sent(service, "telegram") == ["WhatsApp is no longer part of this conversation.", "for Anna"]
    assert sent(service, "whatsapp") == [
        "This conversation stands alone again: it was separated from another one.",
        "for Ben",
    ]


async def test_who_has_only_tapped_a_link_and_written_nothing_hears_it_too(service: Service) -> None:
    merges = Merges(service.threads, service.outbox.pushes)
    anna = await first_words(service, "telegram")
    ben = await service.identities.customer_of("sms", ADDRESS["sms"])
    merge = await merges.merge(anna, ben, "link code")
    assert await merges.undo(undo_of(merge, anna))

    async def told() -> bool:
        return len(sent(service, "telegram")) == len(sent(service, "sms")) == 1

    await until(told)
