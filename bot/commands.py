"""What agents do at the desk, applied to the thread: each command takes effect once, in the order of the mailbox."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime

from bot.channels.reach import Reach
from bot.mailbox import Lease
from bot.merging import Refusal
from bot.texts import say
from bot.threads import Finished, HeldTicket, Plan, Threads, ThreadState, message, shown, stored
from tickets.contracts import (
    COMMAND,
    AgentMessage,
    Attachment,
    Language,
    OwnerCommand,
    OwnerKind,
    PreferChannel,
    RetryDelivery,
    UndoMerge,
    UndoRefused,
)

#: What an agent's action makes of the thread: its next owner, and the text that tells the customer.
AFTER: dict[str, tuple[OwnerKind, str]] = {
    "claim": ("agent", "claimed"),
    "assign": ("agent", "claimed"),
    "reopen": ("agent", "claimed"),
    "release": ("queue", "released"),
    "handback": ("bot", "handed_back"),
    "resolve": ("bot", "resolved"),
}
#: Actions of an agent who lets go of a ticket: they change the thread only while it is still about that ticket.
LETTING_GO = ("release", "handback", "resolve")
#: How far back the customer's last message is looked for.
LOOK_BACK = 50


class Commands:
    """Applies what agents did to a thread; each command ends in one `Threads.finish`."""

    def __init__(
        self,
        threads: Threads,
        pushes: Callable[[str], bool],
        retry: Callable[[str, str], Awaitable[None]],
        unmerge: Callable[[UndoMerge], Awaitable[Refusal | None]],
        prefer: Callable[[PreferChannel], Awaitable[object]] | None = None,
        expect: Callable[[tuple[Attachment, ...]], Awaitable[None]] | None = None,
    ) -> None:
        self.threads = threads
        self._pushes = pushes
        self._retry = retry
        self._unmerge = unmerge
        self._expect = expect
        self._prefer = prefer
        self.reach = Reach(threads.redis)

    async def handle(self, lease: Lease, raw: str) -> Finished:
        home = await self.threads.home(lease.customer_id)
        if home != lease.customer_id:
            await self.threads.forward(home, f"command {raw}")
            return await self.threads.finish(lease, Plan(forwarded=True))
        command = COMMAND.validate_json(raw)
        if isinstance(command, AgentMessage):
            return await self._say(lease, command)
        if isinstance(command, OwnerCommand):
            return await self._change_owner(lease, command)
        # All are safe to repeat, so they may come before the step that takes the command off the mailbox.
        if isinstance(command, RetryDelivery):
            await self._retry(lease.customer_id, command.cursor)
        elif isinstance(command, PreferChannel):
            assert self._prefer is not None
            await self._prefer(command)
        else:
            return await self._undo(lease, command)
        return await self.threads.finish(lease, Plan(once=f"command:{command.command_id}"))

    async def _undo(self, lease: Lease, command: UndoMerge) -> Finished:
        plan = Plan(once=f"command:{command.command_id}")
        if why := await self._unmerge(command):
            refused = UndoRefused(
                merge_id=command.merge_id,
                customer_id=lease.customer_id,
                command_id=command.command_id,
                agent_id=command.agent_id,
                reason=why,
                at=datetime.now(UTC),
            )
            plan.events.append(refused.model_dump_json())
        return await self.threads.finish(lease, plan)

    async def _say(self, lease: Lease, command: AgentMessage) -> Finished:
        channel = command.channel or await self._channel(lease.customer_id)
        if command.attachments and self._expect:
            # Before the step that takes the command off the mailbox, and safe to repeat: a crash forgets no file.
            await self._expect(command.attachments)
        said = message(
            "agent",
            command.text,
            id=command.client_id,
            channel=channel,
            attachments=command.attachments,
            author_name=command.agent_name,
            client_id=command.client_id,
        )
        # What has files goes through the outbox on every channel: there it is seen whether they arrived.
        deliver = channel if command.attachments else self._deliver(channel)
        plan = Plan(once=f"command:{command.command_id}", messages=[said], deliver=deliver)
        return await self.threads.finish(lease, plan)

    async def _change_owner(self, lease: Lease, command: OwnerCommand) -> Finished:
        state = await self.threads.state(lease.customer_id)
        once = f"command:{command.command_id}"
        others = [one for one in state.tickets if one.ref != command.ticket_ref]
        if command.action in LETTING_GO and state.ticket != command.ticket_ref:
            return await self.threads.finish(lease, Plan(once=once, set=_beside(state, command, others)))
        owner, told = AFTER[command.action]
        if others and command.action == "handback":
            told = "released"
        channel = await self._channel(lease.customer_id)
        plan = Plan(once=once, owner=owner, ticket=command.ticket_ref, command_id=command.command_id)
        plan.deliver = self._deliver(channel)
        plan.set = {"agent_name": command.agent_name if owner == "agent" else "", "ticket": command.ticket_ref}
        language: Language = state.language or "en"
        text = say(language, told, agent=command.agent_name, ref=command.ticket_ref)
        plan.messages.append(message("system", text, id=once, channel=channel))
        if owner == "bot":
            # What made the customer angry before is settled: it must not raise the alarm again.
            last = await self.threads.last(lease.customer_id, 1)
            plan.set_after = {"ticket": "", "anger_from": last[0].cursor if last else "0-0", "rejected": "[]"}
            plan.set_after |= shown(others) if others else {}
        else:
            plan.set["also"] = stored(others)
            for one in set(state.tickets) - set(others):
                plan.set["priority"] = one.priority
        if command.action == "reopen" and not state.ticket:
            # What was said to the assistant since the ticket was let go belongs to it now.
            plan.told_until = state.anger_from
        return await self.threads.finish(lease, plan)

    async def _channel(self, customer_id: str) -> str:
        """Where the customer wishes to be answered, else where they wrote last."""
        if wanted := await self.reach.wanted(customer_id):
            return wanted
        recent = await self.threads.last(customer_id, LOOK_BACK)
        return next((one.channel for one in reversed(recent) if one.author == "customer"), "web")

    def _deliver(self, channel: str) -> str | None:
        return channel if self._pushes(channel) else None


def _beside(state: ThreadState, command: OwnerCommand, others: list[HeldTicket]) -> dict[str, str]:
    """An agent lets go of a ticket that the thread has beside the one shown; of any other nothing follows."""
    if len(others) == len(state.tickets):
        return {}
    their = next(one for one in state.tickets if one.ref == command.ticket_ref)
    released = [replace(their, owner="queue", agent_name="")] if command.action == "release" else []
    return {"also": stored([*others[1:], *released])}
