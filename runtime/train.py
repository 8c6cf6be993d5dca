"""Trains what has changed: embeddings of the NLU examples, anger, danger, and Rasa's model.

``--force`` trains all.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from runtime import assistant_files
from runtime.settings import Settings, SettingsError

MODELS = Path("models")
#: What makes a text's vector of it: whatever is trained on vectors is stale when this changes.
ENCODING = tuple(f"bot/understanding/{name}.py" for name in ("encoder", "encoders", "export", "int8", "packed_e5"))

#: Its cache may not be used (see `lines`), so it is not filled either: of each training it would keep some megabytes.
RASA = {
    "RASA_TELEMETRY_ENABLED": "false",
    "RASA_MAX_CACHE_SIZE": "0",
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
    "PYTHONWARNINGS": "ignore",
}


@dataclass(frozen=True)
class Step:
    about: str
    command: tuple[str, ...]
    #: Files and folders whose content decides whether the step must run again.
    inputs: tuple[str, ...]
    output: Path
    #: What it prints is shown only when it fails: Rasa's libraries warn of each other, page after page.
    is_noisy: bool = False


def lines(settings: Settings) -> tuple[tuple[Step, ...], ...]:
    """Steps that follow one another; the lines run beside each other."""
    features = settings.var_dir / "features.npz"
    examples_of = ("data/nlu", "bot/understanding/features.py", "bot/learning/names.py", *ENCODING)
    assistant = (
        "config.yml",
        "domain.yml",
        "data/rules.yml",
        "data/stories.yml",
        "bot/rasa",
        "bot/learning",
        *examples_of,
    )
    calm = ("data/nlu", "bot/knowledge/off_topic", "bot/knowledge/other_things.py")
    rules = _code("anger*", "train_anger*", "hashed_grams", "intent_examples")
    anger = ("data/anger", str(settings.var_dir / "anger"), *calm, *rules, *ENCODING)
    unforeseen = (
        "data/anger",
        "data/danger",
        "data/boundaries",
        "data/nlu",
        "bot/knowledge/off_topic",
        *_code("anger*", "train_anger*", "danger*", "boundaries*", "hashed_grams", "intent_examples", "*unforeseen*"),
        *ENCODING,
    )
    examples = Step("embeddings of the examples", (".venv/bin/python", "-m", "bot", "features"), examples_of, features)
    # What Rasa would validate first has been checked, with file and line.
    # Its cache knows neither the vectors nor the code of the components here, so it may not be used.
    options = "--fixed-model-name faden --out models --config config.yml --domain domain.yml".split()
    files = ("data/nlu", "data/rules.yml", "data/stories.yml")
    command = (".venv-rasa/bin/rasa", "train", *options, "--skip-validation", "--force", "--data", *files)
    return (
        (
            examples,
            Step("assistant", command, assistant, MODELS / "faden.tar.gz", is_noisy=True),
            # By now the other line has encoded what this borrows.
            Step("danger", (".venv/bin/python", "-m", "bot", "unforeseen"), unforeseen, MODELS / "unforeseen.npz"),
        ),
        (Step("anger", (".venv/bin/python", "-m", "bot", "train"), anger, MODELS / "anger.npz"),),
    )


def _code(*patterns: str) -> list[str]:
    """Modules of the understanding whose names fit one of the patterns."""
    return sorted({str(path) for pattern in patterns for path in Path("bot/understanding").glob(f"{pattern}.py")})


def digest(step: Step, settings: Settings) -> str:
    """Of all inputs and of what the encoder is: another encoder makes other features."""
    total = hashlib.sha256(settings.encoder_model.encode())
    for name in step.inputs:
        path = Path(name)
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file() and "__pycache__" not in file.parts:
                total.update(str(file).encode() + file.read_bytes())
    return total.hexdigest()


def is_fresh(step: Step, settings: Settings) -> bool:
    """Whether the step's output was made from its inputs as they are now."""
    made = step.output.exists() and _stamp(step).exists()
    return made and _stamp(step).read_text() == digest(step, settings)


def _stamp(step: Step) -> Path:
    return MODELS / f"{step.output.name}.stamp"


def train(settings: Settings, force: bool = False) -> None:
    """Raises `FileError` for a file that can't be used, and `CalledProcessError` if a training fails."""
    assistant_files.check()
    MODELS.mkdir(exist_ok=True)
    environment = {**os.environ, **RASA, "VAR_DIR": str(settings.var_dir)}
    if settings.database_url or (settings.var_dir / "tickets.sqlite3").exists():
        corrections = (".venv/bin/python", "-m", "tickets", "corrections", str(settings.var_dir / "anger"))
        subprocess.run(corrections, check=True, env=environment)
    due = [line for line in lines(settings) if force or not all(is_fresh(step, settings) for step in line)]
    if not due:
        return
    # Before the lines part, so that they don't both convert a model that is new.
    subprocess.run((".venv/bin/python", "-m", "bot", "encoders"), check=True, env=environment)
    # Else each line's products of matrices would start a thread for every core, and wait for the other line's.
    environment.setdefault("OPENBLAS_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // len(due))))
    with ThreadPoolExecutor(len(due)) as pool:
        for done in [pool.submit(_train_line, line, settings, environment, force) for line in due]:
            done.result()


def _train_line(line: tuple[Step, ...], settings: Settings, environment: dict[str, str], force: bool) -> None:
    for step in line:
        if force or not is_fresh(step, settings):
            _run(step, settings, environment)


def _run(step: Step, settings: Settings, environment: dict[str, str]) -> None:
    wanted = digest(step, settings)
    started = time.monotonic()
    print(f"== training: {step.about} ...", flush=True)
    output = subprocess.PIPE if step.is_noisy else None
    done = subprocess.run(
        step.command, env=environment, stdout=output, stderr=output and subprocess.STDOUT, text=True, check=False
    )
    if done.returncode:
        print(done.stdout or "", flush=True)
        raise subprocess.CalledProcessError(done.returncode, step.command)
    _stamp(step).write_text(wanted)
    print(f"== training: {step.about} done in {time.monotonic() - started:.0f} s", flush=True)


def told(failed: subprocess.CalledProcessError) -> str:
    return f"Training failed: {' '.join(failed.cmd[:4])} ended with {failed.returncode}; its output above says why."


if __name__ == "__main__":
    try:
        train(Settings.load(), force="--force" in sys.argv)
    except (SettingsError, assistant_files.FileError) as error:
        sys.exit(str(error))
    except subprocess.CalledProcessError as failed:
        sys.exit(told(failed))
