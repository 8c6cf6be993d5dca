"""What the questions teach: the open ones in clusters, the articles that help and that do not,
and how much needs no person."""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tickets.contracts import Language
from tickets.domain.asked import Asked, Cluster
from tickets.domain.privacy import without_personal_data
from tickets.services.clustering import clustered
from tickets.services.work import Records
from tickets.storage.knowledge import Folder, Known
from tickets.storage.models import Customer, Draft, Message, Question, Ticket

OPEN = ("asked_back", "declined", "rejected", "handed_off")
#: So many of the newest open questions are compared, and so many of all are counted.
MOST_OPEN, MOST_COUNTED = 5_000, 200_000
MOST_CLUSTERS, MOST_EXAMPLES, MOST_REPLIES, MOST_ARTICLES = 60, 6, 3, 10
LONGEST_SHOWN = 400
#: Up to so many days are shown one by one, more by the week.
DAYS_ONE_BY_ONE = 31
#: Names in one query: both databases have a limit.
CHUNK = 500

T = TypeVar("T")


class ReplyView(BaseModel):
    ref: str
    text: str


class Example(BaseModel):
    text: str
    language: Language


class ClusterView(BaseModel):
    #: The clearest question, its language, and the clearest one of each language.
    title: str
    language: Language
    titles: dict[str, str]
    #: Numbers of all its questions: what a draft is made of.
    questions: list[int]
    #: How many customers asked.
    customers: int
    languages: dict[str, int]
    outcomes: dict[str, int]
    examples: list[Example]
    #: What agents wrote on the tickets of these questions, the longest first.
    replies: list[ReplyView]
    #: Questions in each span of the report's `trend`.
    trend: list[int]
    #: Slugs of the articles that came nearest.
    articles: list[str]
    #: Unpublished drafts for these questions, by language.
    drafts: dict[str, str]


class ArticleUse(BaseModel):
    slug: str
    title: str
    answered: int
    rejected: int


class OverdueArticle(BaseModel):
    slug: str
    language: Language
    title: str
    review_by: date


class Span(BaseModel):
    """A day, or the week that begins on it."""

    day: date
    #: Matters: what one customer asked on one day.
    matters: int
    #: Of these, how many ended with an answer and without a ticket.
    resolved: int


class Report(BaseModel):
    days: int
    made_at: datetime
    asked: int
    open: int
    #: Open questions that are older than the newest 5,000 and were not compared.
    left_out: int
    matters: int
    resolved: int
    by_week: bool
    trend: list[Span]
    clusters: list[ClusterView]
    #: Clusters that are not in the list, the smallest ones.
    more_clusters: int
    used: list[ArticleUse]
    rejected: list[ArticleUse]
    overdue: list[OverdueArticle]


class Questions:
    """Makes the report."""

    def __init__(self, records: Records, folder: Folder) -> None:
        self.records = records
        self.folder = folder
        self._lock = asyncio.Lock()
        self._known: dict[str, list[Cluster]] = {}

    async def report(self, days: int, language: Language | None) -> Report:
        async with self.records.read() as session:
            data = await _read(session, self.records.hours.zone, days, language)
        known, found = await asyncio.gather(asyncio.to_thread(self.folder.articles), self._clusters(data.open))
        shown = found[:MOST_CLUSTERS]
        async with self.records.read() as session:
            replies = await _replies(session, {one.ref for one in data.open if one.ref})
        calendar = Calendar(data.now, days, self.records.hours.zone)
        rows = {row.id: row for row in data.open}
        trend = _trend(data, calendar)
        return Report(
            days=days,
            made_at=data.now,
            asked=len(data.all),
            open=len(data.open) + data.left_out,
            left_out=data.left_out,
            matters=sum(one.matters for one in trend),
            resolved=sum(one.resolved for one in trend),
            by_week=calendar.by_week,
            trend=trend,
            more_clusters=len(found) - len(shown),
            clusters=[_cluster_view(one, rows, data, replies, calendar) for one in shown],
            **_articles(data, known, language),
        )

    async def _clusters(self, rows: Sequence[Question]) -> list[Cluster]:
        """Computed once for the same questions."""
        asked = [Asked(row.id, row.language, row.text, tuple(row.articles), row.embedding) for row in rows]
        key = hashlib.sha256(repr([(row.id, row.at, row.language) for row in rows]).encode()).hexdigest()
        async with self._lock:
            if key not in self._known:
                found = await clustered(asked)
                self._known = dict([*self._known.items(), (key, found)][-4:])
            return self._known[key]


class _Told(NamedTuple):
    """What is counted of a question."""

    customer_id: str
    outcome: str
    articles: list[str]
    given: list[str]
    rejected: list[str]
    at: datetime

    @property
    def used(self) -> tuple[list[str], list[str]]:
        """Slugs of the articles that answered it, and of those that did not help."""
        if self.given or self.rejected:
            return ([] if self.outcome == "handed_off" else self.given), self.rejected
        # As it was told before each article was.
        first = self.articles[:1]
        return first if self.outcome == "answered" else [], first if self.outcome == "rejected" else []


class _Data:
    """What the report is made of."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        #: Every question, the oldest first.
        self.all: list[_Told] = []
        self.open: list[Question] = []
        self.left_out = 0
        self.kept: dict[str, str] = {}
        #: ``(customer, when)`` of tickets.
        self.tickets: list[tuple[str, datetime]] = []
        #: Unpublished drafts by question and language.
        self.drafts: dict[int, dict[str, str]] = {}

    def customer(self, customer_id: str) -> str:
        """Who this customer is after merges."""
        seen = {customer_id}
        while (kept := self.kept.get(customer_id)) and kept not in seen:
            customer_id = kept
            seen.add(kept)
        return customer_id


async def _read(session: AsyncSession, zone: ZoneInfo, days: int, language: Language | None) -> _Data:
    now = datetime.now(zone)
    data, since = _Data(now), _midnight(now) - timedelta(days=days - 1)
    mine = [Question.at >= since, *([Question.language == language] if language else [])]
    columns = select(*(getattr(Question, name) for name in _Told._fields))
    rows = await session.execute(columns.where(*mine).order_by(Question.at.desc()).limit(MOST_COUNTED))
    data.all = [_Told._make((*row[:-1], row[-1].astimezone(zone))) for row in reversed(rows.all())]
    covered: set[tuple[int, str]] = set()
    for draft in await session.scalars(select(Draft)):
        for number in draft.questions:
            if draft.published_at:
                # Whoever asked in the other language still has no answer.
                covered.add((number, draft.language))
            else:
                data.drafts.setdefault(number, {})[draft.language] = draft.id
    still = select(Question).where(*mine, Question.outcome.in_(OPEN)).order_by(Question.at.desc(), Question.id.desc())
    found = [row for row in await session.scalars(still.limit(4 * MOST_OPEN)) if (row.id, row.language) not in covered]
    data.open, data.left_out = found[:MOST_OPEN], max(0, len(found) - MOST_OPEN)
    merged = await session.execute(select(Customer.id, Customer.kept_id).where(Customer.kept_id.is_not(None)))
    data.kept = {row[0]: str(row[1]) for row in merged}
    tickets = await session.execute(select(Ticket.customer_id, Ticket.created_at).where(Ticket.created_at >= since))
    data.tickets = [(row[0], row[1].astimezone(zone)) for row in tickets]
    return data


async def _replies(session: AsyncSession, refs: set[str]) -> dict[str, list[str]]:
    """Agents' replies by ticket, in their order."""
    found: dict[str, list[str]] = {}
    for part in chunks(sorted(refs)):
        said = (Message.ref.in_(part), Message.author == "agent", Message.private.is_(False))
        query = select(Message.ref, Message.text).where(*said).order_by(Message.place_ms, Message.place_seq)
        for ref, text in await session.execute(query):
            found.setdefault(ref, []).append(text)
    return found


def _cluster_view(
    cluster: Cluster, rows: dict[int, Question], data: _Data, replies: dict[str, list[str]], calendar: Calendar
) -> ClusterView:
    mine = [rows[number] for number in cluster.ids]
    first = mine[0]
    texts = dict.fromkeys((without_personal_data(_short(row.text)), row.language) for row in mine)
    said = [ReplyView(ref=row.ref, text=_short(text)) for row in mine for text in replies.get(row.ref, [])]
    near = Counter(slug for row in mine for slug in row.articles[:1])
    return ClusterView(
        title=without_personal_data(_short(first.text)),
        language=first.language,  # type: ignore[arg-type]
        questions=list(cluster.ids),
        customers=len({data.customer(row.customer_id) for row in mine}),
        languages=dict(Counter(row.language for row in mine)),
        outcomes=dict(Counter(row.outcome for row in mine)),
        examples=[Example(text=text, language=language) for text, language in list(texts)[1 : MOST_EXAMPLES + 1]],  # type: ignore[arg-type]
        replies=_longest(said),
        trend=calendar.count(row.at for row in mine),
        articles=[slug for slug, _ in near.most_common(3)],
        titles={
            language: without_personal_data(_short(rows[number].text)) for language, number in cluster.clearest.items()
        },
        drafts={language: draft for row in mine for language, draft in data.drafts.get(row.id, {}).items()},
    )


def _longest(said: list[ReplyView]) -> list[ReplyView]:
    """Each once, the longest first."""
    once = {(one.ref, one.text): one for one in said}
    return sorted(once.values(), key=lambda one: (-len(one.text), one.ref))[:MOST_REPLIES]


class Calendar:
    """The days of the report, or its weeks, in the desk's time zone."""

    def __init__(self, now: datetime, days: int, zone: ZoneInfo) -> None:
        self.by_week = days > DAYS_ONE_BY_ONE
        self._zone = zone
        step = timedelta(days=7 if self.by_week else 1)
        start, end = self.start((now - timedelta(days=days - 1)).date()), self.start(now.date())
        self.spans = [start + step * number for number in range((end - start) // step + 1)]

    def start(self, day: date) -> date:
        return day - timedelta(days=day.weekday()) if self.by_week else day

    def span(self, at: datetime) -> date:
        return self.start(at.astimezone(self._zone).date())

    def count(self, moments: Iterable[datetime]) -> list[int]:
        counted = Counter(self.span(at) for at in moments)
        return [counted[day] for day in self.spans]


def _trend(data: _Data, calendar: Calendar) -> list[Span]:
    """A matter is resolved without a person when the last of its questions is answered and no ticket came of it."""
    last: dict[tuple[str, date], str] = {}
    for one in data.all:
        last[data.customer(one.customer_id), one.at.date()] = one.outcome
    handed = {(data.customer(customer), at.date()) for customer, at in data.tickets}
    matters: Counter[date] = Counter()
    resolved: Counter[date] = Counter()
    for (customer, day), outcome in last.items():
        span = calendar.start(day)
        matters[span] += 1
        resolved[span] += outcome == "answered" and (customer, day) not in handed
    return [Span(day=day, matters=matters[day], resolved=resolved[day]) for day in calendar.spans]


def _articles(data: _Data, known: list[Known], language: Language | None) -> dict[str, Any]:
    """Most used, rejected most, and past their review."""
    used = [one.used for one in data.all]
    answered = Counter(slug for helped, _ in used for slug in helped)
    rejected = Counter(slug for _, useless in used for slug in useless)
    titles = {one.slug: one.title for one in sorted(known, key=lambda one: one.language == (language or "en"))}
    uses = [
        ArticleUse(slug=slug, title=titles.get(slug, slug), answered=answered[slug], rejected=rejected[slug])
        for slug in sorted({*answered, *rejected})
    ]
    today = data.now.date()
    overdue = [
        OverdueArticle(slug=one.slug, language=one.language, title=one.title, review_by=one.review_by)  # type: ignore[arg-type]
        for one in known
        if one.review_by and one.review_by < today and language in (None, one.language)
    ]
    most = sorted(uses, key=lambda one: -(one.answered + one.rejected))[:MOST_ARTICLES]
    worst = [one for one in sorted(uses, key=lambda one: -one.rejected) if one.rejected][:MOST_ARTICLES]
    return {"used": most, "rejected": worst, "overdue": sorted(overdue, key=lambda one: one.review_by)}


def _midnight(at: datetime) -> datetime:
    return at.replace(hour=0, minute=0, second=0, microsecond=0)


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 1].rstrip() + "…"


def chunks(items: Sequence[T]) -> Iterator[Sequence[T]]:
    return (items[at : at + CHUNK] for at in range(0, len(items), CHUNK))
