"""Draft articles: made of questions and replies, edited by an agent, published into the folder that `bot` follows."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Sequence
from datetime import datetime

import structlog
from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.contracts import Language
from tickets.domain import drafts as rules
from tickets.errors import Conflict, DeskError, Unknown
from tickets.services.questions import chunks
from tickets.services.work import Records, Work
from tickets.storage.knowledge import Folder, SlugTaken
from tickets.storage.models import Agent, Customer, Draft, Message, Question, Ticket

log = structlog.get_logger()


class DraftView(BaseModel):
    id: str
    language: Language
    slug: str
    title: str
    phrasings: list[str]
    body: str
    questions: list[int]
    #: What keeps it from being published: ``slug``, ``title``, ``phrasings``, ``body``.
    problems: list[str]
    created_at: datetime
    updated_at: datetime
    published_at: datetime | None


class Drafts:
    """Draft articles, from the first question to the published file."""

    def __init__(self, records: Records, folder: Folder) -> None:
        self.records = records
        self.folder = folder

    async def all(self) -> list[DraftView]:
        """The newest first."""
        async with self.records.read() as session:
            return [
                _view(row) for row in await session.scalars(select(Draft).order_by(Draft.created_at.desc()).limit(200))
            ]

    async def one(self, draft_id: str) -> DraftView:
        async with self.records.read() as session:
            return _view(await _find(session, draft_id))

    async def make(self, agent: Agent, numbers: Sequence[int], language: Language) -> DraftView:
        """A draft from these questions in this language. Raises `Unknown` when none of them is known."""
        in_folder = await asyncio.to_thread(self.folder.slugs)
        async with self.records.work() as work:
            rows = await _questions(work.session, numbers)
            if not rows:
                raise Unknown("unknown_questions", "There are no such questions.")
            names = await _names(work.session, rows)
            phrasings = rules.phrasings([row.text for row in rows if row.language == language], names)
            siblings = [
                one
                for one in await work.session.scalars(select(Draft))
                if set(one.questions) & {row.id for row in rows}
            ]
            taken = {slug for _, slug in in_folder} | {one.slug for one in await work.session.scalars(select(Draft))}
            title = rules.title(phrasings)
            # An article has the same address in both languages.
            other = next((one for one in siblings if one.language != language), None)
            same = other and (language, other.slug) not in in_folder
            draft = Draft(
                id=uuid.uuid4().hex,
                language=language,
                title=title,
                phrasings=phrasings,
                slug=other.slug if other and same else rules.slug(title, taken),
                # What there is in the other language can be translated.
                body=rules.body(await _replies(work.session, rows), names) or (other.body if other else ""),
                questions=[row.id for row in rows],
                digest="",
                agent_id=agent.id,
                created_at=work.now,
                updated_at=work.now,
            )
            work.session.add(draft)
            work.audit("draft.made", draft.id, agent.id, questions=len(rows))
            return _view(draft)

    async def change(
        self,
        agent: Agent,
        draft_id: str,
        *,
        slug: str | None,
        title: str | None,
        phrasings: list[str] | None,
        body: str | None,
    ) -> DraftView:
        async with self.records.work() as work:
            draft = await _locked(work, draft_id)
            if slug is not None and slug != draft.slug:
                if draft.published_at:
                    raise Conflict("published", "A published article keeps its address.")
                draft.slug = rules.one_line(slug)
            if title is not None:
                draft.title = rules.one_line(title)
            if phrasings is not None:
                draft.phrasings = [one for one in map(rules.one_line, phrasings) if one]
            if body is not None:
                draft.body = rules.printable(body)
            draft.updated_at = work.now
            return _view(draft)

    async def publish(self, agent: Agent, draft_id: str) -> DraftView:
        """Writes the article; publishing again writes what has changed since.

        Raises `DeskError` when the article breaks a rule, `Conflict` when its address is another article's.
        """
        async with self.records.work() as work:
            draft = await _locked(work, draft_id)
            if found := rules.problems(draft.slug, draft.title, draft.phrasings, draft.body):
                raise DeskError("not_an_article", f"Not published; correct: {', '.join(found)}.", problems=found)
            text = rules.as_file(draft.title, draft.phrasings, draft.body)
            draft.digest = await self._write(draft, text)
            draft.published_at = draft.updated_at = work.now
            work.audit("draft.published", draft.id, agent.id, language=draft.language, slug=draft.slug)
            return _view(draft)

    async def _write(self, draft: Draft, text: str) -> str:
        try:
            return await asyncio.to_thread(self.folder.write, draft.language, draft.slug, text, draft.digest)
        except SlugTaken as error:
            detail = (
                f"There is another article {draft.slug} already, or this one was changed by hand. "
                "Choose another address."
            )
            raise Conflict("slug_taken", detail) from error
        except OSError as error:
            log.exception("draft.not_written", folder=str(self.folder.path))
            raise Conflict("folder_refused", "The folder of articles can't be written; see KNOWLEDGE_DIR.") from error

    async def discard(self, agent: Agent, draft_id: str) -> None:
        """Forgets a draft. A published article stays: it is the help centre's."""
        async with self.records.work() as work:
            draft = await _locked(work, draft_id)
            if draft.published_at:
                raise Conflict("published", "A published article is changed or removed in its folder.")
            await work.session.delete(draft)
            work.audit("draft.discarded", draft.id, agent.id)


async def _find(session: AsyncSession, draft_id: str) -> Draft:
    row = await session.get(Draft, draft_id)
    if row is None:
        raise Unknown("unknown_draft", "There is no such draft.")
    return row


async def _locked(work: Work, draft_id: str) -> Draft:
    query = select(Draft).where(Draft.id == draft_id).with_for_update()
    row = (await work.session.scalars(query)).one_or_none()
    if row is None:
        raise Unknown("unknown_draft", "There is no such draft.")
    return row


async def _questions(session: AsyncSession, numbers: Sequence[int]) -> list[Question]:
    """In the given order, the clearest first."""
    rows: dict[int, Question] = {}
    for part in chunks(numbers):
        rows |= {row.id: row for row in await session.scalars(select(Question).where(Question.id.in_(part)))}
    return [rows[number] for number in dict.fromkeys(numbers) if number in rows]


async def _names(session: AsyncSession, rows: Sequence[Question]) -> list[str]:
    """Of the customers, however merged, and of everybody at the desk."""
    refs = {row.ref for row in rows if row.ref}
    customers = {row.customer_id for row in rows}
    for part in chunks(sorted(refs)):
        customers.update(await session.scalars(select(Ticket.customer_id).where(Ticket.ref.in_(part))))
    found = list(await session.scalars(select(Agent.name)))
    for part in chunks(sorted(customers)):
        found += await session.scalars(select(Customer.name).where(Customer.id.in_(part)))
    return [name for name in found if name]


async def _replies(session: AsyncSession, rows: Sequence[Question]) -> list[str]:
    found: list[str] = []
    for part in chunks(sorted({row.ref for row in rows if row.ref})):
        said = (Message.ref.in_(part), Message.author == "agent", Message.private.is_(False))
        found += await session.scalars(select(Message.text).where(*said).order_by(Message.place_ms, Message.place_seq))
    return found


def _view(row: Draft) -> DraftView:
    problems = rules.problems(row.slug, row.title, row.phrasings, row.body)
    return DraftView(
        id=row.id,
        language=row.language,  # type: ignore[arg-type]
        slug=row.slug,
        title=row.title,
        phrasings=row.phrasings,
        body=row.body,
        questions=row.questions,
        problems=problems,
        created_at=row.created_at,
        updated_at=row.updated_at,
        published_at=row.published_at,
    )
