"""What can go wrong at a door of `bot`, and how it is told."""

from __future__ import annotations


class Refused(Exception):
    """The input can't be taken; `detail` says what is wrong and what to do."""

    def __init__(self, code: str, detail: str, status: int = 400, retry_after: int = 0) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.status = status
        #: Seconds after which it is worth trying again, if that is known.
        self.retry_after = retry_after


class AssistantUnavailable(Exception):
    """Rasa or its actions gave no usable answer; the turn may be tried again under the same turn id."""


class ChannelError(Exception):
    """A platform did not take a message. `permanent` says that trying again is of no use."""

    def __init__(self, reason: str, *, permanent: bool, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.permanent = permanent
        self.retry_after = retry_after
