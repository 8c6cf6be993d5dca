"""Loads the Lua scripts. A first line ``-- use: a b`` puts those fragments in front, as Redis has no include."""

from __future__ import annotations

from pathlib import Path

from runtime.redis import Redis, Script

FOLDER = Path(__file__).parent / "lua"


def source(name: str) -> str:
    """The text of ``lua/<name>.lua`` with the fragments it uses."""
    text = (FOLDER / f"{name}.lua").read_text()
    first = text.partition("\n")[0]
    fragments = first.removeprefix("-- use:").split() if first.startswith("-- use:") else []
    return "\n".join([*((FOLDER / f"{fragment}.lua").read_text() for fragment in fragments), text])


def load(redis: Redis, name: str) -> Script:
    """A script that is called with ``await script(keys=[…], args=[…])``."""
    return Script(redis, source(name))
