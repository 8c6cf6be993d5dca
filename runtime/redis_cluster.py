"""redis-py's client of a Redis Cluster, mended where a service that must outlive its nodes would stumble.

It knows all nodes of the Cluster once it has found one, and those of REDIS_URL on top of them, for when all have moved.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from redis.asyncio.cluster import ClusterNode, ClusterPipeline, ClusterPubSub, RedisCluster, TransactionStrategy
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import (
    AskError,
    ConnectionError,
    CrossSlotTransactionError,
    MovedError,
    RedisClusterException,
    TimeoutError,
)

#: A map of the slots that is younger is not fetched again: while a master is missing, everybody asks for it at once.
YOUNG_SECONDS = 0.25
REDIRECTIONS = 3


class Cluster(RedisCluster):
    """Raises `ConnectionError` where the Cluster, or the node that has a key, is away.

    Partitions whose master is there go on while another one has none.
    """

    def __init__(self, hosts: Sequence[tuple[str, int]], **options: Any) -> None:
        self.given = list(hosts)
        self._mapped_at = float("-inf")
        nodes = [ClusterNode(host, port) for host, port in hosts]
        # The caller repeats, see runtime/redis.py. Redirections are followed all the same: they did nothing yet.
        never = Retry(NoBackoff(), 0)
        super().__init__(startup_nodes=nodes, require_full_coverage=False, retry=never, **options)

    async def initialize(
        self, additional_startup_nodes_info: Any = None, last_failed_node_name: str | None = None
    ) -> Cluster:
        young = time.monotonic() - self._mapped_at < YOUNG_SECONDS
        if not self._initialize or (young and self.nodes_manager.default_node):
            return self
        self._lock = self._lock or asyncio.Lock()
        async with self._lock:
            if self._initialize:
                await self._find_nodes(last_failed_node_name)
                self._initialize = False
                self._mapped_at = time.monotonic()
        return self

    async def _find_nodes(self, last_failed: str | None) -> None:
        """The library's own asks the first master which commands there are, and gives up if just that one is away."""
        try:
            await self.nodes_manager.initialize(self.given, last_failed)
        except RedisClusterException as error:
            await self.nodes_manager.aclose()
            await self.nodes_manager.aclose("startup_nodes")
            raise ConnectionError(str(error)) from error
        for node in sorted(self.get_primaries(), key=lambda _: random.random()):
            with suppress(ConnectionError, TimeoutError):
                await self.commands_parser.initialize(node)
                self.nodes_manager.default_node = node
                return
        raise ConnectionError("no master of the Cluster answers")

    async def execute_command(self, *args: Any, **kwargs: Any) -> Any:
        try:
            await self.initialize()
            return await super().execute_command(*args, **kwargs)
        except (RedisClusterException, KeyError) as error:
            raise self.lost(error) from error

    def lost(self, error: Exception) -> Exception:
        """What to raise instead of an error that says that no node has a slot;
        the map is made anew for the next one."""
        is_slot = isinstance(error, KeyError) and isinstance(error.args[0], int)
        if not (is_slot or (isinstance(error, RedisClusterException) and "same key slot" not in str(error))):
            return error
        self._initialize = True
        return ConnectionError(f"the Cluster has no node for it now ({type(error).__name__})")

    async def _determine_slot(self, command: str, *args: Any) -> int:
        """Without asking a node, which may be away itself, where the keys of a command stand."""
        if command in ("XREAD", "XREADGROUP"):
            return self.keyslot(args[args.index(b"STREAMS") + 1])
        return await super()._determine_slot(command, *args)

    def pipeline(self, transaction: bool | None = None, shard_hint: Any = None) -> ClusterPipeline:
        pipeline = super().pipeline(transaction)
        if transaction:
            pipeline._execution_strategy = OneSlot(pipeline)
        return pipeline

    def pubsub(self, *args: Any, **kwargs: Any) -> ClusterPubSub:
        """At any master: what is published reaches them all,
        so the one that has the channel's slot may well be away."""
        masters = self.get_primaries()
        return Subscription(self, node=random.choice(masters) if masters else None)


class OneSlot(TransactionStrategy):
    """A transaction on the node that has its keys, which all carry the same tag.

    The library's own finds the slot of each command in a thread with an event loop of its own, and connects there.
    """

    def __init__(self, pipe: ClusterPipeline) -> None:
        super().__init__(pipe)
        self._retry = Retry(NoBackoff(), REDIRECTIONS, supported_errors=(AskError, MovedError))

    def execute_command(self, *args: Any, **kwargs: Any) -> Any:
        self._pipeline_slots.add(self._pipe.cluster_client.keyslot(args[1]))
        return super(TransactionStrategy, self).execute_command(*args, **kwargs)

    async def execute(self, raise_on_error: bool = True, allow_redirections: bool = True) -> list[Any]:
        client: Any = self._pipe.cluster_client
        try:
            await client.initialize()
            return list(await super().execute(raise_on_error, allow_redirections))
        except CrossSlotTransactionError:
            raise
        except ConnectionError:
            client._initialize = True
            raise
        except (RedisClusterException, KeyError) as error:
            raise client.lost(error) from error


class Subscription(ClusterPubSub):
    async def execute_command(self, *args: Any, **kwargs: Any) -> Any:
        client: Any = self.cluster
        try:
            await client.initialize()
            return await super().execute_command(*args, **kwargs)
        except ConnectionError:
            client._initialize = True
            raise
        except (RedisClusterException, KeyError) as error:
            raise client.lost(error) from error
