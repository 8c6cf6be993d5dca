"""Orders of the shop behind one small interface, and the demo shop that serves them until an own one is plugged in.

Setting ``ORDER_SERVICE=package.module:factory`` names a function without arguments that returns an `OrderService`.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import date, timedelta
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

DEMO = Path(__file__).with_name("demo_orders.json")

#: How customers write an order number: ``NL-20417``, ``nl 20417``, ``#NL20417``, ``20417``, ``NL 20 417``.
WRITTEN = re.compile(r"#?\s*(?:nl)?[\s._/:#-]*(\d(?:[ .-]?\d){4})", re.IGNORECASE)


@dataclass(frozen=True)
class Order:
    """What may be told to whoever knows the number: nothing personal, no address, no payment."""

    number: str
    #: received, preparing, shipped, delayed, delivered, cancelled, returned, or a word of the shop's own.
    status: str
    #: Expected, or when it arrived.
    delivery_on: date | None
    items: tuple[str, ...]


class OrdersUnavailable(Exception):
    """The shop's order system gives no answer now."""


class OrderService(Protocol):
    """Where orders are looked up; the shop's own class takes its place."""

    async def find(self, number: str, language: str) -> Order | None:
        """The order with this number as `order_number` returns it, or None. Raises `OrdersUnavailable`."""


class DemoOrders:
    """Orders from a JSON file. Their dates are days from today, so that the demo never grows old."""

    def __init__(self, path: Path = DEMO) -> None:
        self._orders = {one["number"]: one for one in json.loads(path.read_text(encoding="utf-8"))}

    async def find(self, number: str, language: str) -> Order | None:
        found = self._orders.get(number)
        if found is None:
            return None
        days = found["delivery_in_days"]
        return Order(
            number=number,
            status=found["status"],
            delivery_on=None if days is None else date.today() + timedelta(days=days),
            items=tuple(item[language] for item in found["items"]),
        )


def order_number(written: str) -> str | None:
    """The number as the shop writes it, or None if this can't be one."""
    found = WRITTEN.fullmatch(written.strip())
    return f"NL-{re.sub(r'[^0-9]', '', found[1])}" if found else None


def load(name: str) -> OrderService:
    """The service that the setting names. Raises ImportError, AttributeError or ValueError if there is none."""
    if not name:
        return DemoOrders()
    module, separator, factory = name.partition(":")
    if not separator:
        raise ValueError(f"ORDER_SERVICE must look like package.module:factory, not {name!r}")
    return cast(OrderService, getattr(import_module(module), factory)())
