"""The keeper of a process: starts it again when it dies, and never leaves it behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from runtime.keep import BAD_SETTINGS

#: Writes its process id to the file named first, then does what the second argument says.
CHILD = """
import os, sys, time
open(sys.argv[1], 'a').write(f'{os.getpid()}\\n')
if sys.argv[2] != 'sleep':
    sys.exit(int(sys.argv[2]))
time.sleep(60)
"""


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Callable[[str], subprocess.Popen[bytes]]]:
    keepers: list[subprocess.Popen[bytes]] = []

    def start(does: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "runtime.keep", sys.executable, "-c", CHILD, str(tmp_path / "pids"), does]
        keepers.append(subprocess.Popen(command, stdout=subprocess.DEVNULL))
        return keepers[-1]

    yield start
    for keeper in keepers:
        keeper.terminate()
        keeper.wait(10)


def pids(folder: Path, count: int) -> list[int]:
    """The ids of the processes started so far, once there are as many."""
    for _ in range(200):
        path = folder / "pids"
        found = [int(line) for line in path.read_text().split()] if path.exists() else []
        if len(found) >= count:
            return found
        time.sleep(0.05)
    raise TimeoutError(f"{count} starts did not happen")


def gone(pid: int) -> bool:
    for _ in range(100):
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.05)
    return False


def test_a_killed_process_is_started_again(started: Callable[[str], subprocess.Popen[bytes]], tmp_path: Path) -> None:
    started("sleep")
    first = pids(tmp_path, 1)[0]
    os.kill(first, signal.SIGKILL)
    assert pids(tmp_path, 2)[1] != first


def test_a_process_that_refuses_its_settings_is_not_started_again(
    started: Callable[[str], subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    assert started(str(BAD_SETTINGS)).wait(10) == BAD_SETTINGS
    assert len(pids(tmp_path, 1)) == 1


def test_telling_the_keeper_to_stop_stops_the_process(
    started: Callable[[str], subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    keeper = started("sleep")
    child = pids(tmp_path, 1)[0]
    keeper.terminate()
    assert keeper.wait(10) == 0
    assert gone(child)


def test_a_process_does_not_outlive_whoever_started_its_keeper(tmp_path: Path) -> None:
    keep = [sys.executable, "-m", "runtime.keep", sys.executable, "-c", CHILD, str(tmp_path / "pids"), "sleep"]
    parent = subprocess.Popen([sys.executable, "-c", f"import subprocess; subprocess.run({keep!r})"])
    child = pids(tmp_path, 1)[0]
    parent.kill()
    parent.wait(10)
    assert gone(child)
