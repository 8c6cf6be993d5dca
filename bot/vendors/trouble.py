"""Trouble to order from a simulated platform, as the real ones make it."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Knobs:
    """Trouble to order. Counts are used up, one for each send."""

    too_many: int = 0
    retry_after: float = 1.0
    failing: int = 0
    #: Share of sends that fail with a temporary error, 0..1.
    failing_share: float = 0.0
    #: Takes the message, then lets the line go dead.
    half_open: int = 0
    #: Takes the message, then is silent for so long before it answers.
    silent_seconds: float = 0.0
    #: Finds something wrong with every file.
    refuse_files: bool = False
    slow_seconds: float = 0.0
    token_expired: bool = False
    blocked: list[str] = field(default_factory=list)
    #: Keeps to the platform's rate limits.
    strict: bool = True
    window_hours: float = 24.0
    receipts: bool = True
    #: Each webhook is posted so many times more.
    repeats: int = 0


class Trouble(Exception):
    """A send meets an ordered trouble: too_many, failing, token_expired or blocked."""

    def __init__(self, kind: str, retry_after: float = 0.0) -> None:
        super().__init__(kind)
        self.kind = kind
        self.retry_after = retry_after
