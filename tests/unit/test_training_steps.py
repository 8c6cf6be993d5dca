"""What is trained anew, and what is not: each step knows what it was made of."""

from pathlib import Path

import pytest

from runtime.settings import Settings
from runtime.train import ENCODING, MODELS, digest, is_fresh, lines

SETTINGS = Settings.load({}, env_file="/dev/null")


@pytest.fixture
def steps(tmp_path, monkeypatch):
    """All steps of a small checkout, by what they make; everything is trained."""
    monkeypatch.chdir(tmp_path)
    for name in (
        *ENCODING,
        "data/nlu/talk.de.yml",
        "data/anger/de.tsv",
        "data/danger/de.tsv",
        "data/rules.yml",
        "bot/understanding/anger_cues.py",
        "bot/understanding/hashed_grams.py",
        "bot/understanding/danger_signs.py",
    ):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text("as it was")
    made = {step.output.name: step for line in lines(SETTINGS) for step in line}
    MODELS.mkdir()
    for step in made.values():
        step.output.parent.mkdir(exist_ok=True)
        step.output.write_text("made")
        (MODELS / f"{step.output.name}.stamp").write_text(digest(step, SETTINGS))
    return made


def stale(steps):
    return {name for name, step in steps.items() if not is_fresh(step, SETTINGS)}


@pytest.mark.parametrize(
    ("changed", "due"),
    [
        ("data/rules.yml", {"faden.tar.gz"}),
        ("data/nlu/talk.de.yml", {"features.npz", "faden.tar.gz", "anger.npz", "unforeseen.npz"}),
        ("data/anger/de.tsv", {"anger.npz", "unforeseen.npz"}),
        ("data/danger/de.tsv", {"unforeseen.npz"}),
        ("bot/understanding/anger_cues.py", {"anger.npz", "unforeseen.npz"}),
        ("bot/understanding/hashed_grams.py", {"anger.npz", "unforeseen.npz"}),
        ("bot/understanding/danger_signs.py", {"unforeseen.npz"}),
        (ENCODING[0], {"features.npz", "faden.tar.gz", "anger.npz", "unforeseen.npz"}),
    ],
)
def test_a_step_is_due_when_what_it_is_made_of_changes(steps, changed, due):
    assert stale(steps) == set()
    Path(changed).write_text("as it is now")
    assert stale(steps) == due


def test_a_missing_model_is_due(steps):
    steps["anger.npz"].output.unlink()
    assert stale(steps) == {"anger.npz"}
