"""``python -m tickets``: the desk's service.

``python -m tickets corrections FOLDER``: what agents corrected, for the training.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from runtime.settings import Settings, SettingsError
from tickets.app import export_corrections, serve


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tickets")
    commands = parser.add_subparsers(dest="command")
    commands.add_parser("serve", help="run the process (the default)")
    export = commands.add_parser("corrections", help="write agents' corrections of anger as <language>.tsv")
    export.add_argument("folder", type=Path)
    options = parser.parse_args(arguments)
    try:
        settings = Settings.load()
        if options.command == "corrections":
            export_corrections(settings, options.folder)
        else:
            serve(settings)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
