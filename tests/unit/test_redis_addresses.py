"""REDIS_URL says by its scheme whether it is one server, a Cluster or a master behind Sentinels."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from redis.asyncio import Redis
from redis.asyncio.cluster import RedisCluster
from redis.asyncio.sentinel import SentinelConnectionPool

from runtime.redis import connect
from runtime.redis_address import read
from runtime.settings import Settings, SettingsError


@pytest.mark.parametrize(
    "url", ["redis://127.0.0.1:6379/0", "rediss://user:secret@redis.example:6380/1", "unix:///run/redis.sock"]
)
def test_one_server(url: str) -> None:
    assert type(connect(url)) is Redis


def test_a_cluster() -> None:
    assert isinstance(connect("redis+cluster://127.0.0.1:7000,127.0.0.1:7001"), RedisCluster)


def test_a_master_behind_sentinels() -> None:
    pool = connect("redis+sentinel://:secret@one.example:26379,two.example/main").connection_pool
    assert isinstance(pool, SentinelConnectionPool)
    assert pool.service_name == "main"
    assert [one.connection_pool.connection_kwargs["port"] for one in pool.sentinel_manager.sentinels] == [26379, 26379]
    assert pool.connection_kwargs["password"] == "secret"
    assert not any(one.connection_pool.connection_kwargs.get("password") for one in pool.sentinel_manager.sentinels)


def test_every_node_of_a_cluster_is_read_with_its_port() -> None:
    found = read("redis+cluster://faden:p%40ss%2F1@one.example:7000,two.example,[::1]:7002")
    assert found.hosts == (("one.example", 7000), ("two.example", 6379), ("::1", 7002))
    assert found.options == {"username": "faden", "password": "p@ss/1"}
    assert found.where == "one.example:7000, two.example:6379, ::1:7002"


def test_sentinels_have_a_password_of_their_own() -> None:
    found = read("redis+sentinel://:one@s.example/main/3?sentinel_password=two")
    assert (found.master, found.hosts) == ("main", (("s.example", 26379),))
    assert found.options == {"password": "one", "db": 3}
    assert found.sentinel_options == {"username": None, "password": "two"}


@pytest.mark.parametrize("kind", ["rediss+cluster://h", "rediss+sentinel://h/main"])
def test_tls_is_spoken_with_each_of_them(kind: str) -> None:
    found = read(f"{kind}?ssl_ca_certs=/etc/ca.pem")
    assert found.options and found.sentinel_options
    assert found.options["ssl"] is True
    assert found.options["ssl_ca_certs"] == found.sentinel_options["ssl_ca_certs"] == "/etc/ca.pem"


BAD = [
    "localhost:6379",
    "http://127.0.0.1",
    "redis+sentinel://one.example:26379",
    "redis+sentinel://one.example:x/main",
    "redis+cluster://one.example/4",
    "redis+cluster://",
    "redis+sentinel://,/main",
    "redis://h?password_typo=geheim",
    "redis://:geheim/x@h:1",
    "redis+cluster://:geheim/x@h:1",
    "redis://:ge?heim=geheim@h",
    "redis://h:geheim",
]


@pytest.mark.parametrize("url", BAD)
def test_a_bad_address_is_told_without_its_secret(url: str) -> None:
    with pytest.raises(SettingsError, match="REDIS_URL is not valid") as found:
        connect(url)
    assert "geheim" not in str(found.value)
    with pytest.raises(SettingsError, match=r"REDIS_URL: .*redis\+cluster://host:6379") as found:
        Settings.load({"REDIS_URL": url}, env_file="/dev/null")
    assert "geheim" not in str(found.value)


def test_the_environment_of_rasa_reads_addresses_in_the_same_way() -> None:
    python = Path(".venv-rasa/bin/python")
    if not python.exists():
        pytest.fail("no .venv-rasa") if os.environ.get("CI") else pytest.skip("Rasa's environment is not installed")
    good = "redis+sentinel://u:one%21@s.example,[::1]:7/main/3?sentinel_password=two&ssl_ca_certs=/ca"
    code = f"""if True:
        from runtime.redis_address import read
        from runtime.redis_blocking import connect
        found = read({good!r})
        options, of_sentinels = sorted(found.options.items()), sorted(found.sentinel_options.items(), key=str)
        print((found.hosts, found.master, options, of_sentinels))
        print(type(connect("redis://h/1")).__name__, type(connect({good!r}).connection_pool).__name__)
        for bad in {BAD!r}:
            try:
                print("taken:", bad, connect(bad))
            except ValueError as error:
                assert "geheim" not in str(error)
    """
    told = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout.splitlines()
    mine = read(good)
    assert mine.options and mine.sentinel_options
    assert told == [
        str((mine.hosts, mine.master, sorted(mine.options.items()), sorted(mine.sentinel_options.items(), key=str))),
        "Redis SentinelConnectionPool",
    ]
