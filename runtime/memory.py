"""Memory that a process has used and needs no more."""

from __future__ import annotations

import ctypes

#: Of the C library's `mallopt`.
M_ARENA_MAX = -8


def give_back() -> None:
    """To the system: the C library keeps what was freed otherwise, hundreds of megabytes in a process that serves."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def share() -> None:
    """Lets all threads share two heaps. Each has its own otherwise, which lies idle for the most part.

    To be called before threads begin.
    """
    option = getattr(ctypes.CDLL(None), "mallopt", None)
    if option is not None:
        option(M_ARENA_MAX, 2)
