"""A Redis client whose process dies in the middle of something, for the tests of what others make of it."""

from __future__ import annotations


class Broken(ConnectionError):
    """The process died here."""


class Dying:
    """A client whose process dies at its n-th call: before the call reaches Redis, or after,
    when its answer is lost."""

    def __init__(self, client, at: int, after: bool) -> None:
        self.client, self.at, self.after, self.calls = client, at, after, 0
        execute, pipeline = client.execute_command, client.pipeline

        async def execute_command(*args, **options):
            return await self._call(lambda: execute(*args, **options))

        def failing_pipeline(*args, **options):
            pipe = pipeline(*args, **options)
            run = pipe.execute
            pipe.execute = lambda *args, **options: self._call(lambda: run(*args, **options))
            return pipe

        client.execute_command, client.pipeline = execute_command, failing_pipeline

    async def _call(self, run):
        self.calls += 1
        if self.calls == self.at and not self.after:
            raise Broken
        result = await run()
        if self.calls >= self.at:
            raise Broken
        return result
