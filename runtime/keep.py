"""Keeps one process running: starts its command, and starts it again when it dies.
Used by ``make run`` for each process.

A process that ends with `BAD_SETTINGS` was told something it can't work with; starting it again would not help.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

#: Exit code of a process that refuses its settings.
BAD_SETTINGS = 2
#: Seconds before a start after the first death, doubled with each quick death up to the longest.
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 10.0
#: A process that lived so long was healthy: its next death counts as the first.
HEALTHY_SECONDS = 30.0


class Keeper:
    def __init__(self, command: list[str]) -> None:
        self.command = command
        self.child: subprocess.Popen[bytes] | None = None
        self.stopping = False
        self._parent = os.getppid()

    def stop(self, *signal_and_frame: object) -> None:
        self.stopping = True
        if self.child and self.child.poll() is None:
            self.child.send_signal(signal.SIGTERM)

    def run(self) -> int:
        """Runs until told to stop; returns the exit code to end with."""
        pause = FIRST_PAUSE
        while True:
            started = time.monotonic()
            self.child = subprocess.Popen(self.command)
            if self.stopping:
                self.child.terminate()
            code = self._wait(self.child)
            if self.stopping:
                return 0
            if code == BAD_SETTINGS:
                return code
            pause = FIRST_PAUSE if time.monotonic() - started > HEALTHY_SECONDS else min(pause * 2, LONGEST_PAUSE)
            print(f"== ended with {code}; starting again in {pause:g} s", flush=True)
            self._sleep(pause)
            if self.stopping:
                return 0

    def _wait(self, child: subprocess.Popen[bytes]) -> int:
        """The exit code. Whoever started us may be killed without a word; then nobody wants the process any more."""
        while True:
            try:
                return child.wait(timeout=1)
            except subprocess.TimeoutExpired:
                if os.getppid() != self._parent and not self.stopping:
                    self.stop()

    def _sleep(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while not self.stopping and time.monotonic() < until:
            time.sleep(0.1)


def main() -> int:
    keeper = Keeper(sys.argv[1:])
    signal.signal(signal.SIGTERM, keeper.stop)
    signal.signal(signal.SIGINT, keeper.stop)
    return keeper.run()


if __name__ == "__main__":
    sys.exit(main())
