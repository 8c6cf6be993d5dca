"""``python -m tickets``: the desk's service."""

from __future__ import annotations

import sys

from runtime.settings import Settings, SettingsError
from tickets.app import serve


def main() -> int:
    try:
        serve(Settings.load())
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
