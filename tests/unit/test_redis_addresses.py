"""REDIS_URL says by its scheme whether it is one server, a Cluster or a master behind Sentinels."""

from __future__ import annotations

import pytest
from redis.asyncio import Redis
from redis.asyncio.cluster import RedisCluster
from redis.asyncio.sentinel import SentinelConnectionPool

from runtime.redis import connect
from runtime.settings import SettingsError


@pytest.mark.parametrize("url", ["redis://127.0.0.1:6379/0", "rediss://user:secret@redis.example:6380/1", "unix:///run/redis.sock"])
def test_one_server(url: str) -> None:
    assert type(connect(url)) is Redis


def test_a_cluster() -> None:
    assert isinstance(connect("redis+cluster://127.0.0.1:7000"), RedisCluster)


def test_a_master_behind_sentinels() -> None:
    pool = connect("redis+sentinel://:secret@one.example:26379,two.example/main").connection_pool
    assert isinstance(pool, SentinelConnectionPool)
    assert pool.service_name == "main"
    assert [one.connection_pool.connection_kwargs["port"] for one in pool.sentinel_manager.sentinels] == [26379, 26379]


@pytest.mark.parametrize("url", ["localhost:6379", "http://127.0.0.1", "redis+sentinel://one.example:26379", "redis+sentinel://one:x/main"])
def test_a_bad_address_is_told_without_its_secret(url: str) -> None:
    with pytest.raises(SettingsError, match="REDIS_URL is not valid"):
        connect(url)
