"""What is known of a platform's calls: how they are signed, and what each recorded one means."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Values = dict[str, str]
#: Signs a body with the settings of a service and the address that the platform knows:
#: ``(values, url, body) -> headers``.
Sign = Callable[[Values, str, bytes], dict[str, str]]


@dataclass(frozen=True)
class Recorded:
    """A body and what must stand in the thread afterwards."""

    body: bytes
    text: str = ""
    kinds: tuple[str, ...] = ()
    author: str = "customer"


@dataclass(frozen=True)
class Platform:
    name: str
    address: str
    sign: Sign
    #: ``(id, text) -> body`` of a plain message by `address`.
    said: Callable[[str, str], bytes]
    recorded: dict[str, Recorded]
    #: Bodies that are genuine and mean nothing to us.
    unknown: tuple[bytes, ...]
    #: ``[(id, text)] -> body``, where the platform puts several into one call.
    batch: Callable[[list[tuple[str, str]]], bytes] | None = None
    #: Puts a body into what carries its signature, where that is no header: ``(values, body) -> (body, headers)``.
    seal: Callable[[Values, bytes], tuple[bytes, dict[str, str]]] | None = None
    #: The settings whose value the signature hangs on.
    secret: str = ""
    headers: tuple[str, ...] = field(default=())


def as_json(body: Any) -> bytes:
    return json.dumps(body).encode()
