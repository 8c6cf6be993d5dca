"""What the shipped examples achieve: on messages that were never trained on, and on whole threads."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
import pytest

from bot.evaluate import anger as evaluate
from bot.understanding.anger import ESCALATE, HOT, AngerModel, escalates
from bot.understanding.encoders import Encoders
from bot.understanding.train_anger import train
from runtime.settings import Settings
from tickets.contracts import Language

ROOT = Path(__file__).parents[2]
REQUESTS = ROOT / "tests" / "data" / "anger_requests.tsv"
HELD_OUT = ROOT / "tests" / "data" / "anger_held_out.tsv"
DIALOGUES = ROOT / "tests" / "data" / "anger_dialogues.txt"
TRAINED = ROOT / "models" / "anger.npz"

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def encoders() -> Encoders:
    return Encoders.load(Settings.load({}, env_file="/dev/null").encoder_model, ROOT / "var" / "encoder")


@pytest.fixture(scope="module")
def model(encoders: Encoders, tmp_path_factory: pytest.TempPathFactory) -> AngerModel:
    """The trained model where it is newer than what it was made from, else one made now."""
    sources = [*(ROOT / "data" / "anger").glob("*.tsv"), *(ROOT / "bot" / "understanding").glob("*anger*.py")]
    if TRAINED.exists() and TRAINED.stat().st_mtime > max(path.stat().st_mtime for path in sources):
        return AngerModel.load(TRAINED)
    path = tmp_path_factory.mktemp("models") / "anger.npz"
    train(ROOT / "data" / "anger", encoders, path)
    return AngerModel.load(path)


def test_unseen_messages_are_judged_well_enough(model: AngerModel, encoders: Encoders) -> None:
    report = evaluate.measure(evaluate.read(HELD_OUT), model, encoders)
    assert report["en"]["f1"] >= 0.85
    assert report["de"]["f1"] >= 0.80
    for found in report.values():
        assert found["false_alarm_calm"] <= 0.02
        assert found["false_alarm_complaint"] <= 0.05


def test_unseen_german_messages_of_another_author_are_judged_as_well(model: AngerModel, encoders: Encoders) -> None:
    others = evaluate.read(ROOT / "tests" / "data" / "anger_held_out_de.tsv")
    assert evaluate.measure(others, model, encoders)["de"]["f1"] >= 0.80
    # Of the 62 calm messages of this author alone a single one is nearly 2 %.
    found = evaluate.measure([*others, *evaluate.read(HELD_OUT)], model, encoders)["de"]
    assert found["false_alarm_calm"] <= 0.02
    assert found["false_alarm_complaint"] <= 0.05


def test_unseen_messages_in_very_different_voices_are_judged_as_well(model: AngerModel, encoders: Encoders) -> None:
    """Elderly, teenage, lawyerly, in dialect, in the language of others; parallel in both languages."""
    data = ROOT / "tests" / "data"
    voices = evaluate.read(data / "anger_held_out_voices.tsv")
    others = [*evaluate.read(HELD_OUT), *evaluate.read(data / "anger_held_out_de.tsv")]
    for language, found in evaluate.measure(voices, model, encoders).items():
        assert found["f1"] >= 0.8, language
        assert found["false_alarm_complaint"] <= 0.05
    # A single one of these 36 calm messages is more than 2 %.
    for found in evaluate.measure([*voices, *others], model, encoders).values():
        assert found["false_alarm_calm"] <= 0.02


def test_messages_of_a_stranger_to_many_companies_are_judged_as_well(model: AngerModel, encoders: Encoders) -> None:
    """By somebody who had seen no example; banks, landlords, doctors, trains, universities as well as shops."""
    strangers = evaluate.read(ROOT / "tests" / "data" / "anger_held_out_strangers.tsv")
    for language, found in evaluate.measure(strangers, model, encoders).items():
        assert found["f1"] >= 0.85, language
        assert found["false_alarm_calm"] <= 0.02
        assert found["false_alarm_complaint"] <= 0.05


def test_everyday_requests_are_no_anger(model: AngerModel, encoders: Encoders) -> None:
    """Asking for a person, for money back or for the parcel, however curtly, and commands to the machine."""
    rows = evaluate.read(REQUESTS)
    scores = [
        model.score(row.text, encoders.of(row.language).encode([row.text])[0], row.language).score for row in rows
    ]
    assert len(rows) >= 200
    assert [row.text for row, score in zip(rows, scores, strict=True) if score >= ESCALATE] == []
    assert sum(score >= HOT for score in scores) <= 0.03 * len(rows)


@dataclass(frozen=True)
class Dialogue:
    language: Language
    #: First and last message at which a person may take over; (0, 0) if nobody must be called.
    between: tuple[int, int]
    messages: tuple[str, ...]


def dialogues() -> list[Dialogue]:
    read = []
    for block in DIALOGUES.read_text(encoding="utf-8").split("\n\n"):
        head, *messages = [line for line in block.splitlines() if line and not line.startswith("#")] or [""]
        if match := re.fullmatch(r"(en|de) (?:calm|hand off (\d+)\.\.(\d+))", head):
            between = (int(match[2] or 0), int(match[3] or 0))
            read.append(Dialogue(cast(Language, match[1]), between, tuple(messages)))
    return read


def handed_off_at(dialogue: Dialogue, model: AngerModel, encoders: Encoders) -> int:
    """The message at which a person takes over, 0 if none does."""
    scores: list[float] = []
    for number, text in enumerate(dialogue.messages, start=1):
        before = dialogue.messages[: number - 1]
        scores.append(
            model.score(text, encoders.of(dialogue.language).encode([text])[0], dialogue.language, before).score
        )
        if escalates(scores):
            return number
    return 0


def test_there_are_dialogues_of_both_kinds_in_both_languages() -> None:
    kinds = [(dialogue.language, dialogue.between != (0, 0)) for dialogue in dialogues()]
    assert all(kinds.count((language, kind)) >= 8 for language in ("en", "de") for kind in (True, False))


@pytest.mark.parametrize("dialogue", dialogues(), ids=lambda dialogue: dialogue.messages[-1][:30])
def test_a_person_takes_over_at_the_right_message(dialogue: Dialogue, model: AngerModel, encoders: Encoders) -> None:
    first, last = dialogue.between
    assert first <= handed_off_at(dialogue, model, encoders) <= last


def test_asking_the_same_again_weighs_and_is_told(model: AngerModel, encoders: Encoders) -> None:
    text = "I still need an answer: when will my refund be paid?"
    embedding = encoders.of("en").encode([text])[0]
    once = model.score(text, embedding, "en")
    again = model.score(text, embedding, "en", ["Hello", "When will my refund be paid? I still need an answer", text])
    assert again.score > once.score
    assert again.evidence[0] == "asked_before: 3 times in this thread"


def test_a_message_is_scored_in_less_than_half_a_millisecond_beside_the_encoder(model: AngerModel) -> None:
    text = "Seit drei Wochen warte ich auf eine Antwort, langsam reicht es mir. Was ist denn da los bei Ihnen?"
    embedding = np.ones(384, dtype=np.float32)
    model.score(text, embedding, "de")
    started = time.thread_time()
    for _ in range(200):
        model.score(text, embedding, "de")
    # Twice as much is allowed here: the machine that runs the tests is busy with others.
    assert (time.thread_time() - started) / 200 < 0.001
