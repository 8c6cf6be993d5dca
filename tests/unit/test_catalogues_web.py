import json
import re
from pathlib import Path

import pytest

from bot.web.bundle import LANGUAGES, STATIC, texts

TEMPLATES = STATIC.parent / "templates"
NAMES = re.compile(r"\{(\w+)\}")


def flat(language: str) -> dict[str, str]:
    return {f"{section}.{key}": text for section, found in texts(language).items() for key, text in found.items()}


def test_both_languages_say_the_same_things() -> None:
    assert flat("de").keys() == flat("en").keys()


def test_no_text_is_empty_or_left_untranslated() -> None:
    same = {key for key, text in flat("de").items() if text == flat("en")[key]}
    assert {key for key in same if ".channel_" not in key} == {"page.shop"}, "names of products stay as they are"
    assert all(text.strip() for language in LANGUAGES for text in flat(language).values())


@pytest.mark.parametrize("key", flat("de"))
def test_both_languages_fill_in_the_same_values(key: str) -> None:
    assert set(NAMES.findall(flat("de")[key])) == set(NAMES.findall(flat("en")[key]))


def test_pages_ask_only_for_texts_that_exist() -> None:
    asked = {name for path in TEMPLATES.glob("*.html") for name in re.findall(r"\bt\.(\w+)", path.read_text("utf-8"))}
    assert asked <= texts("de")["page"].keys()


def test_the_widget_asks_only_for_texts_that_exist() -> None:
    source = "".join(path.read_text("utf-8") for path in (STATIC / "widget").glob("*.js"))
    said = set(re.findall(r'\bsay\("(\w+)"', source))
    counted = {f"{key}_{form}" for key in re.findall(r'\bcount\("(\w+)"', source) for form in ("one", "other")}
    assert said and counted
    assert said | counted <= texts("de")["widget"].keys()


def test_the_phones_ask_only_for_texts_that_exist() -> None:
    source = "".join(path.read_text("utf-8") for path in (STATIC / "phones").glob("*.js"))
    asked = set(re.findall(r'"((?:phone|mail)_\w+)"', source))
    assert asked
    assert asked <= texts("de")["page"].keys()


def test_every_catalogue_is_plain_json_on_disk() -> None:
    for path in Path(STATIC / "texts").glob("*.json"):
        assert path.stem in LANGUAGES
        assert json.loads(path.read_text("utf-8"))
