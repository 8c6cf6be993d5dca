"""The API's part on what the questions teach: the report, and the drafts that come of it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from tickets.domain.drafts import LONGEST_BODY, LONGEST_PHRASING, LONGEST_SLUG, LONGEST_TITLE, MOST_PHRASINGS
from tickets.services.drafts import Drafts, DraftView
from tickets.services.questions import MOST_OPEN, Questions, Report
from tickets.web.models import Body, Nothing
from tickets.web.routing import Answer, Call, Route

Phrasing = Annotated[str, StringConstraints(strip_whitespace=True, max_length=LONGEST_PHRASING)]
Number = Annotated[int, Field(ge=1, lt=2**63)]


class ReportQuery(Body):
    days: Annotated[int, Field(ge=1, le=365)] = 30
    language: Literal["de", "en"] | None = None


class NewDraft(Body):
    #: Numbers of a cluster's questions, as the report gives them.
    questions: Annotated[list[Number], Field(min_length=1, max_length=MOST_OPEN)]
    language: Literal["de", "en"]


class DraftChange(Body):
    slug: Annotated[str, StringConstraints(strip_whitespace=True, max_length=LONGEST_SLUG)] | None = None
    title: Annotated[str, StringConstraints(strip_whitespace=True, max_length=LONGEST_TITLE)] | None = None
    phrasings: Annotated[list[Phrasing], Field(max_length=2 * MOST_PHRASINGS)] | None = None
    #: Markdown.
    body: Annotated[str, Field(max_length=LONGEST_BODY)] | None = None


class QuestionHandlers:
    def __init__(self, questions: Questions, drafts: Drafts) -> None:
        self.questions = questions
        self.drafts = drafts

    async def report(self, call: Call) -> Answer:
        return await self.questions.report(call.query.days, call.query.language)

    async def all_drafts(self, call: Call) -> Answer:
        return await self.drafts.all()

    async def draft(self, call: Call) -> Answer:
        return await self.drafts.one(call.part("id"))

    async def make_draft(self, call: Call) -> Answer:
        return await self.drafts.make(call.agent, call.body.questions, call.body.language)

    async def change_draft(self, call: Call) -> Answer:
        return await self.drafts.change(call.agent, call.part("id"), **call.body.model_dump())

    async def publish_draft(self, call: Call) -> Answer:
        return await self.drafts.publish(call.agent, call.part("id"))

    async def discard_draft(self, call: Call) -> Answer:
        await self.drafts.discard(call.agent, call.part("id"))
        return None


def question_table(do: QuestionHandlers) -> tuple[Route, ...]:
    one = "/questions/drafts/{id}"
    # A table: what a route takes and answers stands beside it, not a line a word.
    return (
        Route("GET", "/questions/report", do.report, "What customers asked, in clusters, and what became of it.",
              query=ReportQuery, answer=Report),
        Route("GET", "/questions/drafts", do.all_drafts, "Draft articles, the newest first.", answer=list[DraftView]),
        Route("POST", "/questions/drafts", do.make_draft, "Make a draft article of questions.",
              body=NewDraft, answer=DraftView, status=201),
        Route("GET", one, do.draft, "One draft.", answer=DraftView),
        Route("PATCH", one, do.change_draft, "Change a draft.", body=DraftChange, answer=DraftView),
        Route("POST", f"{one}/publish", do.publish_draft, "Publish a draft, or what changed in it since.",
              body=Nothing, answer=DraftView),
        Route("DELETE", one, do.discard_draft, "Forget a draft that is not published."),
    )  # fmt: skip
