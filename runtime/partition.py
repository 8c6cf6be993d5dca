"""Partitions: all that Redis holds of a customer is in one slot of a Cluster, and so on one node.

Runs in both environments.
"""

from __future__ import annotations

import zlib

PARTITIONS = 8


def partition(customer_id: str) -> str:
    """The hash tag of a customer's partition, e.g. ``{p07}``."""
    return f"{{p{zlib.crc32(customer_id.encode()) % PARTITIONS:02d}}}"


def partitions() -> list[str]:
    """All hash tags, in order."""
    return [f"{{p{number:02d}}}" for number in range(PARTITIONS)]
