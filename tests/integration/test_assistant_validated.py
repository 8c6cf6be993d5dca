"""The assistant's files as Rasa's own validation reads them."""

from __future__ import annotations

import os
import subprocess

from tests.conftest import tool
from tests.stack import ROOT


def test_rasa_finds_nothing_wrong_with_the_files() -> None:
    """It warns of each response that no rule says; those that an action says are none of its business."""
    files = "--config config.yml --domain domain.yml --data data/nlu data/rules.yml data/stories.yml".split()
    done = subprocess.run(
        [tool(str(ROOT / ".venv-rasa" / "bin" / "rasa")), "data", "validate", *files, "--fail-on-warnings"],
        cwd=ROOT,
        env={**os.environ, "RASA_TELEMETRY_ENABLED": "false"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    warnings = [line for line in (done.stdout + done.stderr).splitlines() if "UserWarning" in line]
    said = "".join(path.read_text() for path in (ROOT / "actions").glob("*.py"))
    unknown = [line for line in warnings if not _said_by_an_action(line, said)]
    assert done.returncode == 0 and not unknown


def _said_by_an_action(warning: str, actions: str) -> bool:
    name = warning.partition("utterance '")[2].partition("'")[0]
    stem = next((one for one in ("utter_order_", "utter_ticket_") if name.startswith(one)), name)
    return "is not used in any story" in warning and bool(name) and f'"{stem}' in actions
