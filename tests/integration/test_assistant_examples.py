"""The assistant's own examples: what a head that has not seen them makes of them,
and no two intents that are nearly one."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.__main__ import main
from bot.evaluate.nlu import alike, measured, table
from bot.evaluate.nlu_files import read
from bot.understanding.encoders import LANGUAGES, Encoders
from bot.understanding.kept_vectors import KeptVectors
from runtime.settings import Settings
from tests.stack import ROOT

#: Left-out accuracy below which examples contradict each other; three folds know fewer of them than the served head.
LEAST = {"de": 0.84, "en": 0.88}
#: What would hurt most if it were misread: a wish for a person, an order, a question.
LEAST_RECALL = {"ask_for_person": 0.88, "ask_order": 0.88, "ask_question": 0.85, "did_not_help": 0.82}


@pytest.mark.timeout(600)
def test_examples_left_out_are_read_as_meant() -> None:
    settings = Settings.load({"VAR_DIR": str(ROOT / "var")}, env_file="/dev/null")
    encoders = Encoders.load(settings.encoder_model, settings.var_dir / "encoder")
    examples = read(ROOT / "data" / "nlu")
    texts = [one.text for one in examples]
    made = {
        name: KeptVectors(settings.var_dir / "vectors", "examples", one).encode(texts)
        for name, one in encoders.distinct.items()
    }
    found = measured(examples, {language: made[encoders.of(language).name] for language in LANGUAGES}, folds=3)
    for language, figures in found["languages"].items():
        assert figures["accuracy"] >= LEAST[language], table(found)
        assert all(figures["recall"][name] >= least for name, least in LEAST_RECALL.items()), table(found)


def test_no_two_intents_share_an_example_and_none_stands_twice() -> None:
    across, within = alike(read(ROOT / "data" / "nlu"))
    assert not across and not within, [*across, *within]


@pytest.fixture
def folder(tmp_path: Path) -> Callable[[str], Path]:
    def made(content: str) -> Path:
        (tmp_path / "talk.en.yml").write_text(content)
        return tmp_path

    return made


GOOD = (
    'version: "3.1"\nnlu:\n- intent: greet\n  examples: |\n    - hello there\n    - hi\n- intent: bye\n  examples: |\n'
    "    - see you\n"
)


def test_pairs_that_are_nearly_the_same_are_told_with_their_lines(folder: Callable[[str], Path]) -> None:
    doubled = GOOD.replace("    - see you\n", "    - Hello, there\n    - see you\n").replace(
        "    - hi\n", "    - hi\n    - hi!\n"
    )
    across, within = alike(read(folder(doubled)))
    places = [[Path(pair[side]["place"]).name for side in ("one", "other")] for pair in (*across, *within)]
    assert places == [["talk.en.yml:5", "talk.en.yml:10"], ["talk.en.yml:6", "talk.en.yml:7"]]


def test_payloads_are_no_examples(folder: Callable[[str], Path]) -> None:
    examples = read(folder(GOOD + "- intent: press\n  examples: |\n    - /press\n"))
    assert [one.intent for one in examples] == ["greet", "greet", "bye"] and examples[0].language == "en"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (GOOD + "- intent: x\n  examples: |\n    hello\n", "talk.en.yml:12: an example is a hyphen"),
        (GOOD + "broken: [1, 2\n", r"talk.en.yml:1\d: not valid YAML"),
        (GOOD + "- intent: x\n", "talk.en.yml:10: each part needs an intent and examples"),
        ("nlu: 5\n", "talk.en.yml:1: a list named nlu is missing"),
        ("", "talk.en.yml:1: the file is empty"),
        (GOOD.split("- intent: bye")[0], ":0: examples of at least two intents are needed"),
    ],
    ids=["no hyphen", "no yaml", "no examples", "no list", "empty", "one intent"],
)
def test_a_bad_file_is_told_with_line_and_reason(
    content: str, told: str, folder: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setattr(sys, "argv", ["bot", "evaluate", "nlu", "--folder", str(folder(content))])
    assert main() == 2
    said = capsys.readouterr()
    assert re.search(told, said.err) and said.out == ""
