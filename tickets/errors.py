"""What the desk refuses, told once to whoever asked: a code for programs, a sentence for people."""

from __future__ import annotations

from typing import Any


class DeskError(Exception):
    """A request that can't be done as it is; `detail` says why and what helps."""

    status = 400

    def __init__(self, code: str, detail: str, **more: Any) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        #: Further fields of the answer, such as who has the ticket.
        self.more = more


class Unknown(DeskError):
    """There is nothing under this name."""

    status = 404


class Conflict(DeskError):
    """Somebody or something was faster, or the ticket's status does not allow it."""

    status = 409


class NotLoggedIn(DeskError):
    status = 401


class Forbidden(DeskError):
    status = 403


class TooMany(DeskError):
    status = 429


class TooLarge(DeskError):
    status = 413


class WrongType(DeskError):
    status = 415
