"""Where an error came from, without the values at hand: they may hold what a customer wrote."""

from __future__ import annotations

import traceback


def where(error: BaseException) -> str:
    """The innermost frames as ``file:line``, the last one last."""
    frames = traceback.extract_tb(error.__traceback__)[-3:]
    return " > ".join(f"{frame.filename}:{frame.lineno}" for frame in frames)
