"""Stock Rasa 3.6.21 on the same examples: default pipeline, default policies, Redis tracker store, plain responses."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

import yaml

from tests.conftest import free_port

ROOT = Path(__file__).parents[2]
RASA = ROOT / ".venv-rasa" / "bin" / "rasa"
#: The speed of a turn does not depend on how long the model was trained, the bench's patience does.
EPOCHS = 3
CONFIG = {
    "recipe": "default.v1",
    "language": "en",
    "pipeline": [
        {"name": "WhitespaceTokenizer"},
        {"name": "RegexFeaturizer"},
        {"name": "LexicalSyntacticFeaturizer"},
        {"name": "CountVectorsFeaturizer"},
        {"name": "CountVectorsFeaturizer", "analyzer": "char_wb", "min_ngram": 1, "max_ngram": 4},
        {"name": "DIETClassifier", "epochs": EPOCHS, "constrain_similarities": True},
        {"name": "EntitySynonymMapper"},
        {"name": "ResponseSelector", "epochs": EPOCHS, "constrain_similarities": True},
        {"name": "FallbackClassifier", "threshold": 0.3, "ambiguity_threshold": 0.1},
    ],
    "policies": [
        {"name": "MemoizationPolicy"},
        {"name": "RulePolicy"},
        {"name": "UnexpecTEDIntentPolicy", "max_history": 5, "epochs": EPOCHS},
        {"name": "TEDPolicy", "max_history": 5, "epochs": EPOCHS, "constrain_similarities": True},
    ],
}


class StockRasa:
    """A project folder that is trained once for these examples, and a server on a free port."""

    def __init__(self, folder: Path, redis_port: int) -> None:
        self.folder = folder
        self.port = free_port()
        self.redis_port = redis_port
        self.process: subprocess.Popen[bytes] | None = None
        self.environment = {**os.environ, "RASA_TELEMETRY_ENABLED": "false", "SQLALCHEMY_SILENCE_UBER_WARNING": "1"}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/webhooks/rest/webhook"

    def train(self) -> None:
        intents = _write_project(self.folder)
        stamp = self.folder / "stamp"
        wanted = _digest(self.folder)
        if stamp.exists() and stamp.read_text() == wanted:
            return
        print(f"== training stock Rasa on the same {intents} intents (once; some minutes) ...", flush=True)
        subprocess.run(
            [RASA, "train", "--fixed-model-name", "stock", "--quiet"], cwd=self.folder, env=self.environment, check=True
        )
        stamp.write_text(wanted)

    def start(self) -> None:
        endpoints = {
            "tracker_store": {
                "type": "redis",
                "url": "127.0.0.1",
                "port": self.redis_port,
                "db": 1,
                "key_prefix": "stock",
            }
        }
        (self.folder / "endpoints.yml").write_text(yaml.safe_dump(endpoints))
        (self.folder / "credentials.yml").write_text("rest:\n")
        command = [RASA, "run", "--model", "models/stock.tar.gz", "--interface", "127.0.0.1", "--port", str(self.port)]
        with (self.folder / "rasa.log").open("wb") as output:
            self.process = subprocess.Popen(
                command, cwd=self.folder, env=self.environment, stdout=output, stderr=output, start_new_session=True
            )
        self._wait()

    def _wait(self) -> None:
        deadline = time.monotonic() + 180
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/", timeout=2):
                    return
            except (OSError, urllib.error.URLError):
                time.sleep(0.3)
        raise TimeoutError((self.folder / "rasa.log").read_text(errors="replace")[-3000:])

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            self.process.wait(20)


def _write_project(folder: Path) -> int:
    """Our examples, and for each intent a rule and a story that answer with a plain response."""
    (folder / "data").mkdir(parents=True, exist_ok=True)
    blocks = [
        block
        for path in sorted((ROOT / "data/nlu").rglob("*.yml"))
        for block in yaml.safe_load(path.read_text())["nlu"]
    ]
    intents = list(dict.fromkeys(block["intent"] for block in blocks if "intent" in block))
    examples = [{"intent": block["intent"], "examples": block["examples"]} for block in blocks if "intent" in block]
    steps = [{"intent": name, "say": f"utter_{name}"} for name in intents]
    responses = {one["say"]: [{"text": f"This is the plain answer to {one['intent']}."}] for one in steps}
    paths = [[{"intent": one["intent"]}, {"action": one["say"]}] for one in steps]
    _write(folder / "config.yml", CONFIG)
    _write(folder / "domain.yml", {"version": "3.1", "intents": intents, "responses": responses})
    _write(folder / "data/nlu.yml", {"version": "3.1", "nlu": examples})
    _write(
        folder / "data/rules.yml",
        {"version": "3.1", "rules": [{"rule": f"rule {n}", "steps": path} for n, path in enumerate(paths)]},
    )
    _write(
        folder / "data/stories.yml",
        {"version": "3.1", "stories": [{"story": "two turns", "steps": paths[0] + paths[1]}]},
    )
    return len(intents)


def _write(path: Path, content: object) -> None:
    path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=10_000))


def _digest(folder: Path) -> str:
    files = [folder / "config.yml", folder / "domain.yml", *sorted((folder / "data").glob("*.yml"))]
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()
