"""The API's handlers: each hands one request to a service and says what comes back. The table below is the API."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from aiohttp import web
from redis.exceptions import RedisError

from runtime.proxies import Proxies, sender_of
from runtime.redis import Redis
from tickets.contracts import Route as ReplyRoute
from tickets.contracts import partition
from tickets.services import reading
from tickets.services.accounts import Accounts, LoggedIn
from tickets.services.care import Care
from tickets.services.commands import Commands
from tickets.services.feed import newest
from tickets.services.reading import CustomerView, Page
from tickets.services.views import MessageView, TicketLine, TicketView
from tickets.services.work import Records
from tickets.storage.models import Agent
from tickets.web import models
from tickets.web.routing import COOKIE, Answer, Call, Route, as_json

#: Redis may be away: the ticket is shown all the same.
ROUTE_SECONDS = 0.5


@dataclass(frozen=True)
class Doors:
    """What lies between the desk and the world."""

    proxies: Proxies
    #: Where `bot` serves the customers' files, and the secret that their addresses are signed with.
    files_url: str
    files_secret: str
    files_kept_days: int = 0


class Handlers:
    """One method for each route of the table below."""

    def __init__(
        self, records: Records, accounts: Accounts, commands: Commands, care: Care, redis: Redis, doors: Doors
    ) -> None:
        self.records = records
        self.accounts = accounts
        self.commands = commands
        self.care = care
        self.redis = redis
        self.doors = doors

    async def log_in(self, call: Call) -> Answer:
        logged_in = await self.accounts.log_in(
            call.body.email, call.body.password, sender_of(self.doors.proxies.address(call.request))
        )
        response = as_json(await self._session(logged_in))
        secure = self.doors.proxies.is_secure(call.request)
        response.set_cookie(COOKIE, logged_in.secret, httponly=True, samesite="Lax", secure=secure, path="/")
        return response

    async def session(self, call: Call) -> Answer:
        return await self._session(LoggedIn(call.agent, call.csrf))

    async def _session(self, logged_in: LoggedIn) -> models.SessionView:
        async with self.records.read() as session:
            cursor = await newest(session)
        return models.SessionView(
            agent=_agent(logged_in.agent),
            csrf=logged_in.csrf,
            cursor=cursor,
            files_kept_days=self.doors.files_kept_days,
        )

    async def log_out(self, call: Call) -> Answer:
        await self.accounts.log_out(call.request.cookies.get(COOKIE, ""))
        response = web.Response(status=204)
        response.del_cookie(COOKIE, path="/")
        return response

    async def change_password(self, call: Call) -> Answer:
        await self.accounts.change_password(call.agent, call.body.old, call.body.new)
        return None

    async def tickets(self, call: Call) -> Answer:
        query: models.TicketQuery = call.query
        assignee = call.agent.id if query.assignee == "me" else query.assignee
        async with self.records.read() as session:
            return await reading.page(
                session, statuses=query.statuses, assignee=assignee, none=query.assignee == "none",
                q=query.q, cursor=query.cursor, limit=query.limit,
            )  # fmt: skip

    async def ticket(self, call: Call) -> Answer:
        async with self.records.read() as session:
            row = await reading.find(session, call.part("ref"))
            return await reading.ticket(session, row.ref, await self._route(row.customer_id))

    async def _route(self, customer_id: str) -> ReplyRoute | None:
        try:
            async with asyncio.timeout(ROUTE_SECONDS):
                raw = await self.redis.get(f"route:{partition(customer_id)}:{customer_id}")
            return ReplyRoute.model_validate_json(raw) if raw else None
        except (RedisError, OSError, ValueError):
            return None

    async def claim(self, call: Call) -> Answer:
        return await self.commands.claim(call.agent, call.part("ref"))

    async def release(self, call: Call) -> Answer:
        return await self.commands.release(call.agent, call.part("ref"))

    async def assign(self, call: Call) -> Answer:
        return await self.commands.assign(call.agent, call.part("ref"), call.body.agent_id)

    async def resolve(self, call: Call) -> Answer:
        return await self.commands.resolve(call.agent, call.part("ref"))

    async def reopen(self, call: Call) -> Answer:
        return await self.commands.reopen(call.agent, call.part("ref"))

    async def hand_back(self, call: Call) -> Answer:
        return await self.commands.hand_back(call.agent, call.part("ref"))

    async def snooze(self, call: Call) -> Answer:
        return await self.commands.snooze(call.agent, call.part("ref"), call.body.until)

    async def wake(self, call: Call) -> Answer:
        return await self.commands.wake(call.agent, call.part("ref"))

    async def write(self, call: Call) -> Answer:
        body: models.NewMessage = call.body
        message, fresh = await self.commands.write(
            call.agent, call.part("ref"), body.client_id, body.text, body.private, body.channel, body.attachments
        )
        return as_json(message, 201 if fresh else 200)

    async def retry(self, call: Call) -> Answer:
        return await self.commands.retry(call.agent, call.part("ref"), call.part("message"))

    async def correct_anger(self, call: Call) -> Answer:
        return await self.care.correct_anger(call.agent, call.part("ref"), call.body.cursor, call.body.label)

    async def corrections(self, call: Call) -> Answer:
        async with self.records.read() as session:
            text = await reading.corrections(session, call.query.language)
        return web.Response(text=text, content_type="text/tab-separated-values", charset="utf-8")

    async def customer(self, call: Call) -> Answer:
        async with self.records.read() as session:
            return await reading.customer(session, call.part("id"))

    async def undo_merge(self, call: Call) -> Answer:
        await self.care.undo_merge(call.agent, call.part("id"), call.part("merge"))
        return None

    async def prefer_channel(self, call: Call) -> Answer:
        await self.care.prefer_channel(call.agent, call.part("id"), call.body.channel)
        return None

    async def agents(self, call: Call) -> Answer:
        return [_agent(one) for one in await self.accounts.agents()]

    async def create_agent(self, call: Call) -> Answer:
        body: models.NewAgent = call.body
        agent, password = await self.accounts.create(body.email, body.name, body.role, body.password, call.agent)
        return models.NewAgentView(**_agent(agent).model_dump(), password=password)

    async def change_agent(self, call: Call) -> Answer:
        body: models.AgentChange = call.body
        changes = {"name": body.name, "role": body.role, "disabled": body.disabled}
        return _agent(await self.accounts.change(call.part("id"), call.agent, **changes))  # type: ignore[arg-type]

    async def reset_password(self, call: Call) -> Answer:
        password = await self.accounts.reset_password(call.part("id"), call.body.password, call.agent)
        return models.PasswordView(password=password)

    async def tokens(self, call: Call) -> Answer:
        rows = await self.accounts.tokens(call.agent)
        return [models.TokenView.model_validate(row, from_attributes=True) for row in rows]

    async def create_token(self, call: Call) -> Answer:
        row, token = await self.accounts.create_token(call.agent, call.body.name)
        view = models.TokenView.model_validate(row, from_attributes=True)
        return models.NewTokenView(**view.model_dump(), token=token)

    async def revoke_token(self, call: Call) -> Answer:
        await self.accounts.revoke_token(call.agent, call.part("id"))
        return None

    async def poison(self, call: Call) -> Answer:
        async with self.records.read() as session:
            rows = await reading.poison(session)
        return [models.PoisonView.model_validate(row, from_attributes=True) for row in rows]

    async def retry_poison(self, call: Call) -> Answer:
        number = call.part("id")
        await self.care.try_poison_again(call.agent, int(number) if number.isdigit() and len(number) < 16 else 0)
        return None


def _agent(agent: Agent) -> models.AgentView:
    return models.AgentView.model_validate(agent, from_attributes=True)


def table(do: Handlers) -> tuple[Route, ...]:
    ref = "/tickets/{ref}"
    # A table: what a route takes and answers stands beside it, not a line a word.
    return (
        Route("POST", "/session", do.log_in, "Log in; sets the session cookie.",
              body=models.LogIn, answer=models.SessionView, access="open"),
        Route("GET", "/session", do.session, "Who is logged in.", answer=models.SessionView),
        Route("DELETE", "/session", do.log_out, "Log out."),
        Route("POST", "/session/password", do.change_password, "Change one's own password; ends one's sessions.",
              body=models.PasswordChange),
        Route("GET", "/tickets", do.tickets, "Tickets in the order of the queue.",
              query=models.TicketQuery, answer=Page),
        Route("GET", ref, do.ticket, "One ticket with thread, packet, earlier tickets and reply route.",
              answer=TicketView),
        Route("POST", f"{ref}/claim", do.claim, "Take a ticket; 409 says who has it.",
              body=models.Nothing, answer=TicketLine),
        Route("POST", f"{ref}/release", do.release, "Put a ticket back into the queue.",
              body=models.Nothing, answer=TicketLine),
        Route("POST", f"{ref}/assign", do.assign, "Give a ticket to an agent.",
              body=models.Assignment, answer=TicketLine),
        Route("POST", f"{ref}/resolve", do.resolve, "The matter is settled.", body=models.Nothing, answer=TicketLine),
        Route("POST", f"{ref}/reopen", do.reopen, "Take up a resolved ticket again.",
              body=models.Nothing, answer=TicketLine),
        Route("POST", f"{ref}/handback", do.hand_back, "Let the bot go on.", body=models.Nothing, answer=TicketLine),
        Route("POST", f"{ref}/snooze", do.snooze, "Put a ticket aside until a time, or until the customer writes.",
              body=models.Snooze, answer=TicketLine),
        Route("POST", f"{ref}/wake", do.wake, "Take up a ticket that was put aside before its time.",
              body=models.Nothing, answer=TicketLine),
        Route("POST", f"{ref}/messages", do.write, "Reply, or write a note; safe to repeat.",
              body=models.NewMessage, answer=MessageView, status=201),
        Route("POST", f"{ref}/messages/{{message}}/retry", do.retry,
              "Try a failed delivery again, by cursor or client id.", body=models.Nothing, answer=MessageView),
        Route("POST", f"{ref}/anger", do.correct_anger, "Correct how angry a message was.",
              body=models.Correction, answer=MessageView),
        Route("GET", "/anger/corrections.tsv", do.corrections, "Corrections as labelled examples, to train with.",
              query=models.CorrectionsQuery, answer=models.Text),
        Route("GET", "/customers/{id}", do.customer, "A customer with identities, tickets and merges.",
              answer=CustomerView),
        Route("POST", "/customers/{id}/merges/{merge}/undo", do.undo_merge, "Take back a merge of two customers.",
              body=models.Nothing),
        Route("POST", "/customers/{id}/preference", do.prefer_channel, "Note where answers shall reach a customer.",
              body=models.Preference),
        Route("GET", "/agents", do.agents, "All agents.", answer=list[models.AgentView]),
        Route("POST", "/agents", do.create_agent, "Make an agent.",
              body=models.NewAgent, answer=models.NewAgentView, status=201, access="admin"),
        Route("PATCH", "/agents/{id}", do.change_agent, "Rename, disable or enable an agent, or change their role.",
              body=models.AgentChange, answer=models.AgentView, access="admin"),
        Route("POST", "/agents/{id}/password", do.reset_password, "Set an agent's password; ends their sessions.",
              body=models.PasswordReset, answer=models.PasswordView, access="admin"),
        Route("GET", "/tokens", do.tokens, "One's API tokens; an admin sees all.", answer=list[models.TokenView]),
        Route("POST", "/tokens", do.create_token, "Make an API token, shown this once.",
              body=models.NewToken, answer=models.NewTokenView, status=201),
        Route("DELETE", "/tokens/{id}", do.revoke_token, "Revoke an API token."),
        Route("GET", "/poison", do.poison, "Events that could not be used.",
              answer=list[models.PoisonView], access="admin"),
        Route("POST", "/poison/{id}/retry", do.retry_poison, "Try such an event again.",
              body=models.Nothing, access="admin"),
    )  # fmt: skip
