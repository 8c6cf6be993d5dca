from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import free_port
from tests.contract.service import Service


@pytest.fixture
async def make_service(redis: Any, tmp_path: Path) -> AsyncIterator[Callable[..., Awaitable[Service]]]:
    started: list[Service] = []

    async def make(*, workers: bool = True, **environ: str) -> Service:
        service = Service(redis, tmp_path, free_port(), **environ)
        started.append(service)
        return await service.start(workers=workers)

    yield make
    for service in started:
        await service.stop()


@pytest.fixture
async def service(make_service: Callable[..., Awaitable[Service]]) -> Service:
    """All six messengers against their simulated vendors."""
    return await make_service()


@pytest.fixture
async def idle(make_service: Callable[..., Awaitable[Service]]) -> Service:
    """The same without workers: what comes in stays where it was put."""
    return await make_service(workers=False)
