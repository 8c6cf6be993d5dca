"""A progress bar on stderr, so that stdout holds nothing but the table."""

from __future__ import annotations

import sys
import time
from typing import TextIO

WIDTH = 30
#: Seconds between two drawings.
PAUSE = 0.1


class Progress:
    """Counts to `total`. Where nobody watches a terminal, only the end is written."""

    def __init__(self, about: str, total: int, out: TextIO | None = None) -> None:
        self.about = about
        self.total = max(1, total)
        self.done = 0
        self._out = out or sys.stderr
        self._drawn = 0.0
        self._started = time.monotonic()

    def __call__(self, more: int = 1) -> None:
        self.done += more
        now = time.monotonic()
        if self._out.isatty() and (now - self._drawn > PAUSE or self.done >= self.total):
            self._drawn = now
            filled = min(WIDTH, WIDTH * self.done // self.total)
            self._out.write(
                f"\r{self.about} [{'#' * filled}{'.' * (WIDTH - filled)}] {100 * self.done // self.total} %"
            )
            self._out.flush()

    def end(self) -> None:
        took = time.monotonic() - self._started
        start = "\r" if self._out.isatty() else ""
        self._out.write(f"{start}{self.about}: {self.done} in {took:.1f} s{' ' * WIDTH if start else ''}\n")
        self._out.flush()
