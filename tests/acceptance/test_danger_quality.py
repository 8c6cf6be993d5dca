"""What the shipped examples achieve on danger and boundaries that nobody trained on."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import cast

import pytest

from bot.understanding import boundaries, danger
from bot.understanding.encoders import Encoders
from bot.understanding.train_unforeseen import train
from bot.understanding.unforeseen import Subject, UnforeseenModel
from runtime.settings import Settings
from tickets.contracts import Language

ROOT = Path(__file__).parents[2]
TRAINED = ROOT / "models" / "unforeseen.npz"
HARMLESS = "harmless"

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def encoders() -> Encoders:
    return Encoders.load(Settings.load({}, env_file="/dev/null").encoder_model, ROOT / "var" / "encoder")


@pytest.fixture(scope="module")
def model(encoders: Encoders, tmp_path_factory: pytest.TempPathFactory) -> UnforeseenModel:
    """The trained model where it is newer than what it was made from, else one made now."""
    sources = [path for name in ("danger", "boundaries") for path in (ROOT / "data" / name).glob("*.tsv")]
    sources += (ROOT / "bot" / "understanding").glob("*unforeseen*.py")
    if TRAINED.exists() and TRAINED.stat().st_mtime > max(path.stat().st_mtime for path in sources):
        return UnforeseenModel.load(TRAINED)
    path = tmp_path_factory.mktemp("models") / "unforeseen.npz"
    train(ROOT / "data", encoders, path)
    return UnforeseenModel.load(path)


def flagged(model: UnforeseenModel, encoders: Encoders, text: str, language: Language, subject: Subject) -> bool:
    """Whether patterns or meaning find the subject."""
    patterns = danger if subject == "danger" else boundaries
    suspects = model.suspects(text, language)
    vectors = encoders.of(language).encode(suspects)
    hints = (model.hints(one, vector, language) for one, vector in zip(suspects, vectors, strict=True))
    return patterns.check(text) is not None or any(subject in found for found in hints)


def shares(model: UnforeseenModel, encoders: Encoders, subject: Subject, language: str) -> tuple[float, float]:
    """Of the rows about the subject, and of those that only sound like it, the share that is flagged."""
    path = ROOT / "tests" / "data" / f"{subject}_held_out.tsv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE) if row["lang"] == language]
    found: dict[bool, list[bool]] = {True: [], False: []}
    for row in rows:
        is_about = row["label"] != HARMLESS
        found[is_about].append(flagged(model, encoders, row["text"], cast(Language, language), subject))
    return sum(found[True]) / len(found[True]), sum(found[False]) / len(found[False])


@pytest.mark.parametrize("language", ["de", "en"])
def test_unseen_danger_is_heard_and_what_sounds_like_it_is_not(
    model: UnforeseenModel, encoders: Encoders, language: str
) -> None:
    heard, mistaken = shares(model, encoders, "danger", language)
    assert heard >= 0.8
    # Every second row only sounds like danger, and is meant to: far more than customers write.
    assert mistaken <= 0.2


@pytest.mark.parametrize("language", ["de", "en"])
def test_unseen_boundaries_are_noticed_and_ordinary_questions_are_not(
    model: UnforeseenModel, encoders: Encoders, language: str
) -> None:
    noticed, mistaken = shares(model, encoders, "boundary", language)
    assert noticed >= 0.7
    assert mistaken <= 0.1
