"""``python -m actions``: the action server, in Rasa's environment and on loopback."""

from __future__ import annotations

import sys

from actions.server import serve
from runtime import logs
from runtime.settings import Settings, SettingsError


def main() -> int:
    try:
        settings = Settings.load()
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    logs.configure("actions", settings.log_level)
    return serve(settings.internal_host, settings.actions_port)


if __name__ == "__main__":
    sys.exit(main())
