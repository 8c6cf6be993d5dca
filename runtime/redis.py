"""Opens Redis in the same way for every process: one server, a Sentinel, or a Cluster, by the scheme of REDIS_URL."""

from __future__ import annotations

from typing import Any, TypeAlias
from urllib.parse import urlsplit

from redis import asyncio as redis_asyncio
from redis.asyncio.cluster import RedisCluster

from runtime.settings import SettingsError

#: redis-py's annotations cannot say that answers are text when `decode_responses` is on (each is ``bytes | str``), so its
#: clients count as Any here; the modules that read answers give them their types.
Redis: TypeAlias = Any

OPTIONS: dict[str, Any] = {"decode_responses": True, "health_check_interval": 15, "socket_connect_timeout": 5}
SENTINEL_PORT = 26379


def connect(url: str) -> Redis:
    """A client that speaks text and notices a connection that is half-open.

    ``redis://…``, ``rediss://…`` and ``unix://…`` are one server; ``redis+cluster://host:port`` names any node of a Cluster;
    ``redis+sentinel://host:port,host:port/name`` the Sentinels and the master they watch. Raises `SettingsError`.
    """
    scheme = url.partition("://")[0]
    try:
        if scheme == "redis+cluster":
            return RedisCluster.from_url(url.replace("redis+cluster", "redis", 1), **OPTIONS)
        if scheme == "redis+sentinel":
            return _behind_sentinels(url)
        return redis_asyncio.Redis.from_url(url, max_connections=200, **OPTIONS)
    except ValueError as error:
        raise SettingsError(
            "REDIS_URL is not valid. Give redis://host:6379/0, rediss://…, redis+cluster://host:port "
            "or redis+sentinel://host:26379,host:26379/master-name."
        ) from error


def _behind_sentinels(url: str) -> Redis:
    parts = urlsplit(url)
    credentials, _, hosts = parts.netloc.rpartition("@")
    name = parts.path.strip("/")
    if not name:
        raise ValueError("the master's name is missing")
    sentinels = [(host, int(port or SENTINEL_PORT)) for host, _, port in (one.partition(":") for one in hosts.split(","))]
    user, _, password = credentials.rpartition(":")
    options = OPTIONS | {"username": user or None, "password": password or None}
    watched: Any = redis_asyncio.Sentinel  # redis-py leaves it without annotations
    return watched(sentinels, socket_connect_timeout=5).master_for(name, **options)
