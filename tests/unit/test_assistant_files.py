"""A broken file of the assistant is refused with file, line and reason before anything is trained."""

import shutil
from pathlib import Path

import pytest

from runtime.assistant_files import FileError, check

ROOT = Path(__file__).parents[2]
FILES = ("config.yml", "domain.yml", "endpoints.yml", "credentials.yml", "data/rules.yml", "data/stories.yml")


@pytest.fixture
def assistant(tmp_path: Path) -> Path:
    """A copy of the real files, to break."""
    shutil.copytree(ROOT / "data" / "nlu", tmp_path / "data" / "nlu")
    for name in FILES:
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def broken(root: Path, name: str, old: str, new: str) -> str:
    """What is said after this replacement; the line that it must name is where `new` stands."""
    text = (root / name).read_text()
    assert old in text
    (root / name).write_text(text.replace(old, new, 1))
    with pytest.raises(FileError) as caught:
        check(root)
    return str(caught.value)


def line_of(path: Path, text: str) -> int:
    return next(number for number, line in enumerate(path.read_text().splitlines(), start=1) if text in line)


def test_the_assistant_as_it_is_passes(assistant):
    check(assistant)


@pytest.mark.parametrize("name", FILES)
def test_yaml_that_ends_in_the_middle_is_named_with_its_line(assistant, name):
    path = assistant / name
    path.write_text(path.read_text() + "\nbroken: [1, 2\n")
    with pytest.raises(FileError, match=rf"{name}:\d+: not valid YAML"):
        check(assistant)


def test_an_example_without_its_hyphen_is_named(assistant):
    said = broken(assistant, "data/nlu/talk.en.yml", "    - good morning\n", "    good morning\n")
    assert f":{line_of(assistant / 'data/nlu/talk.en.yml', '    good morning')}: " in said and "hyphen" in said


def test_examples_of_an_unknown_intent_are_named(assistant):
    said = broken(assistant, "data/nlu/talk.de.yml", "- intent: goodbye", "- intent: good_bye")
    assert "good_bye" in said and f":{line_of(assistant / 'data/nlu/talk.de.yml', 'good_bye')}: " in said


def test_an_intent_without_examples_is_named(assistant):
    said = broken(assistant, "domain.yml", "intents:\n", "intents:\n- sing_a_song\n")
    assert "sing_a_song" in said


def test_an_answer_that_lacks_a_language_is_named(assistant):
    text = (assistant / "domain.yml").read_text()
    start = text.index("  utter_start_over:")
    german = text[start:].index("- condition: [{type: slot, name: language, value: de}]")
    changed = text[: start + german] + text[start + german :].replace("value: de", "value: en", 1)
    (assistant / "domain.yml").write_text(changed)
    with pytest.raises(FileError, match=r"domain.yml:\d+: utter_start_over has no variation for language de"):
        check(assistant)


@pytest.mark.parametrize(
    ("old", "new"), [("intent: thanks", "intent: thank"), ("action: utter_thanks", "action: utter_thank")]
)
def test_a_rule_with_an_unknown_name_is_named(assistant, old, new):
    said = broken(assistant, "data/rules.yml", old, new)
    assert "rules.yml:" in said and new.partition(": ")[2] in said


def test_a_missing_or_binary_file_is_named(assistant):
    (assistant / "data/rules.yml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(FileError, match=r"rules\.yml:1: the file is not UTF-8"):
        check(assistant)
    (assistant / "domain.yml").unlink()
    with pytest.raises(FileError, match=r"domain\.yml:1: the file is missing"):
        check(assistant)
