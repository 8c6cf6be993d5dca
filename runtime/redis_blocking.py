"""Opens Redis in Rasa's environment (redis-py 4.6, Python 3.10), whose tracker store blocks:
by REDIS_URL as the services do."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from redis import Redis, cluster, sentinel
from redis.exceptions import NoScriptError

from runtime.redis_address import read

#: redis-py leaves them without annotations.
RedisCluster: Any = cluster.RedisCluster
ClusterNode: Any = cluster.ClusterNode
Sentinel: Any = sentinel.Sentinel

TIMES: dict[str, Any] = {"socket_timeout": 5, "socket_connect_timeout": 5}
OPTIONS: dict[str, Any] = {"decode_responses": True, "health_check_interval": 30, **TIMES}


def connect(url: str) -> Any:
    """A client that speaks text.

    That of a Cluster looks for its nodes at once. Raises `ValueError` for a bad address.
    """
    address = read(url)
    if address.kind == "cluster":
        return Cluster(address.hosts, **OPTIONS, **(address.options or {}))
    if address.kind == "sentinel":
        sentinels = Sentinel(address.hosts, sentinel_kwargs={**TIMES, **(address.sentinel_options or {})})
        return sentinels.master_for(address.master, **OPTIONS, **(address.options or {}))
    return Redis.from_url(url, **OPTIONS)


class Cluster(RedisCluster):  # type: ignore[misc, valid-type]
    """Never forgets the nodes of REDIS_URL: the library drops each node that failed, and would end up with none."""

    def __init__(self, hosts: Sequence[tuple[str, int]], **options: Any) -> None:
        self.given = [ClusterNode(host, port) for host, port in hosts]
        super().__init__(startup_nodes=list(self.given), cluster_error_retry_attempts=1, **options)

    def execute_command(self, *args: Any, **kwargs: Any) -> Any:
        for node in self.given:
            self.nodes_manager.startup_nodes.setdefault(node.name, ClusterNode(node.host, node.port))
        return super().execute_command(*args, **kwargs)


class Script:
    """A Lua script, sent whole where Redis does not know it yet."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.sha = hashlib.sha1(source.encode(), usedforsecurity=False).hexdigest()

    def run(self, redis: Any, keys: Sequence[str], args: Sequence[Any] = ()) -> Any:
        try:
            return redis.evalsha(self.sha, len(keys), *keys, *args)
        except NoScriptError:
            return redis.eval(self.source, len(keys), *keys, *args)
