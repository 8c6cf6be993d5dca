"""Opens Redis in the same way for every service: one server, a Cluster, or a master behind Sentinels, by REDIS_URL.

A command whose answer was lost is sent again by nobody but its caller, who knows what that would do: neither a client
of one server nor one of a Cluster repeats by itself. Rasa's environment opens Redis in `runtime/redis_blocking.py`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

import structlog
from redis import asyncio as redis_asyncio
from redis.exceptions import AuthenticationError, NoPermissionError, NoScriptError, RedisError

from runtime.redis_address import Address, read
from runtime.redis_cluster import Cluster
from runtime.settings import SettingsError

log = structlog.get_logger()

#: redis-py's annotations cannot say that answers are text when `decode_responses` is on (each is ``bytes | str``),
#: so its clients count as Any here; the modules that read answers give them their types.
Redis: TypeAlias = Any

OPTIONS: dict[str, Any] = {
    "decode_responses": True,
    "health_check_interval": 15,
    "socket_connect_timeout": 5,
    "max_connections": 200,
}


def connect(url: str) -> Redis:
    """A client that speaks text and notices a connection that is half-open.

    Opens nothing yet. Raises `SettingsError`.
    """
    address = _read(url)
    if address.kind == "cluster":
        return Cluster(address.hosts, **OPTIONS, **(address.options or {}))
    if address.kind == "sentinel":
        watched: Any = redis_asyncio.Sentinel  # redis-py leaves it without annotations
        sentinels = watched(
            address.hosts, sentinel_kwargs={"socket_connect_timeout": 5, **(address.sentinel_options or {})}
        )
        return sentinels.master_for(address.master, **OPTIONS, **(address.options or {}))
    return redis_asyncio.Redis.from_url(url, **OPTIONS)


async def opened(url: str) -> Redis:
    """As `connect`, and looks at what answers there. One that is away is waited for by whoever needs it.

    Raises `SettingsError` if it is of another kind than the address says, or refuses the password.
    """
    redis, address = connect(url), _read(url)
    try:
        mode = (await redis.info("server")).get("redis_mode", "")
    except NoPermissionError:
        return redis
    except (RedisError, OSError) as error:
        if refusal := _refusal(error):
            await redis.aclose()
            raise SettingsError(f"REDIS_URL: {address.where}: {refusal}") from None
        log.warning("redis.away", where=address.where, error=type(error).__name__)
        return redis
    if (mode == "cluster") != (address.kind == "cluster") or mode == "sentinel":
        await redis.aclose()
        raise SettingsError(
            f"REDIS_URL: {address.where} runs as {mode}, and the address says otherwise. Write {_scheme(mode)}."
        )
    return redis


def _read(url: str) -> Address:
    try:
        return read(url)
    except ValueError as error:
        raise SettingsError(f"REDIS_URL is not valid. {error}.") from None


def _scheme(mode: str) -> str:
    return {"cluster": "redis+cluster://…", "sentinel": "redis+sentinel://…/master-name"}.get(mode, "redis://…")


def _refusal(error: BaseException | None) -> str:
    while error is not None:
        if isinstance(error, AuthenticationError):
            return "Redis refuses the user name or password."
        if "Cluster mode is not enabled" in str(error):
            return f"this Redis is no Cluster. Write {_scheme('')}."
        error = error.__cause__
    return ""


class Script:
    """A Lua script, sent whole where Redis does not know it yet:
    to the node that has its keys, also after a failover."""

    def __init__(self, redis: Redis, source: str) -> None:
        self.redis = redis
        self.source = source
        self.sha = hashlib.sha1(source.encode(), usedforsecurity=False).hexdigest()

    async def __call__(self, keys: Sequence[str], args: Iterable[Any] = ()) -> Any:
        try:
            return await self.redis.evalsha(self.sha, len(keys), *keys, *args)
        except NoScriptError:
            return await self.redis.eval(self.source, len(keys), *keys, *args)
