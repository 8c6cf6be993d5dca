"""Order services of shops in trouble."""

from actions.order_service import Order, OrdersUnavailable


class Away:
    async def find(self, number: str, language: str) -> Order | None:
        raise OrdersUnavailable("timed out")


class Buggy:
    async def find(self, number: str, language: str) -> Order | None:
        raise KeyError(number)
