"""``python -m bot serve | encoders | features | train | unforeseen | evaluate``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from runtime.settings import Settings, SettingsError

if TYPE_CHECKING:
    from bot.understanding.encoders import Encoders


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bot")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("serve", help="run the process: channels, threads, understanding, turns")
    commands.add_parser("encoders", help="convert the models of ENCODER_MODEL where they are new")
    commands.add_parser(
        "features", help="write the embeddings of all NLU examples to var/features.npz, for Rasa's training"
    )
    commands.add_parser("train", help="train the anger model into models/anger.npz")
    commands.add_parser("unforeseen", help="train danger and boundaries in other words into models/unforeseen.npz")
    from bot import evaluate

    evaluate.register(commands)
    options = parser.parse_args()
    try:
        return _run(options, Settings.load())
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2


def _run(options: argparse.Namespace, settings: Settings) -> int:
    # Imported where they are needed: `serve` must not carry what only training needs.
    if options.command == "serve":
        from bot.app import serve

        serve(settings)
    elif options.command == "encoders":
        from bot.understanding.encoders import convert

        convert(settings.encoder_model, settings.var_dir / "encoder")
    elif options.command == "features":
        from bot.understanding.features import write_features

        write_features(Path("data/nlu"), _encoders(settings), settings.var_dir / "features.npz")
    elif options.command == "train":
        from bot.understanding.train_anger import train

        var_dir = settings.var_dir
        train(Path("data/anger"), _encoders(settings), Path("models/anger.npz"), var_dir / "anger", var_dir / "vectors")
    elif options.command == "unforeseen":
        from bot.understanding import train_unforeseen

        train_unforeseen.train(
            Path("data"), _encoders(settings), Path("models/unforeseen.npz"), settings.var_dir / "vectors"
        )
    else:
        return int(options.run(options, settings) or 0)
    return 0


def _encoders(settings: Settings) -> Encoders:
    from bot.understanding.encoders import Encoders

    return Encoders.load(settings.encoder_model, settings.var_dir / "encoder")


if __name__ == "__main__":
    sys.exit(main())
