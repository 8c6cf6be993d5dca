"""What the API takes, and the answers that belong to no service."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, field_validator

from tickets.domain.status import Status
from tickets.services.uploads import UploadView as UploadView
from tickets.services.views import AngerLabel

Role = Literal["agent", "admin"]
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Email = Annotated[str, StringConstraints(strip_whitespace=True, max_length=320, pattern=r"^[^@\s]+@[^@\s]+$")]
_STATUSES: tuple[Status, ...] = ("open", "waiting", "snoozed", "resolved", "closed")


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Nothing(Body):
    """No fields."""


class LogIn(Body):
    email: Annotated[str, Field(max_length=320)]
    password: Annotated[str, Field(max_length=1000)]


class PasswordChange(Body):
    old: str
    new: str


class AgentView(BaseModel):
    id: str
    name: str
    email: str
    role: Role
    disabled: bool


class SessionView(BaseModel):
    agent: AgentView
    #: Goes into the header X-CSRF-Token of everything that changes something.
    csrf: str
    #: Of the last event so far: a socket that begins here misses nothing that happens after this answer.
    cursor: int
    #: Days for which files are kept; 0: for ever.
    files_kept_days: int


class TicketQuery(Body):
    #: One or several, separated by commas.
    status: str = ""
    #: ``me``, ``none`` or an agent's id.
    assignee: str = ""
    #: Words in reference, name, wish or thread.
    q: Annotated[str, Field(max_length=200)] = ""
    cursor: Annotated[str, Field(max_length=60, pattern=r"^\d*$")] = ""
    limit: Annotated[int, Field(ge=1, le=200)] = 50

    @field_validator("status")
    @classmethod
    def _known(cls, value: str) -> str:
        if unknown := [one for one in value.split(",") if one and one not in _STATUSES]:
            raise ValueError(f"{', '.join(unknown)} is no status; they are {', '.join(_STATUSES)}")
        return value

    @property
    def statuses(self) -> list[str]:
        return [one for one in self.status.split(",") if one]


class Assignment(Body):
    agent_id: str


class Snooze(Body):
    until: AwareDatetime


class NewMessage(Body):
    client_id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{8,64}$")]
    text: str
    #: A note that only agents see.
    private: bool = False
    #: Where to send it; empty: where the customer wrote last.
    channel: Annotated[str, StringConstraints(pattern=r"^[a-z]{0,30}$")] = ""
    #: Ids of files that were attached to this ticket, in their order. With one of them the text may be empty.
    attachments: Annotated[
        list[Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]], Field(max_length=100)
    ] = []


class FileQuery(Body):
    name: Annotated[str, Field(max_length=500)] = ""


class Preference(Body):
    #: Empty: where the customer wrote last.
    channel: Annotated[str, StringConstraints(pattern=r"^[a-z]{0,30}$")]


class Correction(Body):
    cursor: str
    label: AngerLabel


class CorrectionsQuery(Body):
    language: Literal["de", "en"] | None = None


class NewAgent(Body):
    email: Email
    name: Line
    role: Role = "agent"
    #: Empty: one is made up and shown once.
    password: str = ""


class AgentChange(Body):
    name: Line | None = None
    role: Role | None = None
    disabled: bool | None = None


class PasswordReset(Body):
    #: Empty: one is made up and shown once.
    password: str = ""


class NewAgentView(AgentView):
    #: Shown this once, when it was made up here.
    password: str


class PasswordView(BaseModel):
    password: str


class NewToken(Body):
    name: Line


class TokenView(BaseModel):
    id: str
    name: str
    agent_id: str
    created_at: datetime


class NewTokenView(TokenView):
    #: Shown this once.
    token: str


class PoisonView(BaseModel):
    id: int
    tag: str
    stream_id: str
    raw: str
    error: str
    at: datetime


class ErrorView(BaseModel):
    model_config = ConfigDict(extra="allow")
    code: str
    detail: str


class Elsewhere(BaseModel):
    """Marks a route that leads to another address."""


class Text(BaseModel):
    """Marks a route that answers with plain text."""

    content: Any = None
