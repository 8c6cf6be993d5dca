"""Clusters are computed in a process of their own: it takes seconds of a core and much memory,
and the desk goes on meanwhile.

``python -m tickets.services.clustering`` reads questions as JSON and writes clusters as JSON.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict

from tickets.domain.asked import Asked, Cluster
from tickets.domain.drafts import question
from tickets.errors import DeskError

#: 5,000 questions take some six seconds of a core.
SECONDS = 90.0


class TooSlow(DeskError):
    """The machine is too busy."""

    status = 503


async def clustered(questions: Sequence[Asked], seconds: float = SECONDS) -> list[Cluster]:
    """See `tickets.domain.clusters.clusters`. Raises `TooSlow`."""
    if not questions:
        return []
    pipe = asyncio.subprocess.PIPE
    child = await asyncio.create_subprocess_exec(sys.executable, "-m", __name__, stdin=pipe, stdout=pipe)
    try:
        async with asyncio.timeout(seconds):
            told, _ = await child.communicate(json.dumps([asdict(one) for one in questions]).encode())
    except TimeoutError as error:
        raise TooSlow(
            "too_slow", "The questions could not be compared in time. Choose fewer days, or try again."
        ) from error
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    if child.returncode:
        raise RuntimeError(f"the comparison of questions ended with {child.returncode}")
    return [Cluster(tuple(one["ids"]), one["clearest"]) for one in json.loads(told)]


def main() -> None:
    # Here, so that the desk's process stays without the libraries.
    from tickets.domain.clusters import clusters

    os.nice(10)
    questions = [
        # Greetings and names make no two questions alike.
        Asked(**{**one, "text": question(one["text"]) or one["text"], "articles": tuple(one["articles"])})
        for one in json.load(sys.stdin)
    ]
    json.dump([asdict(one) for one in clusters(questions)], sys.stdout)


if __name__ == "__main__":
    main()
