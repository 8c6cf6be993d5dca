"""Logs are JSON lines without what customers wrote, even when something fails in the middle of it."""

from __future__ import annotations

import json
import subprocess
import sys

FAILING = """
import structlog
from runtime import logs
logs.configure("bot", "info")
def understand(text):
    raise ValueError("no")
try:
    understand("my secret words")
except ValueError:
    structlog.get_logger().exception("turn.failed", turn="t1")
"""


def test_an_error_is_told_with_its_place_and_without_the_values_at_hand() -> None:
    done = subprocess.run([sys.executable, "-c", FAILING], capture_output=True, text=True, timeout=30, check=True)
    line = json.loads(done.stdout)
    assert (line["event"], line["turn"], line["process"]) == ("turn.failed", "t1", "bot")
    assert line["exception"][0]["frames"][-1]["name"] == "understand"
    assert "my secret words" not in done.stdout
