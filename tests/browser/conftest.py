"""What all tests in a browser share."""

from __future__ import annotations

from playwright import async_api, sync_api

#: Processes and browsers share two busy cores: what is awaited may take longer than the usual five seconds.
PATIENCE_MS = 20_000

for api in (async_api, sync_api):
    api.expect.set_options(timeout=PATIENCE_MS)
