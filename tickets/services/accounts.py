"""Agents and how they prove who they are: log-in with throttling, sessions, API tokens."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import load_only

from tickets.errors import Conflict, DeskError, NotLoggedIn, TooMany, Unknown
from tickets.services import passwords
from tickets.services.commands import give_back_all
from tickets.services.work import Records, Work
from tickets.storage.models import Agent, ApiToken, LogInAttempt, Session

SESSION_LIFE = timedelta(hours=14)
THROTTLE_WINDOW = timedelta(minutes=15)
#: Attempts in the window. An office behind one address shares its number, so it is the higher one.
PER_ACCOUNT, PER_ADDRESS = 10, 50


@dataclass(frozen=True)
class LoggedIn:
    """An agent by their session in a browser."""

    agent: Agent
    csrf: str
    #: The cookie's value, at log-in only.
    secret: str = ""


class Accounts:
    """Who may in: made, changed, logged in and out."""

    def __init__(self, records: Records) -> None:
        self.records = records

    async def first_admin(self, email: str, password: str) -> str | None:
        """Makes the first admin where there is no agent yet. Returns a password that was made up, to be shown once."""
        async with self.records.read() as session:
            if await session.scalar(select(func.count()).select_from(Agent)):
                return None
        made_up = "" if password else passwords.new_password()
        hashed = await passwords.hash_password(password or made_up)
        async with self.records.work() as work:
            # Two processes may start at once: the first one's row stays.
            if await work.session.scalar(select(func.count()).select_from(Agent)):
                return None
            _add_agent(work, email, "Admin", "admin", hashed)
        return made_up or None

    async def log_in(self, email: str, password: str, address: str) -> LoggedIn:
        """Raises `TooMany` or `NotLoggedIn`."""
        account = f"account:{email.strip().lower()}"
        attempts = await self._count_attempt(account, f"address:{address}")
        async with self.records.read() as session:
            agent = await _by_email(session, email)
        right = await passwords.is_password(agent.password_hash if agent else None, password)
        if agent is None or not right or agent.disabled:
            raise NotLoggedIn("wrong_login", "E-mail or password is not right.")
        secret, csrf = passwords.new_secret(), passwords.new_secret()
        async with self.records.work() as work:
            forgiven = (LogInAttempt.key == account) | LogInAttempt.id.in_(attempts)
            await work.session.execute(delete(LogInAttempt).where(forgiven))
            until = work.now + SESSION_LIFE
            work.session.add(
                Session(
                    id=passwords.digest(secret), agent_id=agent.id, csrf=csrf, created_at=work.now, expires_at=until
                )
            )
            work.audit("session.started", agent.id, agent.id, address=address)
        return LoggedIn(agent, csrf, secret)

    async def _count_attempt(self, account: str, address: str) -> list[int]:
        """Counts before the password is looked at, so that guesses at the same time count too.

        Returns the rows' numbers.
        """
        async with self.records.work() as work:
            rows = [LogInAttempt(key=key, at=work.now) for key in (account, address)]
            for row, most in zip(rows, (PER_ACCOUNT, PER_ADDRESS), strict=True):
                mine = (LogInAttempt.key == row.key, LogInAttempt.at > work.now - THROTTLE_WINDOW)
                if (
                    await work.session.scalar(select(func.count()).select_from(LogInAttempt).where(*mine)) or 0
                ) >= most:
                    raise TooMany("too_many_attempts", "Too many attempts. Wait a quarter of an hour.")
            work.session.add_all(rows)
            await work.session.flush()
            return [row.id for row in rows]

    async def by_session(self, secret: str) -> LoggedIn | None:
        query = select(Session, Agent).join(Agent, Agent.id == Session.agent_id)
        query = query.where(Session.id == passwords.digest(secret), Session.expires_at > datetime.now(UTC))
        async with self.records.read() as session:
            found = (await session.execute(query)).one_or_none()
        return LoggedIn(found[1], found[0].csrf) if found and not found[1].disabled else None

    async def by_token(self, token: str) -> Agent | None:
        query = select(Agent).join(ApiToken, ApiToken.agent_id == Agent.id)
        query = query.where(ApiToken.digest == passwords.digest(token), ApiToken.revoked_at.is_(None))
        async with self.records.read() as session:
            agent = (await session.scalars(query)).one_or_none()
        return agent if agent and not agent.disabled else None

    async def log_out(self, secret: str) -> None:
        async with self.records.work() as work:
            await work.session.execute(delete(Session).where(Session.id == passwords.digest(secret)))

    async def change_password(self, agent: Agent, old: str, new: str) -> None:
        """All other sessions of the agent end."""
        if not await passwords.is_password(agent.password_hash, old):
            raise DeskError("wrong_password", "The old password is not right.")
        await self._set_password(agent.id, new, by=agent)

    async def reset_password(self, agent_id: str, password: str, by: Agent) -> str:
        """Returns the new password when it was made up here."""
        made_up = "" if password else passwords.new_password()
        await self._set_password(agent_id, password or made_up, by=by)
        return made_up

    async def _set_password(self, agent_id: str, password: str, by: Agent) -> None:
        hashed = await passwords.hash_password(password)
        async with self.records.work() as work:
            agent = await _agent(work, agent_id)
            agent.password_hash = hashed
            await work.session.execute(delete(Session).where(Session.agent_id == agent_id))
            work.audit("agent.password", agent_id, by.id)

    async def agents(self) -> list[Agent]:
        async with self.records.read() as session:
            return list(await session.scalars(select(Agent).order_by(Agent.name, Agent.id)))

    async def create(self, email: str, name: str, role: str, password: str, by: Agent) -> tuple[Agent, str]:
        """Returns the agent, and their password when it was made up here."""
        made_up = "" if password else passwords.new_password()
        hashed = await passwords.hash_password(password or made_up)
        async with self.records.work() as work:
            if await _by_email(work.session, email):
                raise Conflict("email_taken", "There is an agent with this e-mail already.")
            agent = _add_agent(work, email, name, role, hashed)
            work.audit("agent.created", agent.id, by.id, role=role)
        return agent, made_up

    async def change(
        self, agent_id: str, by: Agent, *, name: str | None, role: str | None, disabled: bool | None
    ) -> Agent:
        async with self.records.work() as work:
            agent = await _agent(work, agent_id)
            agent.name = name or agent.name
            agent.role = role or agent.role
            agent.disabled = agent.disabled if disabled is None else disabled
            await _keep_an_admin(work)
            if agent.disabled:
                await work.session.execute(delete(Session).where(Session.agent_id == agent_id))
                await give_back_all(work, agent, by)
            work.audit("agent.changed", agent_id, by.id, role=agent.role, disabled=agent.disabled)
        return agent

    async def tokens(self, agent: Agent) -> list[ApiToken]:
        """One's own; an admin sees all."""
        query = select(ApiToken).where(ApiToken.revoked_at.is_(None)).order_by(ApiToken.created_at)
        if agent.role != "admin":
            query = query.where(ApiToken.agent_id == agent.id)
        async with self.records.read() as session:
            return list(await session.scalars(query))

    async def create_token(self, agent: Agent, name: str) -> tuple[ApiToken, str]:
        """Returns the token's row and the token itself, which is shown this once."""
        token = f"faden_{passwords.new_secret()}"
        async with self.records.work() as work:
            row = ApiToken(
                id=_new_id("tok"), agent_id=agent.id, name=name, digest=passwords.digest(token), created_at=work.now
            )
            work.session.add(row)
            work.audit("token.created", row.id, agent.id)
        return row, token

    async def revoke_token(self, agent: Agent, token_id: str) -> None:
        async with self.records.work() as work:
            query = update(ApiToken).where(ApiToken.id == token_id, ApiToken.revoked_at.is_(None))
            if agent.role != "admin":
                query = query.where(ApiToken.agent_id == agent.id)
            done = await work.session.execute(query.values(revoked_at=work.now).returning(ApiToken.id))
            if done.one_or_none() is None:
                raise Unknown("unknown_token", "There is no such token.")
            work.audit("token.revoked", token_id, agent.id)

    async def forget_old(self) -> None:
        """Removes sessions and attempts whose time is over."""
        now = datetime.now(UTC)
        async with self.records.database.write() as session:
            await session.execute(delete(Session).where(Session.expires_at < now))
            await session.execute(delete(LogInAttempt).where(LogInAttempt.at < now - THROTTLE_WINDOW))


def _add_agent(work: Work, email: str, name: str, role: str, hashed: str) -> Agent:
    agent = Agent(
        id=_new_id("agt"),
        email=email.strip().lower(),
        name=name,
        role=role,
        password_hash=hashed,
        disabled=False,
        created_at=work.now,
    )
    work.session.add(agent)
    return agent


async def _by_email(session: AsyncSession, email: str) -> Agent | None:
    return (await session.scalars(select(Agent).where(Agent.email == email.strip().lower()))).one_or_none()


async def _agent(work: Work, agent_id: str) -> Agent:
    agent = (await work.session.scalars(select(Agent).where(Agent.id == agent_id).with_for_update())).one_or_none()
    if agent is None:
        raise Unknown("unknown_agent", "There is no such agent.")
    return agent


async def _keep_an_admin(work: Work) -> None:
    await work.session.flush()
    query = select(Agent).options(load_only(Agent.id)).where(Agent.role == "admin", Agent.disabled.is_(False))
    if (await work.session.scalars(query.limit(1))).one_or_none() is None:
        raise Conflict("last_admin", "The desk needs an admin; make another one first.")


def _new_id(kind: str) -> str:
    return f"{kind}_{secrets.token_hex(8)}"
